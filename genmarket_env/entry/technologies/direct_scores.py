"""A technology whose parameters are the scores themselves, under a capability budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...choice import Array
from ...market import FloatArray
from .box import check_parameters, checked_budget, finite_array, within_budget
from .fitting import Fit, fit_least_squares


@dataclass(frozen=True)
class DirectScores:
    """One parameter a user type sets the score for it; the mean score is at most `budget`.

    The raw score is `(parameter + 1) / 2`. If the mean of the raw scores over the user types (a plain mean, not
    weighted by mass) exceeds the budget, all are scaled down by the same factor until it is met. The map is
    continuous, differentiable except where the mean meets the budget, and reaches every vector of scores within
    the budget. Derived; the paper's providers train generative models.

    Args:
        budget: the largest mean score, in [0, 1]; by default the mean score of the best incumbent, so that an
            entrant can be strictly better than the best incumbent for some user types but not for all.

    Raises:
        ValueError: the budget is not in [0, 1].
        TypeError: the budget is not a number.

    Example:
        >>> DirectScores(budget=0.5).scores(np.array([1.0, -1.0]), np.array([[0.3, 0.4]]))
        array([1., 0.])
        >>> DirectScores(budget=0.5).scores(np.array([1.0, 1.0]), np.array([[0.3, 0.4]]))
        array([0.5, 0.5])
    """

    budget: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "budget", checked_budget(self.budget))

    def num_parameters(self, num_users: int) -> int:
        """One a user type."""
        return num_users

    def scores(self, parameters: Array, incumbents: Array) -> Array:
        """The scores within the budget, `(*batch, users)`."""
        check_parameters(parameters, incumbents.shape[-1])
        return within_budget((parameters + 1.0) / 2.0, self.budget, incumbents)

    def parameters_for(self, scores: FloatArray) -> FloatArray:
        """The parameters of these raw scores, `2 * scores - 1`."""
        return 2 * scores - 1

    def fit(self, parameters: ArrayLike, scores: ArrayLike, incumbents: ArrayLike) -> Fit[DirectScores]:
        """The budget that fits measured releases best, by least squares.

        Args:
            parameters: `(releases, users)`, in [-1, 1].
            scores: measured, `(releases, users)`, in [0, 1].
            incumbents: `(models, users)`.

        Raises:
            ValueError: the shapes do not fit, or a number is out of range.
        """
        # A budget above the mean of a release leaves no trace in it: the largest measured mean is the place to start.
        start = finite_array("scores", scores, 2).mean(axis=1).max(keepdims=True)
        return fit_least_squares(
            lambda x: DirectScores(float(x[0])), start, (np.zeros(1), np.ones(1)), parameters, scores, incumbents
        )
