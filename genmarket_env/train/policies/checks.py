"""Checks of what a file of policies holds: actions of a player, probabilities, plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env.agents.seat import MAX_CONTEXTS
from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray
from genmarket_env.messages import shown
from genmarket_env.protocol import Array, Game, Space
from genmarket_env.tolerances import GIVEN

MOST_LISTED = 1_000_000
"""A mixture over more actions is not read."""


def listed_actions(game: Game[Any], player: int, actions: Array | None, number: int) -> Array:
    """The actions that probabilities are of, checked: those given, or all of a finite space.

    Raises:
        ValueError: they are not `number` actions of the player.
    """
    if actions is None:
        space = game.spaces[player]
        if isinstance(space, Box):
            raise ValueError(f"the policy of {game.players[player]} names no actions, and its space is {space}")
        actions = candidates(space)
    if len(actions) != number:
        raise ValueError(f"the policy of {game.players[player]} has {number} probabilities for {len(actions)} actions")
    checked_actions(game, player, actions)
    return typed(game.spaces[player], actions)


def checked_actions(game: Game[Any], player: int, actions: Array) -> None:
    """Check that `(n, *shape)` are actions of a player.

    Raises:
        ValueError: they are not.
    """
    space, name = game.spaces[player], game.players[player]
    shape = space.shape or ()
    if actions.shape[1:] != shape:
        raise ValueError(f"an action of {name} has the shape {actions.shape[1:]}; its space is {space}")
    if isinstance(space, Box):
        slack = GIVEN * np.maximum(1.0, np.abs(space.high.astype(float) - space.low.astype(float)))
        legal = (actions >= space.low - slack) & (actions <= space.high + slack)
    else:
        low, high = (space.start, space.start + space.n - 1) if isinstance(space, Discrete) else (0, 1)
        legal = (actions >= low) & (actions <= high) & (actions == np.round(actions))
    if not legal.all():
        wrong = actions[np.argwhere(~legal)[0][0]]
        raise ValueError(f"{name} is to play {shown(wrong.tolist())}, which is not in its space {space}")


def checked_rows(rows: Array, axes: int) -> FloatArray:
    """Probabilities, brought to sum to 1 exactly as far as floats go.

    Raises:
        ValueError: they have not `axes` axes, or a row is no distribution.
    """
    if rows.ndim != axes or rows.size == 0 or len(rows) > (MAX_CONTEXTS if axes > 1 else MOST_LISTED):
        raise ValueError(f"the probabilities of a policy have the shape {rows.shape}; they need {axes} axes")
    found = rows.astype(float)
    sums = found.sum(axis=-1)
    if found.min() < 0 or np.abs(sums - 1).max() > GIVEN:
        worst = float(np.ravel(sums)[np.abs(np.ravel(sums) - 1).argmax()])
        raise ValueError(
            f"the probabilities of a policy are no distribution: they sum to {worst:g} and the least is {found.min():g}"
        )
    return np.asarray(found / sums[..., None])


def typed(space: Space, actions: Array) -> Array:
    """Actions as the game takes them."""
    if isinstance(space, Box):
        return np.clip(actions.astype(float), space.low.astype(float), space.high.astype(float))
    return actions.astype(np.int8 if isinstance(space, MultiBinary) else np.int64)


def array_of(arrays: Mapping[str, Array], name: str) -> Array:
    """The array of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in arrays:
        raise ValueError(f"a policy lacks its {shown(name)}")
    return arrays[name]


def count_of(options: Mapping[str, Any], name: str, least: int) -> int:
    """The integer of that name.

    Raises:
        ValueError: it is none, or below `least`.
    """
    value = options.get(name)
    if type(value) is not int or not least <= value <= 10**9:
        raise ValueError(f"{name} of a policy is {shown(value)}; it must be an integer of at least {least}")
    return value
