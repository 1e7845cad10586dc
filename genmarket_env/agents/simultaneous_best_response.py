"""The agent that best-replies to the last profile in every round."""

from __future__ import annotations

import numpy as np

from genmarket_env.best_reply import best_reply
from genmarket_env.market import FloatArray, IntArray

from .base import ProfileAgent, Seat, pure


class SimultaneousBestResponse(ProfileAgent):
    """Simultaneous best response: all platforms move in every round.

    Round 0 is the start, a model drawn from `rng`. In every later round it replies to the profile of the round
    before: it keeps its model if that is a best reply within `BEST_REPLY_TOL`, and takes the best reply of the
    lowest index otherwise.

    Sees the profile. No parameters. Source: Cournot, 1838.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._model = int(rng.integers(seat.num_models))

    def policy(self) -> FloatArray:
        """All probability on its present model, `(models,)`."""
        return pure(self._model, self.seat.num_models)

    def _learn(self, action: int, profile: IntArray) -> None:
        """Reply to the profile."""
        payoffs = self._deviation_payoffs(profile)
        self._model = best_reply(payoffs, current=action)
