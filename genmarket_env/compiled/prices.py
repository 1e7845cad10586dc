"""The twin of prices: the map of markups iterated."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ..market import FloatArray, IntArray
from . import jit, lean

_TINY = 1e-250
_NEAR = 1e-3
"""Relative to the largest markup, the change in a round from which on steps are corrected."""
_SMALL = 1 / 64
"""Up to it eight terms of the series of the exponential leave out less than rounding: x^8 / 8! is below 1e-19."""
_FARTHEST = 20.0
"""So many times as far as the map's own a corrected step may go."""


@jit
def iterate_markups(
    utility: FloatArray,
    masses: FloatArray,
    costs: FloatArray,
    sensitivity: FloatArray,
    temperature: float,
    outside: float,
    owners: IntArray,
    highest: FloatArray,
    markups: FloatArray,
    residual: FloatArray,
    rounds: IntArray,
    most: int,
    undamped: int,
    steady: float,
) -> None:
    """The zeta map of `genmarket_env.pricing.demand` from starts, until markups are at rest.

    Where a round changes little, so that the map is near to a rest and about linear, steps are Broyden's (1965): the
    map's own, corrected by what the steps before have changed. One that brings the map no nearer is forgotten.

    Args:
        utility: `(B, N, K)`.
        masses: `(B, K)`.
        costs: `(B, N)`.
        sensitivity: `(K,)`.
        temperature: tau.
        outside: the utility of staying away, -inf if users cannot.
        owners: `(N,)`.
        highest: the markups that a cap on prices leaves, `(B, N)`.
        markups: the starts of each market, `(B, S, N)`; overwritten by where they led.
        residual: `(B, S)`, written.
        rounds: `(B, S)`, written; more than `most` where they are not at rest.
        most: rounds at most.
        undamped: rounds of full steps.
        steady: the relative change below which markups are at rest.
    """
    platforms, users = utility.shape[1:]
    share, earned = np.empty((platforms, users)), np.empty((platforms, users))
    likes, away, highest_of_type, total = (
        np.empty((platforms, users)),
        np.empty(users),
        np.empty(users),
        np.empty(users),
    )
    after, weight = np.empty(platforms), np.empty(users)
    unit = temperature / sensitivity
    inverse, gap, gap_before = np.empty((platforms, platforms)), np.empty(platforms), np.empty(platforms)
    step, turned = np.empty(platforms), np.empty(platforms)
    for b in range(utility.shape[0]):
        for k in range(users):
            weight[k] = masses[b, k] / unit[k]
        for s in range(markups.shape[1]):
            residual[b, s], rounds[b, s] = _iterate(
                utility, costs, b, s, sensitivity, temperature, outside, owners, highest, markups, most, undamped,
                steady, share, earned, likes, away, highest_of_type, total, after, weight, unit, inverse, gap,
                gap_before, step, turned,
            )  # fmt: skip


@lean
def _iterate(
    utility_of: FloatArray, costs_of: FloatArray, b: int, s: int, sensitivity: FloatArray, temperature: float,
    outside: float, owners: IntArray, highest_of: FloatArray, markups: FloatArray, most: int, undamped: int,
    steady: float, share: FloatArray, earned: FloatArray, likes: FloatArray, away: FloatArray,
    highest_of_type: FloatArray, total: FloatArray, after: FloatArray, weight: FloatArray, unit: FloatArray,
    inverse: FloatArray, gap: FloatArray, gap_before: FloatArray, step: FloatArray, turned: FloatArray,
) -> tuple[float, int]:  # fmt: skip
    """`iterate_markups` from the start `s` of the market `b`: the residual and the rounds; the rest is its room."""
    utility, costs, highest, now = utility_of[b], costs_of[b], highest_of[b], markups[b, s]
    corrected, off_before, known, off = False, np.inf, False, np.inf
    for index in range(most):
        if not (known and _follow(likes, unit, step)):
            _like(utility, costs, now, sensitivity, temperature, outside, likes, away, highest_of_type)
        known = index < undamped
        _choose(likes, away, share, total)
        _reply(
            utility, costs, now, sensitivity, temperature, owners, highest, weight, unit, share, highest_of_type,
            total, earned, after,
        )  # fmt: skip
        off = largest = 0.0
        for i in range(gap.shape[0]):
            gap[i] = after[i] - now[i]
            off = off if abs(gap[i]) <= off or off != off else abs(gap[i])  # NaN if one gap is
            largest = max(largest, abs(after[i]))
        if off <= steady * largest:
            for i in range(gap.shape[0]):
                now[i] = after[i]
            return off, index + 1
        if index >= undamped:
            for i in range(gap.shape[0]):
                now[i] = (now[i] + after[i]) / 2
            continue
        closer = corrected and off < off_before
        if not (closer and _correct(inverse, step, gap, gap_before, turned)):
            _forget(inverse)
        off_before = off
        _turn(inverse, gap, step)
        corrected = off <= _NEAR * largest and _may_step(now, step, highest, off)
        for i in range(gap.shape[0]):
            gap_before[i] = gap[i]
            step[i] = step[i] if corrected else gap[i]
            now[i] += step[i]
    return off, most + 1


@lean
def _reply(
    utility: FloatArray,
    costs: FloatArray,
    markups: FloatArray,
    sensitivity: FloatArray,
    temperature: float,
    owners: IntArray,
    highest: FloatArray,
    weight: FloatArray,
    unit: FloatArray,
    share: FloatArray,
    highest_of_type: FloatArray,
    total: FloatArray,
    earned: FloatArray,
    after: FloatArray,
) -> None:
    """Write the markups that the conditions ask for at these shares to `after`; the shares of few are lost."""
    earned[:] = 0.0
    for i in range(utility.shape[0]):
        for k in range(utility.shape[1]):
            earned[owners[i], k] += share[i, k] * markups[i]
    for i in range(utility.shape[0]):
        after[i] = _best_markup(share[i], weight, unit, earned[owners[i]])
        if after[i] < 0:  # next to nobody: relative to the type that likes it best
            price = costs[i] + markups[i]
            for k in range(utility.shape[1]):
                share[i, k] = (utility[i, k] - sensitivity[k] * price) / temperature
                share[i, k] -= highest_of_type[k] + math.log(total[k])
            after[i] = _best_markup_of_few(share[i], weight, unit, earned[owners[i]])
        after[i] = min(after[i], highest[i])


@lean
def _forget(inverse: FloatArray) -> None:
    """Make steps the map's own."""
    inverse[:] = 0.0
    for i in range(inverse.shape[0]):
        inverse[i, i] = 1.0


@lean
def _turn(inverse: FloatArray, gap: FloatArray, out: FloatArray) -> None:
    """Write the step for a gap to `out`."""
    for i in range(gap.shape[0]):
        out[i] = 0.0
        for j in range(gap.shape[0]):
            out[i] += inverse[i, j] * gap[j]


@lean
def _correct(
    inverse: FloatArray, step: FloatArray, gap: FloatArray, gap_before: FloatArray, turned: FloatArray
) -> bool:
    """Let `inverse` know what gap a step has closed; False where it cannot be told."""
    platforms = gap.shape[0]
    below = 0.0
    for i in range(platforms):
        turned[i] = 0.0
        for j in range(platforms):
            turned[i] += inverse[i, j] * (gap_before[j] - gap[j])
        below += step[i] * turned[i]
    length = 0.0
    for i in range(platforms):
        length += step[i] * step[i]
    if not below > 0.1 * length:
        return False
    for j in range(platforms):
        weight = 0.0
        for i in range(platforms):
            weight += step[i] * inverse[i, j]
        weight /= below
        for i in range(platforms):
            inverse[i, j] += (step[i] - turned[i]) * weight
    return True


@lean
def _may_step(markups: FloatArray, step: FloatArray, highest: FloatArray, off: float) -> bool:
    """Whether a step stays near, above 0 and under the cap."""
    for i in range(markups.shape[0]):
        if not (abs(step[i]) <= _FARTHEST * off and 0 < markups[i] + step[i] <= highest[i]):
            return False
    return True


@lean
def _like(
    utility: FloatArray,
    costs: FloatArray,
    markups: FloatArray,
    sensitivity: FloatArray,
    temperature: float,
    outside: float,
    likes: FloatArray,
    away: FloatArray,
    highest: FloatArray,
) -> None:
    """Write `exp((v - highest) / tau)` of platforms and of staying away to `likes` and `away`, and what is highest."""
    platforms, users = utility.shape
    highest[:] = outside / temperature
    for i in range(platforms):
        price = costs[i] + markups[i]
        for k in range(users):
            likes[i, k] = (utility[i, k] - sensitivity[k] * price) / temperature
            highest[k] = max(highest[k], likes[i, k])
    for k in range(users):
        away[k] = math.exp(outside / temperature - highest[k])
    for i in range(platforms):
        for k in range(users):
            likes[i, k] = math.exp(likes[i, k] - highest[k])


@lean
def _follow(likes: FloatArray, unit: FloatArray, step: FloatArray) -> bool:
    """Let `likes` follow a step of markups that is small beside `unit`; False, and nothing, if it is not.

    The factor `exp(-step / unit)` is summed as a series, exact to rounding for arguments up to `_SMALL`, and takes no
    exponential.
    """
    least = unit[0]
    for k in range(unit.shape[0]):
        least = min(least, unit[k])
    for i in range(step.shape[0]):
        if not abs(step[i]) <= _SMALL * least:
            return False
    for i in range(step.shape[0]):
        for k in range(unit.shape[0]):
            x = -step[i] / unit[k]
            series = 1 + x * (1 / 4) * (1 + x * (1 / 5) * (1 + x * (1 / 6) * (1 + x * (1 / 7))))
            likes[i, k] *= 1 + x * (1 + x * (1 / 2) * (1 + x * (1 / 3) * series))
    return True


@lean
def _choose(likes: FloatArray, away: FloatArray, share: FloatArray, total: FloatArray) -> None:
    """Write the shares at these likes to `share`, and their sums to `total`."""
    for k in range(likes.shape[1]):
        total[k] = away[k]
    for i in range(likes.shape[0]):
        for k in range(likes.shape[1]):
            total[k] += likes[i, k]
    for i in range(likes.shape[0]):
        for k in range(likes.shape[1]):
            share[i, k] = likes[i, k] / total[k]


@partial(lean, reassociate=True)
def _best_markup(share: FloatArray, weight: FloatArray, unit: FloatArray, earned: FloatArray) -> float:
    """The markup that the conditions ask for; -1 where the shares are too small to say."""
    top, bottom = 0.0, 0.0
    for k in range(len(share)):
        part = weight[k] * share[k]
        bottom += part
        top += part * (unit[k] + earned[k])
    return top / bottom if bottom > _TINY else -1.0


@lean
def _best_markup_of_few(log_share: FloatArray, weight: FloatArray, unit: FloatArray, earned: FloatArray) -> float:
    most = -np.inf
    for k in range(len(log_share)):
        if weight[k] > 0:
            most = max(most, log_share[k] + math.log(weight[k]))
    top, bottom = 0.0, 0.0
    for k in range(len(log_share)):
        if weight[k] > 0:
            part = math.exp(log_share[k] + math.log(weight[k]) - most)
            bottom += part
            top += part * (unit[k] + earned[k])
    return top / bottom
