"""The agent that best-replies to how the others have played so far."""

from __future__ import annotations

import numpy as np

from genmarket_env import expected_deviation_payoffs
from genmarket_env.best_reply import best_reply
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.market import FloatArray

from .base import Profile, ProfileAgent, pure
from .seat import Seat


class FictitiousPlay(ProfileAgent):
    """Best reply to what the others have done so far, as if they went on to draw from it.

    Round 0 is the start, an action drawn from `rng`. Afterwards the reply is to the beliefs: the present action if it
    is a best reply within `REGRET_TOL`, the best reply of the lowest index otherwise. In a market every other
    platform is believed to deploy each model independently with the frequency seen so far. In another game the others
    are believed to draw from their joint play so far, and nature from the states so far: the reply is to the mean of
    what each action would have earned. With two players and no states the two are the same. The play is pure; where it
    converges, its empirical frequencies do.

    Sees the profile. No parameters. Source: Brown, "Iterative Solution of Games by Fictitious Play", 1951; on the
    joint play: Marden, Arslan, Shamma, "Joint Strategy Fictitious Play with Inertia for Potential Games", 2009
    (without inertia).
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        game = seat.game
        self._market = game if isinstance(game, MarketGame) and game.pays_scores else None
        self._counts = np.zeros((len(game.players), seat.num_actions) if self._market else 0)
        self._earned, self._rounds = np.zeros(seat.num_actions), 0
        self._action = int(rng.integers(seat.num_actions))

    def policy(self) -> FloatArray:
        """All probability on its reply to the beliefs, `(num_actions,)`."""
        return pure(self._action, self.seat.num_actions)

    def _learn(self, action: int, profile: Profile) -> None:
        """Count the profile and reply to the new beliefs."""
        self._action = best_reply(self._expected(profile), current=action)

    def _expected(self, profile: Profile) -> FloatArray:
        if self._market is None:
            self._earned += self._deviation_payoffs(profile)
            self._rounds += 1
            return self._earned / self._rounds
        self._counts[np.arange(len(self._counts)), profile] += 1
        marginals = self._counts / self._counts[0].sum()
        return expected_deviation_payoffs(self._market.market, marginals, self._market.choice)[self.seat.player]
