"""The agent that deploys models in proportion to how much it regrets not having deployed them."""

from __future__ import annotations

import numpy as np

from genmarket_env.market import FloatArray, IntArray

from .base import ProfileAgent, Seat, read_only, uniform


class RegretMatching(ProfileAgent):
    """External regret matching.

    The regret of model j is the sum over the rounds of what j would have earned, the others unchanged, minus what
    was earned. The policy is proportional to the positive regrets, uniform while there are none. The average regret
    falls as `sqrt(M / T)` whatever the others do, so that the empirical play of such agents approaches the coarse
    correlated equilibria.

    Sees the profile. No parameters. Source: Hart and Mas-Colell, "A Simple Adaptive Procedure Leading to Correlated
    Equilibrium", 2000 (its procedure for external, "unconditional", regrets).
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._regrets = np.zeros(seat.num_models)
        self._policy = uniform(seat.num_models)

    def policy(self) -> FloatArray:
        """The positive regrets, normalised, `(models,)`."""
        return self._policy

    def _learn(self, action: int, profile: IntArray) -> None:
        """Add the regrets of this round."""
        payoffs = self._deviation_payoffs(profile)
        self._regrets += payoffs - payoffs[action]
        positive = np.maximum(self._regrets, 0.0)
        total = positive.sum()
        self._policy = read_only(positive / total) if total > 0 else uniform(self.seat.num_models)
