"""The agent that best-replies to the last profile in every round."""

from __future__ import annotations

import numpy as np

from genmarket_env.best_reply import best_reply
from genmarket_env.market import FloatArray

from .base import Profile, ProfileAgent, pure
from .seat import Seat


class SimultaneousBestResponse(ProfileAgent):
    """Simultaneous best response: all players move in every round.

    Round 0 is the start, an action drawn from `rng`. In every later round it replies to the profile of the round
    before: it keeps its action if that is a best reply within `REGRET_TOL`, and takes the best reply of the
    lowest index otherwise.

    Sees the profile. No parameters. Source: Cournot, 1838.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._action = int(rng.integers(seat.num_actions))

    def policy(self) -> FloatArray:
        """All probability on its present action, `(num_actions,)`."""
        return pure(self._action, self.seat.num_actions)

    def _learn(self, action: int, profile: Profile) -> None:
        """Reply to the profile."""
        payoffs = self._deviation_payoffs(profile)
        self._action = best_reply(payoffs, current=action)
