"""The twins of prices: the map of markups iterated, and what each platform earns over a grid of its own markups."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ..market import FloatArray, IntArray
from . import jit

_TINY = 1e-250


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
    inclusive, after, weight = np.empty(users), np.empty(platforms), np.empty(users)
    unit = temperature / sensitivity
    for b in range(utility.shape[0]):
        for k in range(users):
            weight[k] = masses[b, k] / unit[k]
        for s in range(markups.shape[1]):
            now = markups[b, s]
            rounds[b, s] = most + 1
            for index in range(most):
                _choose(utility[b], costs[b], now, sensitivity, temperature, outside, share, inclusive)
                earned[:] = 0.0
                for i in range(platforms):
                    for k in range(users):
                        earned[owners[i], k] += share[i, k] * now[i]
                off, largest = 0.0, 0.0
                for i in range(platforms):
                    after[i] = _best_markup(share[i], weight, unit, earned[owners[i]])
                    if after[i] < 0:  # next to nobody: relative to the type that likes it best
                        price = costs[b, i] + now[i]
                        for k in range(users):
                            share[i, k] = (utility[b, i, k] - sensitivity[k] * price) / temperature - inclusive[k]
                        after[i] = _best_markup_of_few(share[i], weight, unit, earned[owners[i]])
                    after[i] = min(after[i], highest[b, i])
                    off = max(off, abs(after[i] - now[i]))
                    largest = max(largest, abs(after[i]))
                for i in range(platforms):
                    now[i] = after[i] if index < undamped else (now[i] + after[i]) / 2
                residual[b, s] = off
                if off <= steady * largest:
                    rounds[b, s] = index + 1
                    break


@jit
def _choose(
    utility: FloatArray,
    costs: FloatArray,
    markups: FloatArray,
    sensitivity: FloatArray,
    temperature: float,
    outside: float,
    share: FloatArray,
    inclusive: FloatArray,
) -> None:
    platforms, users = utility.shape
    away = outside / temperature
    for i in range(platforms):
        price = costs[i] + markups[i]
        for k in range(users):
            share[i, k] = (utility[i, k] - sensitivity[k] * price) / temperature
    for k in range(users):
        highest = away
        for i in range(platforms):
            highest = max(highest, share[i, k])
        total = math.exp(away - highest)
        for i in range(platforms):
            share[i, k] = math.exp(share[i, k] - highest)
            total += share[i, k]
        for i in range(platforms):
            share[i, k] /= total
        inclusive[k] = highest + math.log(total)


@jit
def _best_markup(share: FloatArray, weight: FloatArray, unit: FloatArray, earned: FloatArray) -> float:
    """The markup that the conditions ask for; -1 where the shares are too small to say."""
    top, bottom = 0.0, 0.0
    for k in range(len(share)):
        part = weight[k] * share[k]
        bottom += part
        top += part * (unit[k] + earned[k])
    return top / bottom if bottom > _TINY else -1.0


@jit
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


@partial(jit, reassociate=True)
def profits_on_grid(
    start: FloatArray, falls: FloatArray, grid: FloatArray, otherwise: FloatArray, masses: FloatArray, out: FloatArray
) -> None:
    """What the owner of each platform earns at each of its markups, by a recurrence instead of exponentials.

    Args:
        start: how much more a type likes the platform than all else at the first markup, `exp(v - rivals)`,
            `(B, N, K)`; finite.
        falls: by which factor it falls from one markup to the next in each part of the grid, `(D, K)`.
        grid: the markups, `(D, J)`, evenly spaced within a part and to the first of the next.
        otherwise: what the owner earns of a user that the platform does not serve, `(B, N, K)`.
        masses: `(B, K)`.
        out: `(B, N, D * J)`, written.
    """
    users = masses.shape[1]
    ratio = np.empty(users)
    for b in range(start.shape[0]):
        for i in range(start.shape[1]):
            ratio[:] = start[b, i]
            kept = 0.0
            for k in range(users):
                kept += masses[b, k] * otherwise[b, i, k]
            for d in range(grid.shape[0]):
                for j in range(grid.shape[1]):
                    markup, total = grid[d, j], kept
                    for k in range(users):
                        served = ratio[k] / (1.0 + ratio[k])
                        total += masses[b, k] * served * (markup - otherwise[b, i, k])
                        ratio[k] *= falls[d, k]
                    out[b, i, d * grid.shape[1] + j] = total
