"""The place of one player in a game: the actions that it chooses from, and what it may condition them on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env.arguments import checked_integer
from genmarket_env.barred import allowed_in
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.messages import shown
from genmarket_env.protocol import Actions, Array, Direct, Game, Space
from genmarket_env.tolerances import AGREED

POINTS = 21
"""How many actions of a Box of one dimension a learner chooses from by default, the ends included."""

BINS = 10
"""Into how many equal cells the one number that is seen of what a player observes falls by default."""

MAX_BITS = 10
"""An earlier action of more bits is not told apart."""

MAX_CONTEXTS = 100_000

MAX_PROFILES = 100_000
"""Profiles of a game of which every one is looked at to find the range of the payoffs."""

EDGE = 1e-5
"""A number so little above an edge of two cells, in cells, is on it: observations are float32."""

DRAWS = 2_000
"""Draws of states and actions from which the range of the payoffs is found otherwise."""

FEWER_DRAWS = 300
"""Draws for the mean payoff of an action, and for what a true report follows."""

Seen = tuple[Array | None, ...]
"""What has been done in the earlier stages of a round, one entry a player; None for those who have not moved."""


@dataclass(frozen=True, eq=False)
class Seat:
    """The place of one player in one game: what an agent knows before the first round.

    Learners choose from a finite list, `actions`: all of a Discrete space that they may take, `points` values of a Box
    of one dimension, the ends included and equally spaced; their regret is measured against the whole space, or a finer
    grid. Of what a player sees before it moves they tell apart `num_contexts` cases:

    * one number of `game.observe`, in `bins` equal cells of [0, 1], edges in the lower one: of a game with reports that
      which the player's true report follows most closely, such as its value in an auction, otherwise the first;
    * the action of each player of an earlier stage: of a Discrete or MultiBinary space the action itself (of at most
      10 bits), of a Box of one dimension the nearest of its `points` values, of other spaces nothing.

    Args:
        game: any game of `genmarket_env.protocol`. Agents that observe only their reward read its spaces, stages and
            observations and the range of its payoffs, nothing else.
        player: the index of the player, in [0, N).
        points: how many values of a Box of one dimension are told apart, at least 2.
        bins: the cells of what is observed, at least 1; 1 if it is to be ignored.
        sees: the index of another number of `game.observe` to tell apart.

    Raises:
        ValueError: `player`, `points`, `bins` or `sees` is out of range.
        TypeError: `game` is no game, or one of the others is not an integer.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> latecomer = Seat(PricingDuopoly(p_max=10), player=1, points=11)
        >>> latecomer.actions.ravel()
        array([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10.])
        >>> latecomer.num_contexts, int(latecomer.context(None, (np.array([1.9]), None)))
        (11, 2)
    """

    game: Game[Any]
    player: int
    points: int = POINTS
    bins: int = BINS
    sees: int | None = None

    def __post_init__(self) -> None:
        if not hasattr(self.game, "players") or not hasattr(self.game, "spaces"):
            raise TypeError(
                f"game must be a game, as MarketGame(market, 2) or games.make(name); got {shown(self.game)}"
            )
        checked_integer("player", self.player, 0, len(self.game.players) - 1)
        checked_integer("points", self.points, 2)
        checked_integer("bins", self.bins, 1)
        if self.sees is not None:
            state = self.game.draw(np.random.default_rng(0))
            size = np.shape(self.game.observe(state, self.player))[-1]
            if not size:
                raise ValueError(f"sees is {self.sees}, but {self.name} observes nothing: leave it out")
            checked_integer("sees", self.sees, 0, size - 1)

    @property
    def name(self) -> str:
        """The player's name."""
        return self.game.players[self.player]

    @cached_property
    def space(self) -> Space:
        """The space of the player's actions."""
        return self.game.spaces[self.player]

    @cached_property
    def movers(self) -> tuple[int, ...]:
        """The players who move in the same stage."""
        return next(stage for stage in self.game.stages if self.player in stage)

    @cached_property
    def is_discrete(self) -> bool:
        """Whether actions are integers."""
        return isinstance(self.space, Discrete)

    @cached_property
    def is_listed(self) -> bool:
        """Whether there is a finite list of actions to choose from."""
        return self.is_discrete or _is_line(self.space)

    @cached_property
    def actions(self) -> Array:
        """The actions that a learner chooses from, `(num_actions, *space.shape)`, read-only.

        Raises:
            ValueError: the space is neither Discrete nor a Box of one dimension.
        """
        if not self.is_listed:
            raise ValueError(
                f"the actions of {self.name} are {self.space}: no list for a learner to choose from, "
                "which needs a Discrete space or a Box of one dimension"
            )
        actions = candidates(self.space, self.points)
        actions.flags.writeable = False
        return actions

    @cached_property
    def num_actions(self) -> int:
        """How many actions a learner chooses from."""
        plain = isinstance(self.space, Discrete) and not self.is_barred
        return int(self.space.n) if plain else len(self.actions)

    @cached_property
    def is_barred(self) -> bool:
        """Whether actions are integers of which the player may not take some: these are not in the list."""
        return allowed_in(self.space) is not None

    def index(self, action: Any) -> int:
        """Which of `actions` that is; of a Box the nearest."""
        if self.is_barred:
            return int(np.searchsorted(self.actions, int(action)))
        if self.is_discrete:
            return int(action)
        return int(_cell(self.space, np.asarray(action), self.points))

    @cached_property
    def is_stateless(self) -> bool:
        """Whether nothing is drawn before a round."""
        return self.game.draw(np.random.default_rng(0)) is None

    @cached_property
    def _earlier(self) -> tuple[int, ...]:
        """The players of earlier stages."""
        return tuple(other for stage in self.game.stages[: self.game.stages.index(self.movers)] for other in stage)

    @property
    def told_apart(self) -> int | None:
        """Which number of what the player observes is told apart, None if none is."""
        return self._number

    @cached_property
    def _number(self) -> int | None:
        """Which number of what the player observes is told apart, None if it observes nothing."""
        if self.bins == 1 or self.is_stateless:
            return None
        states = self.game.draw(np.random.default_rng(0), (FEWER_DRAWS,))
        observed = np.asarray(self.game.observe(states, self.player), dtype=float)
        if not observed.shape[-1]:
            return None
        if self.sees is not None or not isinstance(self.game, Direct):
            return self.sees or 0
        told = np.asarray(self.game.truth(states)[self.player], dtype=float).reshape(FEWER_DRAWS, -1).sum(axis=1)
        return _closest(observed, told)

    @cached_property
    def num_contexts(self) -> int:
        """How many cases a learner tells apart before it moves, 1 in a game without types in which it moves first."""
        number = self.bins if self._number is not None else 1
        for other in self._earlier:
            number *= _cells(self.game.spaces[other], self.points)
        return number

    def context(self, state: Any, seen: Seen = ()) -> IntArray:
        """Which case that is, `(*batch,)`, in [0, num_contexts).

        Args:
            state: of the game, with any batch axes.
            seen: the actions of the earlier stages.
        """
        context: Any = np.zeros((), dtype=np.int64)
        if not self.is_stateless:
            own = np.asarray(self.game.observe(state, self.player), dtype=float)
            context = np.zeros(own.shape[:-1], dtype=np.int64)
            if self._number is not None:
                cell = np.ceil(own[..., self._number] * self.bins - EDGE).astype(np.int64) - 1
                context = np.clip(cell, 0, self.bins - 1)
        for other in self._earlier:
            space, action = self.game.spaces[other], seen[other]
            context = context * _cells(space, self.points) + _cell(space, np.asarray(action), self.points)
        return np.asarray(context)

    @cached_property
    def payoff_range(self) -> tuple[float, float]:
        """The least and the largest payoff of the player, by which rewards are scaled to [0, 1].

        In the paper's market 0 and 1. Of a game in which nothing is drawn and every player has a list, with at most
        100,000 profiles of these lists, exact for them; otherwise of 2,000 draws of states and of everybody's actions,
        uniform over their spaces, with a generator of its own: an estimate.
        """
        if isinstance(self.game, MarketGame) and self.game.pays_scores:
            return 0.0, 1.0
        payoffs = self.tried(None)[..., self.player]
        return float(payoffs.min()), float(payoffs.max())

    def tried(self, actions: Array | None) -> FloatArray:
        """The payoffs of everybody where all play anything, `(*batch, N)`; see `payoff_range`.

        Args:
            actions: of this player, `(C, *shape)`: the result is then `(C, *batch, N)`.
        """
        rng = np.random.default_rng(0)
        state, done = None, self._every_profile()
        if done is None:
            batch = (DRAWS if actions is None else FEWER_DRAWS,)
            state = self.game.draw(rng, batch)
            done = tuple(uniform_action(space, rng, batch) for space in self.game.spaces)
        if actions is not None:
            shape, axes = actions.shape[1:], np.ndim(done[self.player]) - len(actions.shape[1:])
            own = actions.reshape(len(actions), *(1,) * axes, *shape)
            done = (*done[: self.player], own, *done[self.player + 1 :])
        return self.game.payoffs(state, done)

    def _every_profile(self) -> Actions | None:
        """Every profile of the lists, an axis a player; None where these are too many, or do not tell everything."""
        seats = [Seat(self.game, other, self.points) for other in range(len(self.game.players))]
        if not self.is_stateless or not all(seat.is_listed for seat in seats):
            return None
        if float(np.prod([float(seat.num_actions) for seat in seats])) > MAX_PROFILES:
            return None
        axes = [seat.actions for seat in seats]
        return tuple(
            list_.reshape(*(len(list_) if at == place else 1 for at in range(len(axes))), *list_.shape[1:])
            for place, list_ in enumerate(axes)
        )

    def scaled(self, payoff: float) -> float:
        """A payoff as a share of `payoff_range`, in [0, 1]: what lies outside an estimated range is clipped."""
        low, high = self.payoff_range
        if high <= low:
            return 0.5
        return min(max((payoff - low) / (high - low), 0.0), 1.0)


def uniform_action(space: Space, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Array:
    """Actions drawn uniformly from those of a space that may be taken, `(*batch, *space.shape)`."""
    if (allowed := allowed_in(space)) is not None:
        legal = np.flatnonzero(allowed)
        return np.asarray(legal[rng.integers(len(legal), size=batch)])
    if isinstance(space, Discrete):
        return np.asarray(rng.integers(space.n, size=batch))
    if isinstance(space, MultiBinary):
        return rng.integers(0, 2, (*batch, *space.shape), dtype=np.int8)
    return rng.uniform(space.low.astype(float), space.high.astype(float), (*batch, *space.shape))


def _closest(observed: FloatArray, told: FloatArray) -> int:
    """Which column of what is observed has the largest correlation with what is told, the first of equal ones."""
    observed, told = observed - observed.mean(axis=0), told - told.mean()
    scale = np.sqrt((observed**2).sum(axis=0) * (told**2).sum())
    correlation = np.divide(np.abs(told @ observed), scale, out=np.zeros(len(scale)), where=scale > 0)
    return int((correlation >= correlation.max() - AGREED).argmax())


def _is_line(space: Space) -> bool:
    return isinstance(space, Box) and space.shape == (1,)


def _cells(space: Space, points: int) -> int:
    """How many actions of a space are told apart."""
    if isinstance(space, Discrete):
        return int(space.n)
    if isinstance(space, MultiBinary):
        bits = int(np.prod(space.shape))
        return 2**bits if bits <= MAX_BITS else 1
    return points if _is_line(space) else 1


def _cell(space: Space, action: Array, points: int) -> IntArray:
    """Which of them an action is, `(*batch,)`."""
    if isinstance(space, Discrete):
        return action.astype(np.int64)
    if isinstance(space, MultiBinary):
        bits = action.reshape(*action.shape[: action.ndim - len(space.shape)], -1).astype(np.int64)
        return bits @ (1 << np.arange(bits.shape[-1])) % _cells(space, points)
    if not _is_line(space):
        return np.zeros(action.shape[: action.ndim - len(space.shape)], dtype=np.int64)
    low, high = float(space.low[0]), float(space.high[0])
    share = (action[..., 0] - low) / (high - low) if high > low else np.zeros(action.shape[:-1])
    return np.clip(np.rint(share * (points - 1)), 0, points - 1).astype(np.int64)
