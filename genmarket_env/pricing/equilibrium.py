"""Prices from which no owner of platforms would move, the models given."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..market import FloatArray, IntArray, Market
from ..status import Status
from .conditions import best_deviations, curvature
from .demand import demand_at, iterated
from .outcome import PriceOutcome, figures_at
from .setting import PriceSetting, price_setting

GAIN_TOL = 1e-9
"""What an owner may gain by other prices, relative to what it earns, where prices count as an equilibrium."""

SAME = 1e-6
"""The relative distance of markups up to which two starts have found the same equilibrium."""

_REPLIES = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class PriceEquilibrium(PriceOutcome):
    """A Bertrand-Nash equilibrium in prices, and how far that is known.

    Attributes:
        status: `Status.CONVERGED` where the first-order conditions hold, every owner's profit curves down and none
            gains by any price that was tried; `Status.MAX_ROUNDS` where no start led to such prices, and the fields
            show those of the smallest gain; for a batch an int array `(*batch,)`.
        residual: by how much markups miss the first-order conditions, in money, `(*batch,)`.
        iterations: rounds of the map from the start that led there, `(*batch,)`.
        curvature: the largest eigenvalue of the second derivatives, scaled; below 0, `(*batch,)`.
        gain: the most an owner gains by another price of one platform, or by all its markups times a factor, relative
            to what it earns, over a grid of prices; `(*batch,)`.
        num_equilibria: how many different equilibria the starts led to, `(*batch,)`. Where platforms are alike an
            equilibrium in which they differ counts once for each order that was found.
        found: the prices of each, `(*batch, most, N)`, filled with NaN; by rising mean, the first being `prices`.
    """

    status: Any
    residual: Any
    iterations: Any
    curvature: Any
    gain: Any
    num_equilibria: Any
    found: FloatArray


def price_equilibrium(
    market: Market,
    profile: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    price_sensitivity: ArrayLike,
    costs: ArrayLike | None = None,
    brands: ArrayLike = 0.0,
    owners: Sequence[Hashable] | None = None,
    price_cap: float | None = None,
    num_starts: int = 6,
    max_rounds: int = 1000,
) -> PriceEquilibrium:
    """Prices from which no owner of platforms would move, the models given.

    A user of type k on platform i gets `S_{f_i}(k) + b_i(k) - alpha_k p_i` and chooses by Logit; a platform earns
    `sum_k pi_k q_i(k) (p_i - c_i)`. With one user type the equilibrium is unique; with several there may be more than
    one, or none, so that several starts are taken, and prices tried against all others.

    Args:
        market: one or a batch.
        profile: the model that each platform deploys, `(*batch, N)`.
        choice: a `Logit`. Without an outside utility there must be two owners, or a cap.
        price_sensitivity: `alpha_k`, a number or `(K,)`, units of the score that a unit of money is worth, > 0.
        costs: what a user served with a model costs, in money: a number, `(M,)`, or `(N, M)` where platforms differ.
            None takes those of the market.
        brands: what users get of a platform besides its model, `b_i(k)`, in units of the score: a number, `(N,)` or
            `(N, K)`.
        owners: whose each platform is, `(N,)`; those of one owner maximise the sum of their profits. None: each has
            its own.
        price_cap: no platform may ask for more, in money, finite and >= 0.
        num_starts: how many starts, >= 1.
        max_rounds: of the iteration from each start.

    Raises:
        ValueError: the rule is no `Logit`, a price sensitivity is not > 0, costs or brands are not finite or of another
            shape, costs are not given and the market has none,
            owners are not as many as platforms, the cap is below 0, or one owner has all platforms, users cannot stay
            away, and there is no cap.
        TypeError: an argument is not numeric.

    Source: Morrow and Skerlos, Operations Research 59(2), 2011, for the iteration; the checks derived.

    Example:
        >>> from genmarket_env import Logit
        >>> duopoly = Market([[1.0]], [1.0])  # quality less cost 1, as in Calvano et al. (2020)
        >>> rule = Logit(0.25, outside_utility=0.0)
        >>> price_equilibrium(duopoly, [0, 0], rule, price_sensitivity=1, costs=1, brands=1).prices.round(4)
        array([1.4729, 1.4729])
        >>> price_equilibrium(
        ...     duopoly, [0, 0], rule, price_sensitivity=1, costs=1, brands=1, owners=["a", "a"]
        ... ).prices.round(4)
        array([1.925, 1.925])
    """
    setting, batch = price_setting(
        market, profile, choice, price_sensitivity, costs, brands, owners, price_cap=price_cap
    )
    starts = checked_integer("num_starts", num_starts, 1)
    tried = _Tried.of(setting, _starts(setting, starts), checked_integer("max_rounds", max_rounds, 1))
    for _ in range(_REPLIES):
        open_ = np.flatnonzero(~tried.stable.any(axis=1))
        if not len(open_):
            break
        tried = tried.with_replies(setting, open_, max_rounds)
    chosen, found, count = tried.chosen(setting)
    rows = np.arange(len(chosen))
    markups = tried.markups[rows, chosen]
    own = {
        "status": np.where(count > 0, int(Status.CONVERGED), int(Status.MAX_ROUNDS)),
        "residual": tried.residual[rows, chosen],
        "iterations": tried.rounds[rows, chosen],
        "curvature": tried.curvature[rows, chosen],
        "gain": np.maximum(tried.gain[rows, chosen], 0.0),
        "num_equilibria": count,
        "found": found,
    }
    shaped: dict[str, Any] = {name: array.reshape((*batch, *array.shape[1:]))[()] for name, array in own.items()}
    if not batch:
        shaped["status"] = Status(int(own["status"][0]))
    return PriceEquilibrium(**figures_at(setting, markups, batch), **shaped)


def _starts(setting: PriceSetting, count: int) -> FloatArray:
    """Markups to start from, `(B, count, N)`: those of a platform that serves next to none, then spread ones.

    The spread ones differ between platforms, so that equilibria in which equal platforms differ can be found.
    """
    platforms = len(setting.owners)
    least, most = setting.unit_markup.min(), 10 * setting.unit_markup.max()
    mean = setting.masses @ setting.unit_markup
    golden = (np.sqrt(5) - 1) / 2
    places = (np.arange(count)[:, None] * golden + np.arange(platforms) * np.sqrt(2)) % 1.0
    spread = least * (most / least) ** places
    starts = np.broadcast_to(spread, (len(mean), count, platforms)).copy()
    starts[:, 0] = mean[:, None]
    return np.minimum(starts, setting.highest[:, None])


@dataclass(frozen=True)
class _Tried:
    """Where each start of each market led, `(B, S, ...)`."""

    markups: FloatArray
    residual: FloatArray
    rounds: IntArray
    curvature: FloatArray
    gain: FloatArray
    replies: FloatArray
    stable: np.ndarray

    @classmethod
    def of(cls, setting: PriceSetting, starts: FloatArray, max_rounds: int) -> _Tried:
        markets, count, platforms = starts.shape
        rest = iterated(setting, starts, max_rounds)
        first = _first_of_each(rest.markups)
        # Starts that led to one rest are looked at once.
        new, place = np.unique(first, return_inverse=True)
        at, there = setting.at(new // count), rest.markups.reshape(-1, platforms)[new]
        demand = demand_at(at, there)
        curved = curvature(at, demand, there)
        gains, best = best_deviations(at, demand, there)
        largest, moved = gains.max(axis=1), gains.argmax(axis=1)
        replies = there.copy()
        replies[np.arange(len(new)), moved] = best[np.arange(len(new)), moved]
        shape = (markets, count)
        curved, largest = curved[place].reshape(shape), largest[place].reshape(shape)
        return cls(
            rest.markups,
            rest.residual,
            rest.rounds,
            curved,
            largest,
            replies[place].reshape(starts.shape),
            rest.at_rest & (curved < 0) & (largest <= GAIN_TOL),
        )

    def with_replies(self, setting: PriceSetting, rows: IntArray, max_rounds: int) -> _Tried:
        """With as many starts again, each the last with the best reply of the platform that gains the most."""
        more = _Tried.of(setting.at(rows), self.replies[rows], max_rounds)
        parts = []
        for name in self.__dataclass_fields__:
            old = getattr(self, name)
            added = np.zeros_like(old)
            added[rows] = getattr(more, name)
            if name == "gain":  # the other markets have none to add
                added[np.setdiff1d(np.arange(len(old)), rows)] = np.inf
            parts.append(np.concatenate([added, old], axis=1))
        return _Tried(*parts)

    def chosen(self, setting: PriceSetting) -> tuple[IntArray, FloatArray, IntArray]:
        """The start that is shown `(B,)`, the prices of all equilibria `(B, E, N)`, and how many there are `(B,)`."""
        count = self.stable.shape[1]
        first = _first_of_each(self.markups).reshape(self.stable.shape)
        # Of starts that led to one rest, the first that is stable.
        earlier = (first[:, :, None] == first[:, None]) & np.tri(count, k=-1, dtype=np.bool_)
        shown = self.stable & ~(earlier & self.stable[:, None]).any(axis=2)
        mean = np.where(shown, self.markups.mean(axis=2), np.inf)
        order = np.argsort(mean, axis=1, kind="stable")
        number = shown.sum(axis=1)
        chosen = np.where(number > 0, order[:, 0], self.gain.argmin(axis=1))
        order = order[:, : max(1, int(number.max(initial=1)))]
        found = setting.costs[:, None] + np.take_along_axis(self.markups, order[..., None], axis=1)
        found[np.isinf(np.take_along_axis(mean, order, axis=1))] = np.nan
        return chosen, found, number


def _first_of_each(markups: FloatArray) -> IntArray:
    """For each start of each market the first that led to the same markups, as a flat index `(B * S,)`."""
    apart = np.abs(markups[:, :, None] - markups[:, None]).max(axis=3)
    same = apart <= SAME * np.abs(markups).max(axis=2)[:, :, None]
    markets, count = markups.shape[:2]
    return (np.arange(markets)[:, None] * count + same.argmax(axis=2)).ravel()
