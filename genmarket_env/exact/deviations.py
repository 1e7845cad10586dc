"""What a player gains by doing something else, in any game; later movers answer a deviation by their policies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from ..arguments import checked_integer
from ..barred import allowed_in
from ..market import FloatArray
from ..protocol import Actions, Array, Fast, Game, Play, Replies, Space
from .deciders import Deciders, deciders_of

POINTS = 201
"""How many actions of a Box of one dimension are tried by default."""

MAX_CANDIDATES = 1_000_000

MAX_IN_ALL = 20_000
"""About how many points of a Box of several dimensions `regret` tries, whatever is asked for in each."""

MAX_AT_ONCE = 2_000_000
"""About how many numbers of tried actions `regret` hands to a game at once, all elements of the batch together."""


def unfold(game: Game[Any], state: Any, play: Play, forced: Mapping[int, Array] | None = None) -> Actions:
    """What is done when everybody plays as `play` says, stage by stage.

    Args:
        game: the game.
        state: of `game.draw`.
        play: an action or a policy for each player. Policies see the actions of the earlier stages only.
        forced: actions that players take instead, by index. Those who move later answer to them.

    Returns:
        The actions, `(*batch, *shape)` each.

    Raises:
        ValueError: `play` has not one entry for each player.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> game = PricingDuopoly()
        >>> leader, follower = unfold(game, None, (np.array([1.0]), game.follower))
        >>> follower.round(3)
        array([1.5])
    """
    if len(play) != len(game.players):
        raise ValueError(f"play has {len(play)} entries for {len(game.players)} players: give one for each")
    forced = forced or {}
    done: list[Array | None] = [None] * len(play)
    for stage in game.stages:
        seen = tuple(done)
        for player in stage:
            told = play[player]
            if player in forced:
                done[player] = forced[player]
            else:
                done[player] = told(state, seen) if callable(told) else np.asarray(told)
    return tuple(action for action in done if action is not None)


def candidates(space: Space, points: int = POINTS) -> Array:
    """Actions of a space to try, `(C, *space.shape)`: all of a finite one that may be taken, a grid of a Box.

    Args:
        space: of the actions.
        points: how many of a Box's values are tried in each dimension, the ends included, at least 2.

    Raises:
        ValueError: these are more than a million.

    Example:
        >>> from gymnasium.spaces import Box, Discrete
        >>> candidates(Discrete(3)), candidates(Box(0, 1, (1,)), 3).ravel()
        (array([0, 1, 2]), array([0. , 0.5, 1. ]))
    """
    if (allowed := allowed_in(space)) is not None:
        return np.flatnonzero(allowed)
    if isinstance(space, Discrete):
        return np.arange(space.start, space.start + space.n)
    checked_integer("points", points, 2)
    sizes = [2] * int(np.prod(space.shape)) if isinstance(space, MultiBinary) else [points] * int(np.prod(space.shape))
    if len(sizes) * np.log(max(sizes, default=1)) > np.log(MAX_CANDIDATES):
        raise ValueError(
            f"the space {space} has more than {MAX_CANDIDATES:,} candidates at {points} points: take fewer"
        )
    if isinstance(space, MultiBinary):
        return np.array(list(product((0, 1), repeat=len(sizes))), dtype=np.int8).reshape(-1, *space.shape)
    low, high = space.low.astype(float).ravel(), space.high.astype(float).ravel()
    axes = [np.linspace(a, b, points) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, *space.shape)


def deviation_payoffs(game: Game[Any], state: Any, play: Play, player: int, tried: Array) -> FloatArray:
    """What `player` gets by each of some actions, the others playing as before: `(C, *batch)`.

    Args:
        game: the game.
        state: of `game.draw`.
        play: an action or a policy for each player.
        player: an index.
        tried: `(C, *shape)`, the same for every element of the batch, or `(C, *batch, *shape)`.

    Those who move after the player answer by their policies.
    """
    return _deviated(game, state, play, player, tried, game.payoffs(state, unfold(game, state, play)).shape[:-1])


def _deviated(game: Game[Any], state: Any, play: Play, player: int, tried: Array, batch: tuple[int, ...]) -> FloatArray:
    """`deviation_payoffs`, where the batch of the play is known."""
    shape = game.spaces[player].shape or ()
    if tried.ndim == 1 + len(shape):
        tried = tried.reshape(len(tried), *(1,) * len(batch), *shape)
    forced = np.broadcast_to(tried, (len(tried), *batch, *shape))
    payoffs = game.payoffs(state, unfold(game, state, play, {player: forced}))[..., player]
    return np.broadcast_to(payoffs, (len(tried), *batch))


def regret(game: Game[Any], state: Any, play: Play, points: int = POINTS) -> FloatArray:
    """What each player could gain by the best other action, `(*batch, N)`, >= 0.

    Of a finite space, and of a game that knows its best replies (`Replies`) for those who move last, this is exact; of
    a Box it is a lower bound: the best of a grid of `points` values in each dimension, fewer in each of several. A game
    that knows what all deviations earn (`Fast`) is asked for that. The regret of a player whom a decider moves together
    with others is that of the decider.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> game = AccuracyMarket()
        >>> best = np.full(2, game.correct.sum(axis=1).argmax())
        >>> regret(game, None, tuple(best)).round(3)
        array([0.05, 0.05])
    """
    actions = unfold(game, state, play)
    deciders = deciders_of(game, state)
    if deciders is not None and deciders.move_several:
        return _of_deciders(deciders, actions)[..., deciders.of_player]
    payoffs = game.payoffs(state, actions)
    gains = [
        np.maximum(_best(game, state, play, actions, player, points, payoffs.shape[:-1]) - payoffs[..., player], 0.0)
        for player in range(len(game.players))
    ]
    return np.stack(gains, axis=-1)


def _best(
    game: Game[Any], state: Any, play: Play, actions: Actions, player: int, points: int, batch: tuple[int, ...]
) -> FloatArray:
    """The most that `player` gets by what is known or tried of its actions, `(*batch,)`."""
    space = game.spaces[player]
    if isinstance(game, Fast) and isinstance(space, Discrete) and not _is_answered(game, play, player):
        return np.asarray(game.deviation_payoffs(state, actions, player)).max(axis=-1)
    tried = candidates(space, _affordable(space, points))
    rows = max(1, MAX_AT_ONCE // max(1, tried[0].size * int(np.prod(batch))))
    parts = (tried[start : start + rows] for start in range(0, len(tried), rows))
    best = reduce(np.maximum, (_deviated(game, state, play, player, part, batch).max(axis=0) for part in parts))
    if isinstance(game, Replies) and player in game.stages[-1]:
        reply = np.asarray(game.best_reply(state, actions, player))
        best = np.maximum(best, _deviated(game, state, play, player, reply[None], batch)[0])
    return best


def _affordable(space: Space, points: int) -> int:
    """Of the points in each dimension so many that a Box of several has at most `MAX_IN_ALL` of them, at least 2."""
    dimensions = int(np.prod(space.shape)) if isinstance(space, Box) else 1
    return points if dimensions <= 1 else min(points, max(2, round(MAX_IN_ALL ** (1 / dimensions))))


def _is_answered(game: Game[Any], play: Play, player: int) -> bool:
    """Whether somebody moves after `player` by a policy, and so may answer what it does."""
    turn = next(number for number, stage in enumerate(game.stages) if player in stage)
    return any(callable(play[later]) for stage in game.stages[turn + 1 :] for later in stage)


def nash_conv(game: Game[Any], state: Any, play: Play, points: int = POINTS) -> FloatArray:
    """The sum over players of `regret`, `(*batch,)`; of a decider who moves several of them it counts once."""
    deciders = deciders_of(game, state)
    if deciders is not None and deciders.move_several:
        return np.asarray(_of_deciders(deciders, unfold(game, state, play)).sum(axis=-1))
    return regret(game, state, play, points).sum(axis=-1)


def _of_deciders(deciders: Deciders, actions: Actions) -> FloatArray:
    """The regrets of those who decide, `(*batch, deciders)`."""
    profiles = np.stack(np.broadcast_arrays(*actions), axis=-1)
    flat = deciders.regrets_at(profiles.reshape(-1, profiles.shape[-1]))
    return flat.reshape(*profiles.shape[:-1], deciders.number)
