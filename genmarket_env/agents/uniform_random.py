"""The agent that takes every action with the same probability."""

from __future__ import annotations

from typing import Any

import numpy as np

from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Policy

from .base import Agent, Profile, as_action, drawing, drawn_index, uniform
from .seat import Seat, Seen, uniform_action


class UniformRandom(Agent):
    """Every action of its list with the same probability in every round: the baseline that learns nothing.

    Where the seat has no list, it draws uniformly from the space. Sees its reward and ignores it. No parameters.
    """

    observes = "reward"

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        self._policy = uniform(seat.num_actions) if seat.is_listed else None

    @property
    def is_listed(self) -> bool:
        """Whether its seat has a list."""
        return self._policy is not None

    def policy(self) -> FloatArray:
        """The uniform distribution, `(num_actions,)`."""
        if self._policy is None:
            return uniform(self.seat.num_actions)  # which raises
        return self._policy

    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """Draw an action."""
        if self._policy is None:
            return uniform_action(self.seat.space, self._rng)
        return as_action(self.seat, drawn_index(self._policy, self._rng))

    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Learn nothing."""

    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """Independent draws."""
        policy = self._policy
        if policy is not None:
            return drawing(self.seat, lambda _: policy, rng, batch)

        def draw(state: Any, seen: Seen) -> Array:
            return uniform_action(
                self.seat.space, rng, np.broadcast_shapes(batch, np.shape(self.seat.context(state, seen)))
            )

        return draw
