"""Actions of the players of any game: their spaces, checks and units, and how observations show them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from ..arguments import plain_array
from ..barred import allowed_in
from ..messages import listed, shown
from ..protocol import Array, Space


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
        allowed = allowed_in(space)
        if allowed is not None and not allowed[int(array.item())]:
            legal = listed(map(str, np.flatnonzero(allowed)), 60)
            raise ValueError(f"{agent} took {int(array.item())}, which it may not; it may take {legal}")
        return np.asarray(int(array.item()))
    if array.dtype.kind not in "iufb" or array.shape != space.shape or not np.isfinite(array).all():
        raise ValueError(f"{agent} took {shown(action)}; it must be finite numbers of the shape {space.shape}")
    if isinstance(space, Box):
        return in_units(space, array)
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"{agent} took {shown(action)}; it must be {space.n} numbers 0 or 1")
    return array.astype(np.int8)


def game_actions(space: Space, actions: Any, agent: str, batch: int) -> Array:
    """An agent's actions in a batch of plays, `(batch, *shape)`, as `game_action` takes each: a new array.

    Raises:
        ValueError: they have another shape, or one is no action of that space; it names the agent and the play.

    Example:
        >>> game_actions(Box(0, 10, (1,)), [[0.5], [-2]], "advertiser_0", 2)
        array([[7.5],
               [0. ]])
    """
    array = plain_array(f"the actions of {agent}", actions)
    discrete = isinstance(space, Discrete)
    if array.shape != (batch, *space.shape) or array.dtype.kind not in ("iub" if discrete else "iufb"):
        kind = "integers" if discrete else "numbers"
        raise ValueError(
            f"the actions of {agent} must be {kind} of the shape {(batch, *space.shape)}; "
            f"got {array.dtype} of {array.shape}"
        )
    if isinstance(space, Discrete):
        legal = (array >= 0) & (array < space.n)
        made = array.astype(np.int64)
        if (allowed := allowed_in(space)) is not None:
            legal &= allowed[np.where(legal, made, 0)]
    elif isinstance(space, Box):
        legal = np.isfinite(array)
        made = in_units(space, array) if legal.all() else array
    else:
        legal = np.isin(array, (0, 1))
        made = array.astype(np.int8)
    if not legal.all():
        play = int(np.argwhere(~legal)[0, 0])
        game_action(space, array[play], f"{agent} in copy {play}")
    return made


def any_actions(space: Space, rng: np.random.Generator, *batch: int) -> Array:
    """Actions that an agent may take, all equally likely, `(*batch, *shape)`."""
    shape = (*batch, *space.shape)
    if (allowed := allowed_in(space)) is not None:
        return np.asarray(np.flatnonzero(allowed)[rng.integers(int(allowed.sum()), size=shape)])
    if isinstance(space, Discrete):
        return rng.integers(space.n, size=shape)
    return rng.uniform(-1, 1, shape) if isinstance(space, Box) else rng.integers(0, 2, shape)


def mask_of(space: Discrete) -> NDArray[np.int8]:
    """Which actions of a finite space may be taken, a new `(n,)`.

    Example:
        >>> mask_of(Discrete(3))
        array([1, 1, 1], dtype=int8)
    """
    allowed = allowed_in(space)
    return np.ones(int(space.n), np.int8) if allowed is None else allowed.astype(np.int8)


def in_units(space: Box, actions: Array) -> Array:
    """Actions of agents, `(*batch, *shape)`, clipped to [-1, 1] and spread over the range of the game.

    Example:
        >>> in_units(Box(0, 10, (1,)), np.array([[0.5], [2.0]])).ravel()
        array([ 7.5, 10. ])
    """
    share = (np.clip(actions.astype(float), -1, 1) + 1) / 2
    low, high = space.low.astype(float), space.high.astype(float)
    return np.asarray(low + share * (high - low))


def shown_size(space: Space) -> int:
    """How many numbers show an action."""
    return int(space.n) if isinstance(space, Discrete) else int(np.prod(space.shape))


def shown_actions(space: Space, actions: Array) -> NDArray[Any]:
    """Actions of a game, `(*batch, *shape)`, as observations show them, `(*batch, shown_size(space))`, in [0, 1].

    Example:
        >>> shown_actions(Discrete(3), np.array([2])).astype(int), shown_actions(Box(0, 10, (1,)), np.array([[2.5]]))
        (array([[0, 0, 1]]), array([[0.25]]))
    """
    array = np.asarray(actions)
    if isinstance(space, Discrete):
        return np.asarray(array[..., None] == np.arange(space.n))
    flat = array.astype(float).reshape(*array.shape[: array.ndim - len(space.shape)], -1)
    if isinstance(space, Box):
        low, high = space.low.astype(float).ravel(), space.high.astype(float).ravel()
        return np.asarray(np.clip((flat - low) / np.maximum(high - low, np.finfo(float).tiny), 0, 1))
    return flat
