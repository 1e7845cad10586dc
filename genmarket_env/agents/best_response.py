"""The agent that best-replies to the last profile when it is its turn."""

from __future__ import annotations

import numpy as np

from genmarket_env.best_reply import best_reply
from genmarket_env.market import FloatArray, IntArray

from .base import ProfileAgent, Seat, pure


class BestResponse(ProfileAgent):
    """Sequential best response: one platform moves a round, in the order of their indices.

    Round 0 is the start, a model drawn from `rng`. In round t >= 1 platform (t - 1) mod N replies to the profile of
    the round before, and the others stay. It keeps its model if that is a best reply within `BEST_REPLY_TOL`, and
    takes the best reply of the lowest index otherwise. N such agents play the path of
    `genmarket_env.best_response_dynamics` in the fixed order.

    Sees the profile. No parameters. Source: Cournot, 1838; Def. 2.3 of Wei, Shi, Zhang, 2026, for its cycles.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._model = int(rng.integers(seat.num_models))
        self._mover = 0

    def policy(self) -> FloatArray:
        """All probability on its present model, `(models,)`."""
        return pure(self._model, self.seat.num_models)

    def _learn(self, action: int, profile: IntArray) -> None:
        """Reply to the profile if this platform moves next."""
        if self._mover == self.seat.platform:
            payoffs = self._deviation_payoffs(profile)
            self._model = best_reply(payoffs, current=action)
        self._mover = (self._mover + 1) % self.seat.num_platforms
