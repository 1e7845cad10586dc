"""A technology whose parameters are the scores themselves, under a capability budget."""

from __future__ import annotations

from dataclasses import dataclass

from array_api_compat import array_namespace

from ...arguments import real_number
from ...choice import Array


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
        >>> import numpy as np
        >>> DirectScores(budget=0.5).scores(np.array([1.0, -1.0]), np.array([[0.3, 0.4]]))
        array([1., 0.])
        >>> DirectScores(budget=0.5).scores(np.array([1.0, 1.0]), np.array([[0.3, 0.4]]))
        array([0.5, 0.5])
    """

    budget: float | None = None

    def __post_init__(self) -> None:
        if self.budget is None:
            return
        object.__setattr__(self, "budget", real_number("budget", self.budget))
        if not 0 <= self.budget <= 1:
            raise ValueError(f"budget is {self.budget}; it must be in [0, 1]: it is a mean score")

    def num_parameters(self, num_users: int) -> int:
        """One a user type."""
        return num_users

    def scores(self, parameters: Array, incumbents: Array) -> Array:
        """The scores within the budget, `(*batch, users)`."""
        xp = array_namespace(parameters, incumbents)
        raw = (parameters + 1.0) / 2.0
        mean = xp.mean(raw, axis=-1, keepdims=True)
        budget = self.budget
        if budget is None:
            budget = xp.max(xp.mean(incumbents, axis=-1), axis=-1)[..., None]
        over = mean > budget
        return raw * xp.where(over, budget / xp.where(over, mean, xp.ones_like(mean)), xp.ones_like(mean))
