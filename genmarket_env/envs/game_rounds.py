"""The rounds of any game as a batch of plays, stage by stage: what all its environments run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked_integer
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array, Described, Dynamic, Game, Sampled, Settled
from .game_actions import shown_actions, shown_size


@dataclass(frozen=True, eq=False)
class RoundEnd:
    """What a finished round yields.

    Attributes:
        payoffs: `(batch, N)`.
        actions: what was done, in the game's units.
        game: the game.
        state: of the round.
        outcome: of a game that is `Settled`, where the payoffs came of it.
    """

    payoffs: FloatArray
    actions: Actions
    game: Game[Any]
    state: Any
    outcome: Any = None

    @cached_property
    def figures(self) -> Mapping[str, Array]:
        """By name, `(batch,)` each; the welfare first. Empty where the game describes none."""
        if self.outcome is not None and isinstance(self.game, Settled):
            return self.game.figures_of(self.state, self.outcome)
        return self.game.figures(self.state, self.actions) if isinstance(self.game, Described) else {}


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
        rounds: of an episode, at least 1; of a `Dynamic` game its own number, if it has one.
        sampled: whether payoffs are realised by `game.sample` instead of expected.

    Raises:
        ValueError: an argument is out of range, or the game cannot sample its payoffs.
    """

    def __init__(self, game: Game[Any], batch: int = 1, *, rounds: int | None = None, sampled: bool = False) -> None:
        if isinstance(game, Dynamic) and game.rounds is not None:
            if rounds not in (None, game.rounds):
                raise ValueError(f"rounds is {rounds}; this game has {game.rounds} rounds of its own: leave it out")
            rounds = game.rounds
        if sampled and not isinstance(game, Sampled):
            raise ValueError(f"{type(game).__name__} has expected payoffs only: leave sampled out")
        self.game, self.sampled = game, sampled
        self.batch = checked_integer("batch", batch, 1)
        self.rounds = checked_integer("rounds", 1 if rounds is None else rounds, 1)
        self.movers = [frozenset(stage) for stage in game.stages]
        self._shown = [shown_size(space) for space in game.spaces]
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
            state: of the first round: without batch axes, the same in every play, or one a play, `(batch, ...)`;
                drawn by default.

        Raises:
            TypeError: the state is none of this game.
            ValueError: the state has other shapes.
        """
        one_a_play = state is not None and self.check_state(state)
        self._rng = rng
        self.state = self.game.draw(rng, (self.batch,))
        if state is not None:
            copies = 1 if one_a_play else self.batch
            parts = [np.asarray(part) if one_a_play else np.asarray(part)[None] for part in state]
            self.state = type(state)(*(np.repeat(part, copies, axis=0) for part in parts))
        self.round = self.stage = 0
        self._done, self._last = [None] * len(self.game.players), None

    def check_state(self, state: Any) -> bool:
        """Whether that is one state a play; raises, as `reset` does, if it is no state of the game at all."""
        drawn = self.game.draw(np.random.default_rng(0))
        if type(state) is not type(drawn):
            raise TypeError(f"the state is {shown(state)}; it must be a {type(drawn).__name__} of this game")
        given, shapes = [np.shape(part) for part in state], [np.shape(part) for part in drawn]
        if given == shapes:
            return False
        if self.batch > 1 and given == [(self.batch, *shape) for shape in shapes]:
            return True
        raise ValueError(f"the parts of the state have the shapes {given}; in this game they have {shapes}")

    def observe(self, player: int) -> NDArray[np.float32]:
        """What a player knows now, `(batch, observation_size(player))`, a new array."""
        return self._observation(player, self._moves())

    def observations(self) -> tuple[NDArray[np.float32], ...]:
        """What each player knows now, a new array for each."""
        moves = self._moves()
        return tuple(self._observation(player, moves) for player in self._players)

    def _observation(self, player: int, moves: NDArray[np.float32]) -> NDArray[np.float32]:
        stages, own = len(self.movers), self._own[player]
        seen = np.zeros((self.batch, stages + 1 + own + moves.shape[1]), np.float32)
        seen[:, min(self.stage, stages - 1)] = 1
        seen[:, stages] = self.round / self.rounds
        if own:
            seen[:, stages + 1 : stages + 1 + own] = self.game.observe(self.state, player)
        seen[:, stages + 1 + own :] = moves
        return seen

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
        game, outcome = self.game, None
        if self.sampled and isinstance(game, Sampled):
            payoffs = game.sample(self.state, done, self._rng)
        elif isinstance(game, Settled):
            outcome = game.outcome(self.state, done)
            payoffs = game.payoffs_of(self.state, outcome)
        else:
            payoffs = game.payoffs(self.state, done)
        if np.shape(payoffs)[-1:] != (len(done),) or not np.isfinite(payoffs).all():
            raise ValueError(f"the payoffs are {shown(payoffs)}; they must be {len(done)} finite numbers, one a player")
        ended = RoundEnd(np.broadcast_to(payoffs, (self.batch, len(done))), done, game, self.state, outcome)
        self._last, self._done, self.stage = done, [None] * len(done), 0
        self.round += 1
        if isinstance(game, Dynamic):
            self.state = game.following(self.state, done, self._rng)
        elif not self.over:
            self.state = game.draw(self._rng, (self.batch,))
        return ended

    def _moves(self) -> NDArray[np.float32]:
        """What has been done in this round and in the last one, as all players see it."""
        moves = np.zeros((self.batch, 2 * sum(1 + size for size in self._shown)), np.float32)
        nothing = (None,) * len(self.game.players)
        at = 0
        for actions in (self._done, nothing if self._last is None else self._last):
            for space, size, action in zip(self.game.spaces, self._shown, actions, strict=True):
                if action is not None:
                    moves[:, at] = 1
                    moves[:, at + 1 : at + 1 + size] = shown_actions(space, action)
                at += 1 + size
        return moves

    @contextmanager
    def undone_if_refused(self, generators: Iterable[np.random.Generator] = ()) -> Iterator[None]:
        """Where that raises, the plays and what the generators draw are as before."""
        drawn = [*generators] if self._rng is None else [self._rng, *generators]
        before = self._rng, self.state, self.round, self.stage, self._done.copy(), self._last
        states = [generator.bit_generator.state for generator in drawn]
        try:
            yield
        except BaseException:
            self._rng, self.state, self.round, self.stage, self._done, self._last = before
            for generator, state in zip(drawn, states, strict=True):
                generator.bit_generator.state = state
            raise
