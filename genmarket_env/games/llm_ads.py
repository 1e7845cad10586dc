"""Ads in the answer of a model: advertisers bid for a click, and the answer may as well go without an ad.

Source: after Feizi, Hajiaghayi, Rezaei and Shin, "Online Advertisements with LLMs: Opportunities and Challenges"
(SIGecom Exchanges 2025, arXiv 2311.07601), a framework of four modules without an equilibrium. The model here is ours:
a weighted Vickrey auction over answers, in which users' satisfaction counts and the answer without an ad is the
reserve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, real_array
from ..exact import Reference
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from .checks import LARGEST, beside_new, bid_spaces, check_choice, checked_players, move_at_once, stacked, within
from .records import Record
from .settled import FromOutcome

Pricing: TypeAlias = Literal["vcg", "first", "gsp"]
PRICINGS: tuple[Pricing, ...] = ("vcg", "first", "gsp")


class AdsState(NamedTuple):
    """What is fixed before a query.

    Attributes:
        v: the values of a click, `(*batch, n)`, in [0, b_max].
        ctr: the click rates, `(*batch, n)`, in [0, 1]; an ad of 0 is left out.
        sat: users' satisfaction with the answer that has the ad, `(*batch, n)`, in [0, 1].
        predicted: the click rates that the auction goes by, `(*batch, n)`, in [0, 1].
    """

    v: FloatArray
    ctr: FloatArray
    sat: FloatArray
    predicted: FloatArray


@dataclass(frozen=True, eq=False)
class LlmAds(FromOutcome):
    """`n` advertisers bid for a click; each of `k` segments of an answer shows an ad or none.

    An ad scores `b ctr + lam sat`, a segment without one `lam sat_0`. The k best ads that beat that are shown.

    Args:
        n: the number of advertisers, 1 to 10,000.
        k: the number of segments, at least 1, no two with the same ad.
        lam: what a unit of satisfaction is worth, in money, >= 0.
        sat_0: the satisfaction without an ad, in [0, 1].
        pricing: "vcg": a click costs the lowest bid with which the ad would still have been shown, under which truth is
            dominant; "gsp": the lowest with which it would have kept its rank; "first": the bid. Never below 0: nobody
            is paid for an ad that makes the answer better.
        mu: what a unit of satisfaction is worth to the platform, >= 0; lam by default.
        ctr: the least and the largest click rate that is drawn, in [0, 1].
        sat: the same of the satisfaction.
        error: the standard deviation of the logarithm of predicted click rates around the true ones, >= 0.
        variant: what an advertiser knows: "static", its value; "dynamic", also its predicted click rate and
            satisfaction.
        b_max: the largest bid, > 0; values are drawn uniformly from [0, b_max].

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> auction = LlmAds(n=2)
        >>> state = auction.state(v=[8, 6], ctr=[0.1, 0.1], sat=[0.8, 0.9])
        >>> is_shown, price = auction.outcome(state, auction.truth(state))
        >>> is_shown, price.round(1)   # scores 1.12 and .96, and .4 without an ad
        (array([ True, False]), array([6.4, 0. ]))
    """

    n: int = 3
    k: int = 1
    lam: float = 0.4
    sat_0: float = 1.0
    pricing: Pricing = "vcg"
    mu: float | None = None
    ctr: ArrayLike = (0.02, 0.2)
    sat: ArrayLike = (0.5, 1.0)
    error: float = 0.0
    variant: Literal["static", "dynamic"] = "static"
    b_max: float = 10.0
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        advertisers = checked_players("n", self.n)
        checked_integer("k", self.k, 1)
        checked_real("lam", self.lam, 0, LARGEST)
        checked_real("sat_0", self.sat_0, 0, 1)
        check_choice("pricing", self.pricing, PRICINGS)
        check_choice("variant", self.variant, ("static", "dynamic"))
        checked_real("error", self.error, 0, 10)
        object.__setattr__(self, "mu", self.lam if self.mu is None else checked_real("mu", self.mu, 0, LARGEST))
        for name in ("ctr", "sat"):
            object.__setattr__(self, name, _range(name, getattr(self, name)))
        move_at_once(self, "advertiser", bid_spaces(advertisers, self.b_max))

    def state(self, v: ArrayLike, ctr: ArrayLike, sat: ArrayLike, predicted: ArrayLike | None = None) -> AdsState:
        """A state of given values, click rates and satisfaction, `(*batch, n)` each.

        Click rates are predicted rightly unless others are given.

        Raises:
            ValueError: a value is not in [0, b_max], another number not in [0, 1], or the shapes do not fit.
        """
        values, rates = within("v", v, (self.n,), 0, self.b_max), within("ctr", ctr, (self.n,), 0, 1)
        satisfied = within("sat", sat, (self.n,), 0, 1)
        return AdsState(
            values, rates, satisfied, rates if predicted is None else within("predicted", predicted, (self.n,), 0, 1)
        )

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> AdsState:
        """Values uniform on [0, b_max], click rates and satisfaction on their ranges."""
        shape = (*batch, self.n)
        (low, high), (worst, best) = np.asarray(self.ctr), np.asarray(self.sat)
        values, rates = rng.uniform(0, self.b_max, shape), rng.uniform(low, high, shape)
        satisfied = rng.uniform(worst, best, shape)
        factor = np.exp(self.error * rng.standard_normal(shape)) if self.error else 1.0
        return AdsState(values, rates, satisfied, np.minimum(rates * factor, 1.0))

    def observe(self, state: AdsState, player: int) -> Array:
        """Its own value over `b_max`, `(*batch, 1)`; if "dynamic" also its own prediction and satisfaction."""
        own = [state.v[..., player] / self.b_max]
        if self.variant == "dynamic":
            own += [state.predicted[..., player], state.sat[..., player]]
        return np.stack(own, axis=-1).astype(np.float32)

    def unknown(self, state: AdsState, player: int, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> AdsState:
        """The player's own value, beside new ones of the others and of all else that it does not know.

        If "dynamic" it knows its predicted click rate and satisfaction; without errors that is the click rate, too.
        With errors the true rate is drawn around the prediction, as if every rate were as likely beforehand.
        """
        drawn = self.draw(rng, (*batch, *state.v.shape[:-1]))
        values = beside_new(state.v, drawn.v, player)
        if self.variant == "static":
            return drawn._replace(v=values)
        noise = np.exp(-self.error * rng.standard_normal(drawn.v.shape)) if self.error else 1.0
        rates = np.minimum(state.predicted * noise, 1.0)
        return AdsState(
            values,
            beside_new(rates, drawn.ctr, player),
            beside_new(state.sat, drawn.sat, player),
            beside_new(state.predicted, drawn.predicted, player),
        )

    def payoffs_of(self, state: AdsState, outcome: tuple[Array, FloatArray]) -> FloatArray:
        """`ctr (v - price)` of who is shown, `(*batch, n)`, in money per query, expected over clicks."""
        is_shown, price = outcome
        return np.where(is_shown, state.ctr * (state.v - price), 0.0)

    def outcome(self, state: AdsState, actions: Actions) -> tuple[Array, FloatArray]:
        """Whether each ad is shown, and what a click on it costs, 0 if not: `(*batch, n)` each.

        Of equal scores the first ad is shown; one that only equals the answer without an ad is not.
        """
        bids = stacked(actions)
        kept = state.predicted > 0
        scores = np.where(kept, bids * state.predicted + self.lam * state.sat, -np.inf)
        reserve = self.lam * self.sat_0
        order = np.argsort(-scores, axis=-1, kind="stable")
        rank = np.argsort(order, axis=-1, kind="stable")
        is_shown = (rank < self.k) & (scores > reserve)
        if self.pricing == "first":
            return is_shown, np.where(is_shown, bids, 0.0)
        # The score to beat: of the best who is not shown, or of the next in rank; the reserve where that is more.
        ranked = np.concatenate(
            [np.take_along_axis(scores, order, axis=-1), np.full((*scores.shape[:-1], 1), -np.inf)], axis=-1
        )
        next_rank = np.minimum(self.k, self.n) if self.pricing == "vcg" else rank + 1
        to_beat = np.take_along_axis(ranked, np.broadcast_to(next_rank, rank.shape), axis=-1)
        least = np.maximum(to_beat, reserve) - self.lam * state.sat
        return is_shown, np.where(is_shown, np.maximum(least / np.where(kept, state.predicted, 1.0), 0.0), 0.0)

    def truth(self, state: AdsState) -> Actions:
        """Bids equal to the values."""
        return tuple(state.v[..., player, None] for player in range(self.n))

    def sample(self, state: AdsState, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """Payoffs of one query, `(*batch, n)`: who is shown is clicked or not."""
        is_shown, price = self.outcome(state, actions)
        clicked = is_shown & (rng.random(is_shown.shape) < state.ctr)
        return np.where(clicked, state.v - price, 0.0)

    def figures_of(self, state: AdsState, outcome: tuple[Array, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: clicks at their values, lam times the satisfaction; revenue; satisfaction; the platform's payoff.

        The satisfaction is the sum over the segments, `sat_0` where there is no ad.
        """
        is_shown, price = outcome
        satisfied = np.where(is_shown, state.sat, 0.0).sum(axis=-1) + (self.k - is_shown.sum(axis=-1)) * self.sat_0
        revenue = np.where(is_shown, state.ctr * price, 0.0).sum(axis=-1)
        assert self.mu is not None
        return {
            "welfare": np.where(is_shown, state.v * state.ctr, 0.0).sum(axis=-1) + self.lam * satisfied,
            "revenue": revenue,
            "satisfaction": satisfied,
            "platform": revenue + self.mu * satisfied,
        }

    def reference(self, state: AdsState) -> Reference:
        """Truth, dominant under "vcg"; under "first" `(n - 1) / n` of the value where all is symmetric, one segment."""
        truth = self.truth(state)
        if self.pricing == "vcg" or (self.pricing == "gsp" and self.k == 1):
            payoffs = self.payoffs(state, truth)
            return Reference(
                "dominant strategies", Status.CONVERGED, truth, payoffs, "Vickrey's auction, weighted: derived"
            )
        low, high = np.asarray(self.ctr)
        if self.pricing == "first" and self.n > 1 and self.k == 1 and self.lam == self.error == 0 and low == high > 0:
            bids = tuple((self.n - 1) / self.n * bid for bid in truth)
            payoffs = self.payoffs(state, bids)
            return Reference(
                "Bayes-Nash equilibrium", Status.CONVERGED, bids, payoffs, "the first-price auction of textbooks"
            )
        return Reference("none known", Status.MAX_ROUNDS, None, None, "a foil: truth is not optimal")


def _range(name: str, values: Any) -> FloatArray:
    array = real_array(name, values)
    if array.shape != (2,) or not 0 <= array[0] <= array[1] <= 1:
        raise ValueError(f"{name} is {shown(values)}; it must be the least and the largest that is drawn, in [0, 1]")
    array.flags.writeable = False
    return array


def _price_of_the_first() -> float:
    auction = LlmAds(n=2)
    state = auction.state([8, 6], [0.1, 0.1], [0.8, 0.9])
    return float(auction.outcome(state, auction.truth(state))[1][0])


def _symmetric_revenue(pricing: Pricing) -> float:
    auction = LlmAds(lam=0.0, ctr=(0.1, 0.1), pricing=pricing)
    states = auction.draw(np.random.default_rng(0), (200_000,))
    share = 1.0 if pricing == "vcg" else 2 / 3
    return float(auction.figures(states, tuple(share * bid for bid in auction.truth(states)))["revenue"].mean())


def _lost_by_truth() -> float:
    auction = LlmAds()
    states = auction.draw(np.random.default_rng(0), (2_000,))
    return float(max(0.0, -auction.payoffs(states, auction.truth(states)).min()))


RECORDS = (
    Record(
        "values 8 and 6, click rates .1, satisfaction .8 and .9, lam .4: a click costs (.96 - .32) / .1",
        6.4,
        1e-9,
        "derived, by hand",
        _price_of_the_first,
    ),
    *(
        Record(
            f"three equal advertisers, values uniform on [0, 10], click rate .1, lam 0: revenue of {name}",
            0.5,
            0.005,
            "textbook: (n - 1) / (n + 1) of the largest value; 200,000 draws",
            partial(_symmetric_revenue, pricing),
        )
        for pricing, name in zip(PRICINGS, ("truth at second prices", "2/3 of the value at first prices"), strict=False)
    ),
    Record(
        "what a true bid may lose at the prices of vcg: nothing",
        0.0,
        1e-12,
        "derived: a price is never above the bid",
        _lost_by_truth,
    ),
)
"""Closed forms, computed anew; the paper has no figures of this model."""
