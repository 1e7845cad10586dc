"""The agent that takes actions in proportion to how much it regrets not having taken them."""

from __future__ import annotations

import numpy as np

from genmarket_env.market import FloatArray

from .base import Profile, ProfileAgent, read_only, uniform
from .seat import Seat


class RegretMatching(ProfileAgent):
    """External regret matching.

    The regret of action j is the sum over the rounds of what j would have earned, the others unchanged, minus what
    was earned. The policy is proportional to the positive regrets, uniform while there are none. With A actions and
    payoffs in [0, 1] the average regret falls as `sqrt(A / T)` whatever the others do, so that the empirical play of
    such agents approaches the coarse correlated equilibria.

    Sees the profile. No parameters. Source: Hart and Mas-Colell, "A Simple Adaptive Procedure Leading to Correlated
    Equilibrium", 2000 (its procedure for external, "unconditional", regrets).
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._regrets = np.zeros(seat.num_actions)
        self._policy = uniform(seat.num_actions)

    def policy(self) -> FloatArray:
        """The positive regrets, normalised, `(num_actions,)`."""
        return self._policy

    def _learn(self, action: int, profile: Profile) -> None:
        """Add the regrets of this round."""
        payoffs = self._deviation_payoffs(profile)
        self._regrets += payoffs - payoffs[action]
        positive = np.maximum(self._regrets, 0.0)
        total = positive.sum()
        self._policy = read_only(positive / total) if total > 0 else uniform(self.seat.num_actions)
