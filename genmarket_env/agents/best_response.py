"""The agent that best-replies to the last profile when it is its turn."""

from __future__ import annotations

import numpy as np

from genmarket_env.best_reply import best_reply
from genmarket_env.market import FloatArray

from .base import Profile, ProfileAgent, pure
from .seat import Seat


class BestResponse(ProfileAgent):
    """Sequential best response: of the players of a stage one moves a round, in the order of their indices.

    Round 0 is the start, an action drawn from `rng`. In round t >= 1 player (t - 1) mod N of the N of its stage replies
    to the profile of the round before, and the others stay. It keeps its action if that is a best reply within
    `REGRET_TOL`, and takes the best reply of the lowest index otherwise. N such agents in a market play the path
    of `genmarket_env.best_response_dynamics` in the fixed order.

    Sees the profile. No parameters. Source: Cournot, 1838; Def. 2.3 of Wei, Shi, Zhang, 2026, for its cycles.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._action = int(rng.integers(seat.num_actions))
        self._turn, self._movers = seat.movers.index(seat.player), len(seat.movers)
        self._mover = 0

    def policy(self) -> FloatArray:
        """All probability on its present action, `(num_actions,)`."""
        return pure(self._action, self.seat.num_actions)

    def _learn(self, action: int, profile: Profile) -> None:
        """Reply to the profile if this player moves next."""
        if self._mover == self._turn:
            payoffs = self._deviation_payoffs(profile)
            self._action = best_reply(payoffs, current=action)
        self._mover = (self._mover + 1) % self._movers
