r"""Who buys where at given prices, and the map whose fixed points satisfy the first-order conditions.

With `a_k = alpha_k / tau`, shares `q_i(k)` and `Lambda_i = sum_k pi_k a_k q_i(k)` the conditions of all owners are

    m_i = (1 / Lambda_i) sum_k pi_k q_i(k) [1 + a_k sum_{j of i's owner} q_j(k) m_j],    m = p - c,

the zeta map of Morrow and Skerlos, "Fixed-Point Approaches to Computing Bertrand-Nash Equilibrium Prices Under
Mixed-Logit Demand" (Operations Research 59(2), 2011). With the weights `w_i(k) = pi_k a_k q_i(k) / Lambda_i`, which sum
to 1 over `k`, it reads

    m_i = sum_k w_i(k) [1 / a_k + sum_{j of i's owner} q_j(k) m_j].

Under a cap on prices the map is cut at it: where it asks for more, `Lambda_i` times the difference is what the owner
would gain by a higher price, which it may not ask.

They are computed from logarithms, so that a platform that serves next to nobody has a price as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import backend_for
from ..market import FloatArray, IntArray
from .setting import PriceSetting


class Demand(NamedTuple):
    """Who buys where.

    Attributes:
        shares: `q_i(k)`, `(B, N, K)`.
        weights: `w_i(k)`, `(B, N, K)`, of which user types a platform's buyers who mind the price are.
        inclusive: `log(sum_i exp(v_i(k)) + exp(u0 / tau))`, `(B, K)`.
    """

    shares: FloatArray
    weights: FloatArray
    inclusive: FloatArray


def demand_at(setting: PriceSetting, markups: FloatArray) -> Demand:
    """The demand at markups `(B, N)`."""
    prices = (setting.costs + markups)[..., None]
    log_shares = setting.utility - setting.sensitivity * prices
    inclusive = setting.rule.inclusive_value(log_shares) / setting.temperature
    log_shares /= setting.temperature
    log_shares -= inclusive[:, None]
    weights = log_shares + setting.log_weight[:, None]
    weights -= weights.max(axis=2, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=2, keepdims=True)
    return Demand(np.exp(log_shares, out=log_shares), weights, inclusive)


def best_markups(setting: PriceSetting, demand: Demand, markups: FloatArray) -> FloatArray:
    """The zeta map: the markups that the conditions ask for at this demand, at most the highest ones: `(B, N)`."""
    # earned[i, k]: what the owner of i gets of a user of type k.
    earned = np.matmul(setting.same_owner * markups[:, None], demand.shares)
    free = (demand.weights * (setting.unit_markup + earned)).sum(axis=2)
    return np.minimum(free, setting.highest)


class Rest(NamedTuple):
    """Where the iteration ended: markups `(B, S, N)`, how far off the conditions are, rounds, whether at rest."""

    markups: FloatArray
    residual: FloatArray
    rounds: IntArray
    at_rest: NDArray[np.bool_]


STEADY = 1e-13
"""The relative change of markups in a round below which they are at rest."""

UNDAMPED = 200
"""After so many rounds steps are half ones, against cycles."""

_EXPECTED_ROUNDS = 30


def iterated(setting: PriceSetting, starts: FloatArray, most: int) -> Rest:
    """The zeta map from several starts of each market, `(B, S, N)`, until nothing changes."""
    if backend_for(setting.asking, _EXPECTED_ROUNDS * starts.size * setting.masses.shape[1]) == "compiled":
        return iterated_by_twin(setting, starts, most)
    return iterated_by_numpy(setting, starts, most)


def iterated_by_twin(setting: PriceSetting, starts: FloatArray, most: int) -> Rest:
    """`iterated`, by compiled code, in threads where it is worth it."""
    from ..compiled.calls import in_chunks
    from ..compiled.prices import iterate_markups

    markups = starts.copy()
    residual, rounds = np.empty(starts.shape[:2]), np.empty(starts.shape[:2], np.int64)

    def iterate(first: int, end: int) -> None:
        rows = slice(first, end)
        iterate_markups(
            setting.utility[rows], setting.masses[rows], setting.costs[rows], setting.sensitivity,
            setting.temperature, setting.outside, setting.owners, setting.highest[rows], markups[rows], residual[rows],
            rounds[rows], most, UNDAMPED, STEADY,
        )  # fmt: skip

    in_chunks(iterate, len(starts), _EXPECTED_ROUNDS * starts[0].size * setting.masses.shape[1])
    return Rest(markups, residual, np.minimum(rounds, most), rounds <= most)


def iterated_by_numpy(setting: PriceSetting, starts: FloatArray, most: int) -> Rest:
    """`iterated`, all markets and starts at once."""
    markets, count, platforms = starts.shape
    each = setting.at(np.repeat(np.arange(markets), count))
    markups = starts.reshape(-1, platforms).copy()
    residual = np.full(len(markups), np.inf)
    rounds = np.zeros(len(markups), np.int64)
    left, some = np.arange(len(markups)), each
    for index in range(most):
        if not len(left):
            break
        before = markups[left]
        after = best_markups(some, demand_at(some, before), before)
        residual[left] = np.abs(after - before).max(axis=1)
        rounds[left] += 1
        markups[left] = after if index < UNDAMPED else (before + after) / 2
        moving = residual[left] > STEADY * np.abs(after).max(axis=1)
        if not moving.all():
            left = left[moving]
            some = each.at(left)
    at_rest = np.ones(len(markups), np.bool_)
    at_rest[left] = False
    shape = (markets, count)
    return Rest(markups.reshape(starts.shape), residual.reshape(shape), rounds.reshape(shape), at_rest.reshape(shape))
