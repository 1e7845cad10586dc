"""The agent that reports what it knows."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Direct, Policy

from .base import Agent, Profile
from .seat import Seat, Seen


class Truthful(Agent):
    """The true report in every round, `game.truth(state)`; it learns nothing.

    Sees its own type. No parameters.

    Raises:
        ValueError: nobody reports anything in this game.

    Example:
        >>> from genmarket_env.games import TokenAuction
        >>> auction = TokenAuction(n=2, K=2)
        >>> bidder = Truthful(Seat(auction, player=1), rng=np.random.default_rng(0))
        >>> bidder.act(auction.state(v=[1.0, 3.0], p=[[0.5, 0.5], [0.5, 0.5]]))
        array([3.])
    """

    observes = "reward"

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        if not isinstance(seat.game, Direct):
            raise ValueError(f"nobody reports a type in {type(seat.game).__name__}: there is no truth to tell")
        self._game: Direct[Any] = seat.game

    @property
    def is_listed(self) -> bool:
        """It draws from no list."""
        return False

    def policy(self) -> FloatArray:
        """There is none before the type is known.

        Raises:
            ValueError: always; `strategy` says what it does.
        """
        raise ValueError("truthful draws from no list: what it reports depends on its type; ask its strategy")

    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """Its true report."""
        told = self._told(state, seen)
        return int(told) if isinstance(self.seat.space, Discrete) else told

    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Learn nothing."""

    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """Its true reports; nothing is drawn."""
        return self._told

    def _told(self, state: Any, seen: Seen) -> Array:
        return np.asarray(self._game.truth(state)[self.seat.player])
