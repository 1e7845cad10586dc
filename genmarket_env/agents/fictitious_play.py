"""The agent that best-replies to how often the others have deployed each model."""

from __future__ import annotations

import numpy as np

from genmarket_env import expected_deviation_payoffs
from genmarket_env.best_reply import best_reply
from genmarket_env.market import FloatArray, IntArray

from .base import ProfileAgent, Seat, pure


class FictitiousPlay(ProfileAgent):
    """Best reply to the product of the others' empirical marginals.

    Round 0 is the start, a model drawn from `rng`. Afterwards every other platform is believed to deploy each model
    independently with the frequency seen so far, and the reply is to these beliefs: the present model if it is a
    best reply within `BEST_REPLY_TOL`, the best reply of the lowest index otherwise. The play is pure; where it
    converges, its empirical marginals do.

    Sees the profile. No parameters. Source: Brown, "Iterative Solution of Games by Fictitious Play", 1951.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._counts = np.zeros((seat.num_platforms, seat.num_models))
        self._model = int(rng.integers(seat.num_models))

    def policy(self) -> FloatArray:
        """All probability on its reply to the beliefs, `(models,)`."""
        return pure(self._model, self.seat.num_models)

    def _learn(self, action: int, profile: IntArray) -> None:
        """Count the profile and reply to the new beliefs."""
        self._counts[np.arange(self.seat.num_platforms), profile] += 1
        marginals = self._counts / self._counts[0].sum()
        payoffs = expected_deviation_payoffs(self.seat.market, marginals, self.seat.choice)[self.seat.platform]
        self._model = best_reply(payoffs, current=action)
