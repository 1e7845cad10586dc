"""The rounds of any game as a batch of plays, stage by stage: what all its environments run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from ..arguments import checked_integer, plain_array
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array, Described, Dynamic, Game, Sampled, Space


@dataclass(frozen=True)
class RoundEnd:
    """What a finished round yields.

    Attributes:
        payoffs: `(batch, N)`.
        figures: by name, `(batch,)` each; the welfare first. Empty where the game describes none.
        actions: what was done, in the game's units.
    """

    payoffs: FloatArray
    figures: Mapping[str, Array]
    actions: Actions


class GameRounds:
    """A batch of plays of one game. Chance comes from the generator of `reset`.

    What a player observes is a float32 vector in [0, 1] of these parts, in this order:

    1. the stage, one-hot, `(stages,)`;
    2. the share of the episode's rounds that is over, `(1,)`;
    3. what `game.observe` tells the player;
    4. for each player, what it has done in the earlier stages of this round: whether it has moved, and its action;
    5. the same of the last round; zeros in the first.

    An action of a Discrete space is shown one-hot, of a Box scaled to [0, 1], of a MultiBinary as it is.

    Args:
        game: the game.
        batch: how many plays at once, at least 1.
        rounds: of an episode, at least 1; of a `Dynamic` game its own number.
        sampled: whether payoffs are realised by `game.sample` instead of expected.

    Raises:
        ValueError: an argument is out of range, or the game cannot sample its payoffs.
    """

    def __init__(self, game: Game[Any], batch: int = 1, *, rounds: int | None = None, sampled: bool = False) -> None:
        if isinstance(game, Dynamic):
            if rounds not in (None, game.rounds):
                raise ValueError(f"rounds is {rounds}; this game has {game.rounds} rounds of its own: leave it out")
            rounds = game.rounds
        if sampled and not isinstance(game, Sampled):
            raise ValueError(f"{type(game).__name__} has expected payoffs only: leave sampled out")
        self.game, self.sampled = game, sampled
        self.batch = checked_integer("batch", batch, 1)
        self.rounds = checked_integer("rounds", 1 if rounds is None else rounds, 1)
        self.movers = [frozenset(stage) for stage in game.stages]
        self._shown = [_shown_size(space) for space in game.spaces]
        self._own = [int(np.shape(game.observe(game.draw(np.random.default_rng(0)), i))[-1]) for i in self._players]
        self.state: Any = None
        self.round = self.stage = 0
        self._done: list[Array | None] = []
        self._last: Actions | None = None
        self._rng: np.random.Generator | None = None

    @property
    def _players(self) -> range:
        return range(len(self.game.players))

    @property
    def over(self) -> bool:
        """Whether the last round of the episode has been played."""
        return self.round == self.rounds

    @property
    def begun(self) -> bool:
        """Whether `reset` has been called."""
        return self._rng is not None

    def observation_size(self, player: int) -> int:
        """The length of a player's observations."""
        return len(self.movers) + 1 + self._own[player] + 2 * sum(1 + size for size in self._shown)

    def reset(self, rng: np.random.Generator, state: Any = None) -> None:
        """Begin anew.

        Args:
            rng: draws the states and, if asked for, the realised payoffs.
            state: of the first round, the same in every play, without batch axes; drawn by default.

        Raises:
            TypeError: the state is none of this game.
            ValueError: the state has other shapes than one of this game without batch axes.
        """
        if state is not None:
            self.check_state(state)
        self._rng = rng
        self.state = self.game.draw(rng, (self.batch,))
        if state is not None:
            self.state = type(state)(*(np.repeat(np.asarray(part)[None], self.batch, axis=0) for part in state))
        self.round = self.stage = 0
        self._done, self._last = [None] * len(self.game.players), None

    def check_state(self, state: Any) -> None:
        """Raise, as `reset` does, if that is no state of the game without batch axes."""
        drawn = self.game.draw(np.random.default_rng(0))
        if type(state) is not type(drawn):
            raise TypeError(f"the state is {shown(state)}; it must be a {type(drawn).__name__} of this game")
        if (given := [np.shape(part) for part in state]) != (shapes := [np.shape(part) for part in drawn]):
            raise ValueError(f"the parts of the state have the shapes {given}; in this game they have {shapes}")

    def observe(self, player: int) -> NDArray[np.float32]:
        """What a player knows now, `(batch, observation_size(player))`, a new array."""
        stage = np.zeros((self.batch, len(self.movers)), np.float32)
        stage[:, min(self.stage, len(self.movers) - 1)] = 1
        share = np.full((self.batch, 1), self.round / self.rounds, np.float32)
        own = np.broadcast_to(self.game.observe(self.state, player), (self.batch, self._own[player]))
        last = self._last if self._last is not None else (None,) * len(self.game.players)
        parts = [stage, share, own, *self._as_shown(self._done), *self._as_shown(last)]
        return np.concatenate(parts, axis=-1, dtype=np.float32)

    def play(self, actions: Mapping[int, Array]) -> RoundEnd | None:
        """Play one stage.

        Args:
            actions: of each mover of this stage, legal and `(batch, *shape)`; others are ignored.

        Returns:
            What the round yields if this was its last stage.

        Raises:
            ValueError: the game pays what is not finite, or not one payoff for each player.
        """
        for player in self.movers[self.stage]:
            self._done[player] = actions[player]
        self.stage += 1
        if self.stage < len(self.movers):
            return None
        assert self._rng is not None
        done = tuple(action for action in self._done if action is not None)
        game = self.game
        if self.sampled and isinstance(game, Sampled):
            payoffs = game.sample(self.state, done, self._rng)
        else:
            payoffs = game.payoffs(self.state, done)
        if np.shape(payoffs)[-1:] != (len(done),) or not np.isfinite(payoffs).all():
            raise ValueError(f"the payoffs are {shown(payoffs)}; they must be {len(done)} finite numbers, one a player")
        figures = game.figures(self.state, done) if isinstance(game, Described) else {}
        self._last, self._done, self.stage = done, [None] * len(done), 0
        self.round += 1
        if isinstance(game, Dynamic):
            self.state = game.following(self.state, done, self._rng)
        elif not self.over:
            self.state = game.draw(self._rng, (self.batch,))
        return RoundEnd(np.broadcast_to(payoffs, (self.batch, len(done))), figures, done)

    def _as_shown(self, actions: Sequence[Array | None]) -> list[NDArray[np.float32]]:
        parts = []
        for space, size, action in zip(self.game.spaces, self._shown, actions, strict=True):
            part = np.zeros((self.batch, 1 + size), np.float32)
            if action is not None:
                part[:, 0] = 1
                part[:, 1:] = _shown(space, action, self.batch)
            parts.append(part)
        return parts


def agent_space(space: Space) -> Space:
    """The space of an agent's actions, a new object: a Box becomes [-1, 1] in each dimension, whatever its units are.

    Example:
        >>> agent_space(Box(0, 10, (1,)))
        Box(-1.0, 1.0, (1,), float32)
    """
    return Box(-1.0, 1.0, space.shape) if isinstance(space, Box) else deepcopy(space)


def game_action(space: Space, action: Any, agent: str) -> Array:
    """An agent's action in the game's units: of a Box clipped to [-1, 1] and spread over the game's range.

    Raises:
        ValueError: it is no action of that space, or not finite.

    Example:
        >>> game_action(Box(0, 10, (1,)), [0.5], "advertiser_0")
        array([7.5])
    """
    array = plain_array("the action", action)
    if isinstance(space, Discrete):
        if array.size != 1 or array.dtype.kind not in "iub" or not 0 <= int(array.item()) < space.n:
            raise ValueError(f"{agent} took {shown(action)}; it must be an integer from 0 to {space.n - 1}")
        return np.asarray(int(array.item()))
    if array.dtype.kind not in "iufb" or array.shape != space.shape or not np.isfinite(array).all():
        raise ValueError(f"{agent} took {shown(action)}; it must be finite numbers of the shape {space.shape}")
    if isinstance(space, Box):
        share = (np.clip(array.astype(float), -1, 1) + 1) / 2
        low, high = space.low.astype(float), space.high.astype(float)
        return low + share * (high - low)
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"{agent} took {shown(action)}; it must be {space.n} numbers 0 or 1")
    return array.astype(np.int8)


def _shown_size(space: Space) -> int:
    return int(space.n) if isinstance(space, Discrete) else int(np.prod(space.shape))


def _shown(space: Space, action: Array, batch: int) -> NDArray[Any]:
    if isinstance(space, Discrete):
        return np.asarray(np.asarray(action).reshape(batch, 1) == np.arange(space.n))
    flat = np.asarray(action, float).reshape(batch, -1)
    if isinstance(space, Box):
        low, high = space.low.astype(float).ravel(), space.high.astype(float).ravel()
        return np.clip((flat - low) / np.maximum(high - low, np.finfo(float).tiny), 0, 1)
    return flat
