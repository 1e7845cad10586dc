r"""Expected payoffs of independent mixed play under HardMax as a sum of products over platforms, in NumPy (derived).

With a type's models sorted by score, let `[low(q), q]` be those that tie with the one at position `q` as the best
deployed. A platform shares the type if it is among them and nobody is above `q`; counting the draws by the highest
position, each of these ranges counts once, and the part of it that reaches only to `q - 1` is taken off where `low(q)`
moved. With `a_p` the probability that platform `p` is below a range and `b_p` that it is in it,

    E[1 / (1 + others in the range); nobody above it] = integral_0^1 prod_p (a_p + u b_p) du,

a polynomial in `u`, integrated exactly by ceil(N / 2) Gauss-Legendre nodes. Each range and node is one row of an
`Expansion`. `genmarket_env.compiled.mixed` has the same in loops, for markets of any size; the two are equal but for
rounding, 1e-15.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..compiled import HARDMAX, RuleParameters
from ..market import FloatArray, IntArray, Market
from .per_market import latest_per_market
from .separable import Expansion

SMALL_EXPANSION = 1 << 15
"""Up to so many entries an expansion is as quick as the compiled twin, and answers without a compiler."""

_FEW = 32
"""So few are found by comparing each with each, which is then quicker than a search in each row."""


def small_tie_expansion(market: Market, platforms: int, rule: RuleParameters | None) -> Expansion | None:
    """The payoffs of one market under a HardMax rule as an expansion, or None if it is large or the rule another."""
    rows = 2 * market.num_users * market.num_models * -(-platforms // 2)
    if rule is None or rule.kind != HARDMAX or rows * market.num_models > SMALL_EXPANSION:
        return None
    return tie_expansion(market, platforms, rule)


def tie_expansion(market: Market, platforms: int, rule: RuleParameters) -> Expansion:
    """The payoffs of one market with that many platforms, under a HardMax rule."""
    gain, below, within = _ranges_of(market, rule)
    nodes, weights = unit_gauss_legendre(-(-platforms // 2))
    shape = (-1, market.num_models)
    return Expansion(
        (weights[:, None, None] * gain).reshape(shape), (below + nodes[:, None, None] * within).reshape(shape)
    )


@latest_per_market
def _ranges_of(market: Market, rule: RuleParameters) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each range what a model in it gains, and which models are below and in it, `(ranges, models)`."""
    by_user = market.scores_by_user
    order = np.argsort(by_user, axis=1, kind="stable")
    position = np.argsort(order, axis=1)
    user, low, high, sign = tie_ranges(np.take_along_axis(by_user, order, axis=1), rule)
    below = position[user] < low[:, None]
    within = ~below & (position[user] <= high[:, None])
    return sign[:, None] * market.weighted_scores_by_user[user] * within, below, within


@lru_cache(maxsize=64)
def unit_gauss_legendre(count: int) -> tuple[FloatArray, FloatArray]:
    """The nodes and weights of Gauss-Legendre quadrature on [0, 1]: exact up to the degree 2 * count - 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


def tie_ranges(ascending: FloatArray, rule: RuleParameters) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """The user type, first and last position, and sign of every range, for scores `(users, models)`."""
    low = _first_from(ascending, ascending - rule.scale)
    stays = ascending >= rule.reservation[:, None]
    last = np.arange(ascending.shape[1])
    ends = np.append(low[:, 1:] > low[:, :-1], np.ones((len(low), 1), bool), axis=1) & stays
    previous = np.where(stays[:, :-1], low[:, :-1], -1)
    taken_off = np.zeros_like(stays)
    taken_off[:, 1:] = stays[:, 1:] & (previous != low[:, 1:]) & (low[:, 1:] < last[1:])
    (user, top), (other, above) = np.nonzero(ends), np.nonzero(taken_off)
    return (
        np.append(user, other),
        np.append(low[user, top], low[other, above]),
        np.append(top, above - 1),
        np.append(np.ones(len(user)), -np.ones(len(other))),
    )


def _first_from(ascending: FloatArray, values: FloatArray) -> IntArray:
    """`searchsorted` of each row of values in the same row of ascending numbers."""
    if ascending.shape[1] <= _FEW:
        found: IntArray = (ascending[:, None] < values[:, :, None]).sum(axis=2)
        return found
    return np.stack([np.searchsorted(row, wanted) for row, wanted in zip(ascending, values, strict=True)])
