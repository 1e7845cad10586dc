"""The segment auction: for each segment of a text one ad is drawn, in proportion to its bid times its relevance.

Source: Hajiaghayi, Lahaie, Rezaei and Shin, "Ad Auctions for LLMs via Retrieval Augmented Generation" (NeurIPS 2024,
arXiv 2406.09459): the perturbed scores, threshold prices and logarithmic welfare; the tables are those of the authors'
experiments, 500 runs each. Expected values are derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import comb
from typing import Literal, NamedTuple

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_integer, real_array
from ..exact import Reference
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from .checks import beside_new, bid_spaces, check_choice, check_flag, checked_players, move_at_once, stacked, within
from .payments import second_price_integral
from .records import Record
from .segment_auction_tables import TABLES, Q, SegmentRow
from .settled import FromOutcome

MAX_SUBSETS = 5_000
"""Of ads that may have been shown: so many are gone through without replacement in about a second."""


class SegmentState(NamedTuple):
    """What is fixed before a text.

    Attributes:
        v: the values of a click, `(*batch, n)`, in [0, b_max].
    """

    v: FloatArray


class Segments(NamedTuple):
    """The segments of a text, `(T, *batch)`.

    Attributes:
        winner: the ad that is shown, -1 for none.
        price: what a click on it costs; 0 for none.
    """

    winner: IntArray
    price: FloatArray


@dataclass(frozen=True, eq=False)
class SegmentAuction(FromOutcome):
    """Advertisers bid once for the `T` segments of a text; each segment shows one ad, which pays if it is clicked.

    In each segment every ad's weight is multiplied by `exp(g)`, g standard Gumbel: the largest score wins, so that ad i
    wins with probability `c_i / sum_j c_j`, and pays per click the lowest bid with which it would still have won.

    Args:
        q: `(n,)`, the relevance of each ad, which is its click rate, in [0, 1]; those of 0 are never shown.
        T: the number of segments, at least 1.
        replacement: whether an ad may be shown again; if not its bid is 0 after it was.
        selection: "relevance": the weight is `c = q b`; "naive": it is the bid, the paper's second naive baseline.
        b_max: the largest bid, > 0; values are drawn uniformly from [0, b_max].

    Raises:
        ValueError: a parameter is out of range, or without replacement too many sets of ads may have been shown.

    Example:
        >>> auction = SegmentAuction()
        >>> state = auction.state([3, 3, 2, 2])
        >>> (auction.shown(auction.truth(state)) / auction.T).round(2)
        array([0.22, 0.54, 0.13, 0.11])
    """

    q: ArrayLike = Q
    T: int = 3
    replacement: bool = True
    selection: Literal["relevance", "naive"] = "relevance"
    b_max: float = 10.0
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        relevance = real_array("q", self.q)
        if relevance.ndim != 1 or not len(relevance) or not ((relevance >= 0) & (relevance <= 1)).all():
            raise ValueError(f"q is {shown(self.q)}; it must be the relevance of each ad, in [0, 1]")
        checked_players("the number of ads", len(relevance))
        relevance.flags.writeable = False
        object.__setattr__(self, "q", relevance)
        segments = checked_integer("T", self.T, 1, 1_000)
        check_flag("replacement", self.replacement)
        check_choice("selection", self.selection, ("relevance", "naive"))
        subsets = sum(comb(self.n, before) for before in range(min(segments, self.n)))
        if not self.replacement and subsets > MAX_SUBSETS:
            raise ValueError(
                f"without replacement {subsets:,} sets of ads may have been shown before a segment, more than "
                f"{MAX_SUBSETS:,}: take fewer ads or segments"
            )
        move_at_once(self, "advertiser", bid_spaces(self.n, self.b_max))

    @property
    def n(self) -> int:
        """The number of advertisers."""
        return len(self.relevance)

    @property
    def relevance(self) -> FloatArray:
        """The relevance of each ad, `(n,)`."""
        return np.asarray(self.q)

    def state(self, v: ArrayLike) -> SegmentState:
        """A state of given values, `(*batch, n)`.

        Raises:
            ValueError: a value is not in [0, b_max], or the shape does not fit.
        """
        return SegmentState(within("v", v, (self.n,), 0, self.b_max))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> SegmentState:
        """Values uniform on [0, b_max]."""
        return SegmentState(rng.uniform(0, self.b_max, (*batch, self.n)))

    def observe(self, state: SegmentState, player: int) -> Array:
        """Its own value over `b_max`: `(*batch, 1)`."""
        return (state.v[..., player, None] / self.b_max).astype(np.float32)

    def unknown(
        self, state: SegmentState, player: int, rng: np.random.Generator, batch: tuple[int, ...] = ()
    ) -> SegmentState:
        """The player's own value, beside new ones of the others."""
        return SegmentState(beside_new(state.v, self.draw(rng, (*batch, *state.v.shape[:-1])).v, player))

    def outcome(self, state: SegmentState, actions: Actions) -> tuple[FloatArray, FloatArray]:
        """`shown` and `due`, `(*batch, n)` each."""
        return self._expected(stacked(actions))

    def payoffs_of(self, state: SegmentState, outcome: tuple[FloatArray, FloatArray]) -> FloatArray:
        """Clicks times value less price, over all segments, `(*batch, n)`, expected over perturbations and clicks."""
        times, due = outcome
        return self.relevance * (state.v * times - due)

    def shown(self, actions: Actions) -> FloatArray:
        """In how many segments each ad is expected, `(*batch, n)`."""
        return self._expected(stacked(actions))[0]

    def due(self, actions: Actions) -> FloatArray:
        """The prices of its segments that each ad is expected to have, `(*batch, n)`, paid only where it is clicked.

        In a segment this is Myerson's payment over q: `(S log(1 + c / S) - c S / (c + S)) / q`, where S is the others'
        weight together. Times q it is what is paid.
        """
        return self._expected(stacked(actions))[1]

    def truth(self, state: SegmentState) -> Actions:
        """Bids equal to the values."""
        return tuple(state.v[..., player, None] for player in range(self.n))

    def segments(self, actions: Actions, perturbations: FloatArray) -> Segments:
        """The segments for given perturbations g, `(T, *batch, n)`.

        Args:
            actions: the bids.
            perturbations: standard Gumbel, one for each segment and ad.
        """
        bids = np.broadcast_to(stacked(actions), perturbations.shape[1:])
        unit = self._unit()
        with np.errstate(divide="ignore"):
            logs = np.log(bids * unit)
        winners, prices = [], []
        for noise in perturbations:
            scores = logs + noise
            winner = scores.argmax(axis=-1)[..., None]
            best = np.take_along_axis(scores, winner, axis=-1)
            second = np.where(np.arange(self.n) == winner, -np.inf, scores).max(axis=-1, keepdims=True)
            own = np.take_along_axis(noise, winner, axis=-1) + np.log(np.where(unit > 0, unit, 1.0))[winner]
            with np.errstate(invalid="ignore"):
                price = np.where(np.isfinite(second), np.exp(second - own), 0.0)
            some = np.isfinite(best)
            winners.append(np.where(some, winner, -1)[..., 0])
            prices.append(np.where(some, price, 0.0)[..., 0])
            if not self.replacement:
                logs = np.where((np.arange(self.n) == winner) & some, -np.inf, logs)
        return Segments(np.stack(winners), np.stack(prices))

    def sample(self, state: SegmentState, actions: Actions, rng: np.random.Generator) -> FloatArray:
        """Realised payoffs of a text, `(*batch, n)`: perturbations and clicks are drawn."""
        bids = stacked(actions)
        shape = np.broadcast_shapes(bids.shape, state.v.shape)
        text = self.segments(actions, rng.gumbel(size=(self.T, *shape)))
        wins = text.winner[..., None] == np.arange(self.n)
        clicked = rng.random(wins.shape) < self.relevance
        return (wins * clicked * (state.v - text.price[..., None])).sum(axis=0)

    def figures_of(self, state: SegmentState, outcome: tuple[FloatArray, FloatArray]) -> Mapping[str, FloatArray]:
        """Welfare: the value of the clicks; revenue, of clicks; relevance, the mean of the segments."""
        times, due = outcome
        return {
            "welfare": (self.relevance * state.v * times).sum(axis=-1),
            "revenue": (self.relevance * due).sum(axis=-1),
            "relevance": (self.relevance * times).sum(axis=-1) / self.T,
        }

    def shares_of_the_best(self, actions: Actions) -> FloatArray:
        """The paper's measures, `(3, *batch)`, as shares of the most there could be.

        Welfare over `T max_i q_i b_i`; prices, as if every ad were clicked, over `T max_i b_i`; relevance over
        `T max_i q_i`. A bid must be above 0.
        """
        bids = stacked(actions)
        times, due = self._expected(bids)
        worth = self.relevance * bids
        most = worth.max(axis=-1), bids.max(axis=-1), self.relevance.max()
        got = (worth * times).sum(axis=-1), due.sum(axis=-1), (self.relevance * times).sum(axis=-1)
        return np.stack([each / (self.T * top) for each, top in zip(got, most, strict=True)])

    def logarithmic_welfare(self, actions: Actions, x: FloatArray) -> FloatArray:
        """`sum_i q_i b_i log x_i` of an allocation, `(*batch,)`, which the shares `q b / sum q b` maximise."""
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = self.relevance * stacked(actions) * np.log(x)
        return np.where(self.relevance * stacked(actions) > 0, terms, 0.0).sum(axis=-1)

    def reference(self, state: SegmentState) -> Reference:
        """Truth, dominant with replacement or in one segment; without, a low bid may wait for a low price."""
        if not self.replacement and self.T > 1:
            return Reference("none known", Status.MAX_ROUNDS, None, None, "truth is not optimal over segments: derived")
        truth = self.truth(state)
        source = "Hajiaghayi et al. 2024; Myerson's payment, derived"
        return Reference("dominant strategies", Status.CONVERGED, truth, self.payoffs(state, truth), source)

    def _unit(self) -> FloatArray:
        """What a unit of the bid adds to the weight, `(n,)`."""
        return self.relevance if self.selection == "relevance" else (self.relevance > 0).astype(float)

    def _expected(self, bids: FloatArray) -> tuple[FloatArray, FloatArray]:
        """In how many segments each is shown, and its prices there, `(*batch, n)` each."""
        unit = self._unit()
        weights = bids * unit
        per_unit = np.where(unit > 0, unit, 1.0)
        if self.replacement:
            x, paid = _one_segment(weights)
            return self.T * x, self.T * paid / per_unit
        times, due = np.zeros(weights.shape), np.zeros(weights.shape)
        # How likely each set of ads is to be the one shown so far; a set is the bits of an integer.
        likely = {0: np.ones(weights.shape[:-1])}
        for _ in range(min(self.T, self.n)):
            following: dict[int, FloatArray] = {}
            for used, chance in likely.items():
                left = np.array([not used >> i & 1 for i in range(self.n)])
                x, paid = _one_segment(np.where(left, weights, 0.0))
                times += chance[..., None] * x
                due += chance[..., None] * paid / per_unit
                for i in np.flatnonzero(left):
                    into = used | 1 << int(i)
                    following[into] = following.get(into, 0.0) + chance * x[..., i]
            likely = following
        return times, due


def _one_segment(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The probabilities that each wins, and Myerson's payments for them, of weights `(*batch, n)`."""
    total = weights.sum(axis=-1, keepdims=True)
    others = np.where(np.eye(weights.shape[-1], dtype=bool), 0.0, weights[..., None, :]).sum(axis=-1)
    return weights / np.where(total > 0, total, 1.0), second_price_integral(weights, others)


def measured(row: SegmentRow) -> FloatArray:
    """The exact measures of a row of the published tables, `(3,)`.

    Example:
        >>> measured(TABLES[0]).round(4)
        array([0.6848, 0.3793, 0.7108])
    """
    auction = SegmentAuction(row.q, 3, row.replacement, row.selection)
    return auction.shares_of_the_best(tuple(np.array([float(bid)]) for bid in row.bids))


def simulated(row: SegmentRow, texts: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """The same by drawing texts: the means and their standard errors, `(3,)` each.

    Example:
        >>> mean, error = simulated(TABLES[0], 20_000, np.random.default_rng(0))
        >>> bool((abs(mean - measured(TABLES[0])) < 5 * error).all())
        True
    """
    auction = SegmentAuction(row.q, 3, row.replacement, row.selection)
    bids = np.asarray(row.bids, float)
    text = auction.segments(tuple(np.full((texts, 1), bid) for bid in bids), rng.gumbel(size=(3, texts, auction.n)))
    worth = auction.relevance * bids
    each = np.stack(
        [
            worth[text.winner].mean(axis=0) / worth.max(),
            text.price.mean(axis=0) / bids.max(),
            auction.relevance[text.winner].mean(axis=0) / auction.relevance.max(),
        ]
    )
    return each.mean(axis=1), each.std(axis=1, ddof=1) / np.sqrt(texts)


def _measure(row: SegmentRow, place: int) -> float:
    return float(measured(row)[place])


def _first_share(scenario: int, place: int) -> float:
    row = next(row for row in TABLES if row.scenario == scenario)
    auction = SegmentAuction(row.q, 1)
    return float(auction.shown(tuple(np.array([float(bid)]) for bid in row.bids))[place])


RECORDS = (
    *(
        Record(
            f"scenario {row.scenario}, {row.name}: {measure}, as a share of the most",
            row.published[place],
            0.03,
            f"the authors' table, 500 runs, standard error {row.errors[place]:.4f}; relevance rounded to two digits",
            partial(_measure, row, place),
        )
        for row in TABLES
        for place, measure in enumerate(("welfare", "prices", "relevance"))
    ),
    *(
        Record(
            f"scenario {scenario}: the probability of ad {place}",
            published,
            0.01,
            "the authors' table",
            partial(_first_share, scenario, place),
        )
        for scenario, shares in ((0, (0.22, 0.54, 0.13, 0.11)), (1, (0.22, 0.26, 0.28, 0.24)))
        for place, published in enumerate(shares)
    ),
)
"""The published tables in full."""
