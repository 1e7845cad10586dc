"""The agent that does the same for ever."""

from __future__ import annotations

import numpy as np

from genmarket_env.arguments import checked_integer
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.equilibrium.unlike import best_allowed
from genmarket_env.market import FloatArray

from .base import Profile, ProfileAgent, pure
from .seat import Seat


class Fixed(ProfileAgent):
    """The same action in every round.

    Sees the game once, to find its default, and learns nothing.

    Args:
        seat: the player's place in the game.
        rng: not used.
        model: the index of the action in the list of the seat, in a market that of the model. By default in a market
            the model with the highest average score `T_j` of those that it may deploy; in another game the
            action that earns most on average where the others play anything, every action of their lists alike (of
            300 draws where there are too many, or states are drawn). The lowest index among equals.

    Raises:
        ValueError: there is no such action, or no list.
        TypeError: `model` is not an integer.
    """

    by_context = False

    def __init__(self, seat: Seat, *, rng: np.random.Generator, model: int | None = None) -> None:
        super().__init__(seat, rng=rng)
        if model is None:
            model = _default(seat)
        self._policy = pure(checked_integer("model", model, 0, seat.num_actions - 1), seat.num_actions)

    def policy(self) -> FloatArray:
        """All probability on the one action, `(num_actions,)`."""
        return self._policy

    def _learn(self, action: int, profile: Profile) -> None:
        """Learn nothing."""


def _default(seat: Seat) -> int:
    if isinstance(seat.game, MarketGame):
        if seat.is_barred:
            return seat.index(best_allowed(seat.game)[seat.player])
        return int(seat.game.market.best_on_average)
    payoffs = seat.tried(seat.actions)[..., seat.player]
    return int(payoffs.reshape(seat.num_actions, -1).mean(axis=1).argmax())
