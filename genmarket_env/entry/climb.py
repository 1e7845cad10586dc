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
        found, gradient = _value_and_gradient(technology, market, value, np.clip(parameters, -1, 1))
        evaluations += len(parameters) + 1
        return -found, -gradient

    box = [(-1.0, 1.0)] * len(start)
    found = minimize(
        descent, start, jac=True, bounds=box, method="L-BFGS-B", options={"maxiter": max_iterations, "ftol": 1e-14}
    )
    return Climbed(np.clip(found.x, -1, 1), -float(found.fun), evaluations)


def ascend(
    technology: Technology,
    market: Market,
    value: Callable[[FloatArray], FloatArray],
    start: FloatArray,
    *,
    steps: int,
    step_size: float = 0.05,
) -> Climbed:
    """The parameters after some steps of Adam uphill, projected onto the box; gradients by differences of 1e-6.

    Unlike a quasi-Newton method it does not stop where the value has a kink, as where the budget of a technology binds.
    The step size falls linearly to 0.

    Args:
        technology: what parameters become.
        market: the incumbents, one market.
        value: of scores `(releases, users)`, `(releases,)`.
        start: `(d,)`, in [-1, 1].
        steps: at least 1.
        step_size: the first one, > 0.
    """
    parameters, mean, square = start.copy(), np.zeros(len(start)), np.zeros(len(start))
    for step in range(1, steps + 1):
        _, gradient = _value_and_gradient(technology, market, value, parameters)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        direction = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-12)
        parameters = np.clip(parameters + step_size * (1 - (step - 1) / steps) * direction, -1, 1)
    found = float(value(np.asarray(technology.scores(parameters[None], market.scores)))[0])
    return Climbed(parameters, found, steps * (len(start) + 1) + 1)


def _value_and_gradient(
    technology: Technology, market: Market, value: Callable[[FloatArray], FloatArray], parameters: FloatArray
) -> tuple[float, FloatArray]:
    inward = np.where(parameters > 0, -_STEP, _STEP)
    tried = np.vstack([parameters, parameters + np.diag(inward)])
    values = value(np.asarray(technology.scores(tried, market.scores)))
    return float(values[0]), (values[1:] - values[0]) / inward


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
