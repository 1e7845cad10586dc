"""The agent that deploys one model for ever."""

from __future__ import annotations

import numpy as np

from genmarket_env.arguments import checked_integer
from genmarket_env.market import FloatArray, IntArray

from .base import ProfileAgent, Seat, pure


class Fixed(ProfileAgent):
    """The same model in every round.

    Sees the market once, to find its default, and learns nothing.

    Args:
        seat: the platform's place in the market.
        rng: not used.
        model: the index of the model; by default the one with the highest average score `T_j`, the lowest
            index among equals: what a platform alone in the market would deploy.

    Raises:
        ValueError: `model` is not in the pool.
        TypeError: `model` is not an integer.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator, model: int | None = None) -> None:
        super().__init__(seat, rng=rng)
        if model is None:
            model = int(seat.market.best_on_average)
        self._policy = pure(checked_integer("model", model, 0, seat.num_models - 1), seat.num_models)

    def policy(self) -> FloatArray:
        """All probability on the one model, `(models,)`."""
        return self._policy

    def _learn(self, action: int, profile: IntArray) -> None:
        """Learn nothing."""
