"""The agent that deploys every model with the same probability."""

from __future__ import annotations

import numpy as np

from genmarket_env.market import FloatArray

from .base import RewardAgent, Seat, uniform


class UniformRandom(RewardAgent):
    """Every model with probability 1 / M in every round: the baseline that learns nothing.

    Sees its reward and ignores it. No parameters.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._policy = uniform(seat.num_models)

    def policy(self) -> FloatArray:
        """The uniform distribution, `(models,)`."""
        return self._policy

    def _learn(self, action: int, reward: float) -> None:
        """Learn nothing."""
