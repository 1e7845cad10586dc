"""The Lagrangian bound on maximum coverage, minimised over its multipliers."""

from __future__ import annotations

import numpy as np

from ..market import FloatArray
from . import jit

_PATIENCE = 10
_SMALLEST_STEP = 1e-3
_PROGRESS = 1e-4


@jit
def lagrangian_bound(
    values: FloatArray, size: int, start: FloatArray, target: float, max_steps: int
) -> tuple[float, FloatArray, FloatArray]:
    """An upper bound on the worth of `size < models` models, the reduced value of each, and the multipliers `(users,)`.

    For multipliers `u >= 0` the bound is `sum_k u_k` plus the `size` largest reduced values
    `rho_j = sum_k max(0, values[j, k] - u_k)`. Subgradient steps with Polyak's length start from `start` and end at the
    first bound that is at most `target`, or when they no longer pay.
    """
    models, users = values.shape
    current, best = start.copy(), start.copy()
    reduced, best_reduced = np.empty(models), np.empty(models)
    bound, length, idle = np.inf, 1.0, 0
    slope = np.empty(users)
    for _ in range(max_steps):
        for j in range(models):
            reduced[j] = 0.0
            for k in range(users):
                reduced[j] += max(0.0, values[j, k] - current[k])
        top = np.argsort(-reduced)[:size]
        value = current.sum() + reduced[top].sum()
        idle = 0 if value < bound - _PROGRESS * (bound - target) else idle + 1
        if value < bound:
            bound = value
            best[:], best_reduced[:] = current, reduced
        if bound <= target or length < _SMALLEST_STEP:
            break
        if idle >= _PATIENCE:
            length, idle = length / 2, 0
            current[:] = best
            continue
        for k in range(users):
            slope[k] = 1.0
            for j in top:
                slope[k] -= values[j, k] > current[k]
            if slope[k] > 0 and current[k] <= 0:
                slope[k] = 0.0
        steepness = (slope * slope).sum()
        if steepness == 0:
            break
        for k in range(users):
            current[k] = max(0.0, current[k] - length * (value - target) / steepness * slope[k])
    return bound, best_reduced, best
