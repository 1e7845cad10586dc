"""Climb a smooth value of a release's scores, within the box of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..market import FloatArray, Market
from .technologies import Technology

_STEP = 1e-6


class Climbed(NamedTuple):
    """Where a climb ended.

    Attributes:
        parameters: `(d,)`, in [-1, 1].
        value: of the release.
        evaluations: how many releases were tried.
    """

    parameters: FloatArray
    value: float
    evaluations: int


def climb(
    technology: Technology,
    market: Market,
    value: Callable[[FloatArray], FloatArray],
    start: FloatArray,
    *,
    max_iterations: int = 200,
) -> Climbed:
    """The parameters near `start` at which `value` is largest: L-BFGS-B, gradients by differences of 1e-6.

    Args:
        technology: what parameters become.
        market: the incumbents, one market.
        value: of scores `(releases, users)`, `(releases,)`.
        start: `(d,)`, in [-1, 1].
        max_iterations: of the quasi-Newton method.
    """
    from scipy.optimize import minimize

    evaluations = 0

    def descent(parameters: FloatArray) -> tuple[float, FloatArray]:
        nonlocal evaluations
        # Interpolated steps of the method end beyond the box by rounding.
        parameters = np.clip(parameters, -1, 1)
        inward = np.where(parameters > 0, -_STEP, _STEP)
        tried = np.vstack([parameters, parameters + np.diag(inward)])
        values = value(np.asarray(technology.scores(tried, market.scores)))
        evaluations += len(tried)
        return -float(values[0]), -(values[1:] - values[0]) / inward

    box = [(-1.0, 1.0)] * len(start)
    found = minimize(
        descent, start, jac=True, bounds=box, method="L-BFGS-B", options={"maxiter": max_iterations, "ftol": 1e-14}
    )
    return Climbed(np.clip(found.x, -1, 1), -float(found.fun), evaluations)


def climb_from_several(
    technology: Technology,
    market: Market,
    value: Callable[[FloatArray], FloatArray],
    rng: np.random.Generator,
    starts: int,
) -> Climbed:
    """The best of several climbs, from the starting point of the technology and from points drawn in the box."""
    size = technology.num_parameters(market.num_users)
    drawn = rng.uniform(-1, 1, (starts - 1, size))
    ends = [climb(technology, market, value, start) for start in (np.zeros(size), *drawn)]
    best = max(ends, key=lambda end: end.value)
    return best._replace(evaluations=sum(end.evaluations for end in ends))
