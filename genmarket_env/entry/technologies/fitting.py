"""Fit a technology to measured pairs of parameters and scores, by least squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ...market import FloatArray
from .base import Technology
from .box import check_users, finite_array

Made = TypeVar("Made", bound=Technology)


@dataclass(frozen=True)
class Fit(Generic[Made]):
    """A technology fitted to measured scores, and how well.

    Attributes:
        technology: the one whose scores are closest in the sum of squares, from where the search started.
        rmse: the root of the mean squared difference, in units of the score.
        r_squared: the share of the variance of the scores about each user type's mean that the fit explains; at most 1,
            below 0 if the means fit better, NaN if no score varies.
        pairs: how many releases were measured.
    """

    technology: Made
    rmse: float
    r_squared: float
    pairs: int


def fit_least_squares(
    build: Callable[[FloatArray], Made],
    start: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
    parameters: ArrayLike,
    scores: ArrayLike,
    incumbents: ArrayLike,
    *,
    restarts: int = 0,
) -> Fit[Made]:
    """The technology `build(x)`, `x` within bounds, whose scores at the parameters are closest to those measured.

    Args:
        build: the technology of a vector of unknowns.
        start: the unknowns from which the search starts; it may end in a local optimum near them.
        restarts: so many further searches start from near there; the best end counts.
        bounds: the least and the largest of each unknown.
        parameters: of the releases, `(releases, d)`, in [-1, 1].
        scores: measured, `(releases, users)`, in [0, 1].
        incumbents: of the market in which they were measured, `(models, users)`.

    Raises:
        ValueError: the shapes do not fit, a number is NaN, or a score is not in [0, 1].
    """
    from scipy.optimize import least_squares

    given, measured = finite_array("parameters", parameters, 2), finite_array("scores", scores, 2)
    pool = finite_array("incumbents", incumbents, 2)
    if len(given) != len(measured):
        raise ValueError(f"{len(given)} releases have parameters and {len(measured)} have scores; give pairs")
    if measured.min() < 0 or measured.max() > 1:
        raise ValueError(f"scores must be in [0, 1]; they reach from {measured.min()} to {measured.max()}")
    check_users(pool, measured.shape[1], "the measured technology")

    def residuals(unknowns: FloatArray) -> FloatArray:
        return np.ravel(build(unknowns).scores(given, pool) - measured)

    low, high = bounds
    around = 0.1 * np.random.default_rng(0).normal(size=(restarts, len(start))) * np.minimum(high - low, 10)
    starts = np.clip(np.vstack([start, start + around]), low, high)
    found = min((least_squares(residuals, each, bounds=bounds) for each in starts), key=lambda end: end.cost)
    squares = float(np.sum(found.fun**2))
    variation = float(np.sum((measured - measured.mean(axis=0)) ** 2))
    return Fit(
        technology=build(found.x),
        rmse=float(np.sqrt(squares / measured.size)),
        r_squared=1 - squares / variation if variation > 0 else float("nan"),
        pairs=len(given),
    )
