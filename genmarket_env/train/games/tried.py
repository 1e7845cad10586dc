"""The actions that are tried for what a player could gain: all of them, of a grid, or some of many dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box

from genmarket_env.exact import Solved, candidates
from genmarket_env.protocol import Array, Game

WORK = 50_000
"""How many profiles are paid for the deviations of one player, about; it bounds the grid of a Box."""
MOST_POINTS, MOST_OF_MANY = 1001, 65
"""Points a dimension of that grid, where one round tells all and where many are drawn."""
FEWEST_POINTS = 3
"""A Box in which so many points a dimension are too many profiles has no grid: `scattered`."""


def tried_actions(game: Game[Any], player: int, batch: tuple[int, ...], *, typed: bool) -> Array:
    """The actions of a player that are tried, `(C, *shape)`.

    Args:
        game: the game.
        player: its index.
        batch: the shape of the draws on which each is paid.
        typed: whether players have types: else the reference's action of a Box of many dimensions is tried too.
    """
    space = game.spaces[player]
    if not isinstance(space, Box):
        return candidates(space)
    dimensions = max(1, int(np.prod(space.shape)))
    budget = WORK / np.prod(batch)
    if FEWEST_POINTS**dimensions > 2 * budget:
        return _with_reference(game, player, scattered(space, int(budget)), typed=typed)
    most = MOST_POINTS if batch == (1,) else MOST_OF_MANY
    return candidates(space, int(np.clip(budget ** (1 / dimensions), FEWEST_POINTS, most)))


def _with_reference(game: Game[Any], player: int, actions: Array, *, typed: bool) -> Array:
    if typed or not isinstance(game, Solved):
        return actions
    play = game.reference(None).play
    own = None if play is None else play[player]
    if own is None or callable(own):
        return actions
    return np.concatenate([actions, np.reshape(own, (1, *game.spaces[player].shape))])


def scattered(space: Box, most: int) -> Array:
    """About `most` actions of a Box that has too many dimensions for a grid, `(C, *space.shape)`.

    The lowest action with one number at a time raised in equal steps, as far as half of them go, and uniform draws.

    Example:
        >>> found = scattered(Box(0.0, 1.0, (20,)), 100)
        >>> found.shape, int((np.count_nonzero(found, axis=1) == 1).sum())
        ((101, 20), 40)
    """
    low, high = space.low.astype(float).ravel(), space.high.astype(float).ravel()
    steps = max(1, most // (2 * len(low)))
    raised = np.repeat(np.arange(len(low)), steps)
    lines = np.tile(low, (1 + len(raised), 1))
    share = np.tile(np.arange(1, steps + 1) / steps, len(low))
    lines[1 + np.arange(len(raised)), raised] += share * (high - low)[raised]
    drawn = np.random.default_rng(0).uniform(low, high, (max(1, most - len(raised)), len(low)))
    return np.concatenate([lines, drawn]).reshape(-1, *space.shape)
