"""What all players of a game do at one time of a run: actions, policies, or mixtures over candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from gymnasium.spaces import Discrete

from genmarket_env.agents.seat import uniform_action
from genmarket_env.envs.game_actions import shown_actions, shown_size
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Game, Policy

TRIED = 1000
"""Random rounds from which the scale of the payoffs is taken."""

Seen: TypeAlias = "tuple[Array | None, ...]"
"""The actions of the earlier stages, None for those who have not moved."""

Probabilities: TypeAlias = Callable[[Any, Seen], FloatArray]


@dataclass(frozen=True, eq=False)
class Mixed:
    """A mixture over candidates.

    Attributes:
        actions: the candidates in the game's units, `(n, *shape)`.
        probabilities: `(n,)`; or, where they depend on what the player sees, `(state, seen) -> (*batch, n)`.
        described: gives the policy as data (`genmarket_env.train.policies`); None where it cannot be saved.

    Example:
        >>> Mixed(np.array([0, 1]), np.array([0.5, 0.5])).at(None, ())
        array([0.5, 0.5])
    """

    actions: Array
    probabilities: FloatArray | Probabilities
    described: Callable[[], Any] | None = None

    @property
    def blind(self) -> FloatArray | None:
        """The probabilities where they depend on nothing that the player sees, else None."""
        return None if callable(self.probabilities) else np.asarray(self.probabilities)

    def at(self, state: Any, seen: Seen) -> FloatArray:
        """The probabilities where the player sees that, `(*batch, n)`."""
        return self.probabilities(state, seen) if callable(self.probabilities) else self.probabilities

    def drawn(self, state: Any, seen: Seen, uniform: FloatArray) -> Array:
        """The actions that uniform numbers in [0, 1), `(*batch,)`, pick."""
        cumulative = np.cumsum(self.at(state, seen), axis=-1)
        picked = (uniform[..., None] * cumulative[..., -1:] >= cumulative).sum(axis=-1)
        return np.asarray(self.actions)[np.minimum(picked, len(self.actions) - 1)]


@dataclass(frozen=True, eq=False)
class Acting:
    """A policy that can be saved.

    Attributes:
        policy: what is done.
        described: gives it as data (`genmarket_env.train.policies`).
        draws: whether what it does is drawn, though it is the same at every call.
    """

    policy: Policy
    described: Callable[[], Any]
    draws: bool = False

    def __call__(self, state: Any, seen: Seen) -> Array:
        """What the player does where it sees that."""
        return self.policy(state, seen)


Play: TypeAlias = "tuple[Array | Policy | Mixed, ...]"
"""What each player does at one time of a run."""


def as_mixtures(game: Game[Any], play: Play) -> list[FloatArray] | None:
    """The play as mixtures over all actions of Discrete spaces, one a player; None where it is none such.

    Whatever is mixed must depend on nothing that a player sees.
    """
    found: list[FloatArray] = []
    for space, played in zip(game.spaces, play, strict=True):
        if not isinstance(space, Discrete):
            return None
        if isinstance(played, Mixed):
            # Nothing is to be seen in a game at once without types: the one place of a policy's table.
            rows = np.asarray(played.at(None, (None,) * len(game.players)))
            probabilities = np.zeros(int(space.n))
            np.add.at(probabilities, np.asarray(played.actions) - int(space.start), rows.reshape(-1, rows.shape[-1])[0])
            found.append(probabilities)
        else:
            action = played(None, (None,) * len(game.players)) if callable(played) else played
            found.append(np.eye(int(space.n))[int(np.ravel(action)[0]) - int(space.start)])
    return found


class Sight:
    """What players see when they move: what they know of the state, and the earlier moves; a vector in [0, 1].

    1. what `game.observe` tells the player, filled up with zeros to the longest of all players;
    2. for each player who does not move last: whether it has moved, and its action as `shown_actions` shows it;
    3. a single 1 where there is nothing of both.

    Args:
        game: the game.
    """

    def __init__(self, game: Game[Any]) -> None:
        self._game = game
        state = game.draw(np.random.default_rng(0))
        self._own = max(int(np.shape(game.observe(state, i))[-1]) for i in range(len(game.players)))
        self._shown = [i for stage in game.stages[:-1] for i in stage]
        sizes = [1 + shown_size(game.spaces[i]) for i in self._shown]
        self.size = max(1, self._own + sum(sizes))
        """The length of the vector."""

    def of(self, state: Any, seen: Seen, player: int) -> FloatArray:
        """What a player sees, `(*batch, size)`."""
        own = np.asarray(self._game.observe(state, player), float)
        parts = [np.pad(own, [(0, 0)] * (own.ndim - 1) + [(0, self._own - own.shape[-1])])]
        for other in self._shown:
            space, action = self._game.spaces[other], seen[other]
            if action is None:
                parts.append(np.zeros(1 + shown_size(space)))
            else:
                moved = shown_actions(space, action)
                parts.append(np.concatenate([np.ones((*moved.shape[:-1], 1)), moved], axis=-1))
        leading = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
        whole = np.concatenate([np.broadcast_to(part, (*leading, part.shape[-1])) for part in parts], axis=-1)
        return whole if whole.shape[-1] else np.ones((*leading, 1))


def payoff_scale(game: Game[Any], rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """The mean and the deviation of each player's payoff where all play at random, `(N,)` each; 1 in place of 0."""
    actions = tuple(uniform_action(space, rng, (TRIED,)) for space in game.spaces)
    paid = np.broadcast_to(game.payoffs(game.draw(rng, (TRIED,)), actions), (TRIED, len(actions)))
    deviation = paid.std(axis=0)
    return paid.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
