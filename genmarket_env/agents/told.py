"""Agents that are told what every action would have paid, and weigh them by it."""

from __future__ import annotations

import numpy as np

from genmarket_env.market import FloatArray
from genmarket_env.no_regret import Learner

from .base import Profile, ProfileAgent, read_only
from .seat import Seat


class ToldAgent(ProfileAgent):
    """A learner of `genmarket_env.no_regret` in a seat: payoffs are taken as shares of the range of its payoffs.

    Args:
        seat: the player's place in the game.
        learner: of shape `(num_actions,)`.
        rng: the agent's own source of randomness.
    """

    def __init__(self, seat: Seat, learner: Learner, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._learner = learner
        self._policy = read_only(learner.policy())
        low, high = seat.payoff_range
        self._low, self._scale = low, 1.0 / (high - low) if high > low else 0.0

    def policy(self) -> FloatArray:
        """What the learner plays, `(num_actions,)`."""
        return self._policy

    def _learn(self, action: int, profile: Profile) -> None:
        """Tell the learner what every action would have paid."""
        paid = self._deviation_payoffs(profile)
        self._learner.learn((paid - self._low) * self._scale)
        self._policy = read_only(self._learner.policy())
