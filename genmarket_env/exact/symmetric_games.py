"""Finite games whose players are alike: that they are, and what each action earns against each set of opponents."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from ..market import FloatArray, IntArray
from ..protocol import Game, Symmetric
from ..tolerances import AGREED
from .abilities import Grouped
from .effort import check_size
from .multisets import MAX_ENTRIES, blocks_of_multisets, opponents_faced

_TRIED = 32
_BLOCK_ENTRIES = 500_000


class Sizes(NamedTuple):
    """How many players a symmetric game has, and how many actions each of them."""

    players: int
    actions: int


def sizes_of(game: Game[Any], state: Any = None) -> Sizes:
    """The sizes of a game, once it is known that its players are alike.

    A game that says so itself (`Symmetric`) is believed. Of any other the players must move at once, with equally many
    actions, and exchanging them must exchange their payoffs in some profiles drawn at random.

    Args:
        game: the game.
        state: of `game.draw`, without batch axes.

    Raises:
        ValueError: they do not move at once, actions are not Discrete or not as many, or payoffs are not exchanged.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> sizes_of(AccuracyMarket())
        Sizes(players=2, actions=11)
    """
    name = type(game).__name__
    space = game.spaces[0]
    if getattr(game, "alike", True) is not True and isinstance(game, Grouped):
        game.check_alike()
    if isinstance(game, Symmetric):
        return Sizes(len(game.spaces), int(getattr(space, "n", 0)))
    if len(game.stages) != 1:
        raise ValueError(f"the players of {name} do not all move at once: they are not alike")
    for player, other in zip(game.players, game.spaces, strict=True):
        if not isinstance(other, Discrete):
            raise ValueError(f"the actions of {player} are {other}, not Discrete: {name} is no finite game")
        if not isinstance(space, Discrete) or other.n != space.n:
            raise ValueError(f"{player} has {other} and {game.players[0]} {space}: the players are not alike")
    assert isinstance(space, Discrete)
    sizes = Sizes(len(game.players), int(space.n))
    _check_exchange(game, state, sizes)
    return sizes


def _check_exchange(game: Game[Any], state: Any, sizes: Sizes) -> None:
    rng = np.random.default_rng(0)
    profiles = rng.integers(0, sizes.actions, (_TRIED, sizes.players))
    order = rng.permuted(np.tile(np.arange(sizes.players), (_TRIED, 1)), axis=1)
    order[0] = np.arange(sizes.players)[::-1]
    plain = payoffs_of(game, state, profiles)
    exchanged = payoffs_of(game, state, np.take_along_axis(profiles, order, axis=1))
    miss = np.abs(np.take_along_axis(plain, order, axis=1) - exchanged)
    wrong = ~(miss <= AGREED * max(1.0, float(np.abs(plain).max(initial=0.0)))).all(axis=1)
    if wrong.any():
        profile = tuple(profiles[wrong.argmax()].tolist())
        raise ValueError(
            f"{type(game).__name__} does not treat its players alike: those of the profile {profile} earn something "
            "else in another order"
        )


def payoffs_against(game: Game[Any], state: Any = None) -> FloatArray:
    """What each action earns against each multiset of the others' actions, `(C(n + N - 2, N - 1), n)`.

    Row `places(opponents)` is that of the sorted `opponents`; the deviation payoffs of sorted profiles are
    `payoffs_against(game)[opponents_faced(profiles)]`, `(P, N, n)`. A game that knows the table (`Symmetric`) gives it;
    of any other the payoffs of all sorted profiles are asked for.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.

    Raises:
        ValueError: the players are not alike, or (`TooLarge`) the profiles have more than 20 million entries.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> payoffs_against(AccuracyMarket(y=(0, 1)))
        array([[0.25, 0.75, 0.5 ],
               [0.25, 0.5 , 0.25],
               [0.5 , 0.75, 0.25]])
    """
    if isinstance(game, Symmetric):
        return np.asarray(game.payoffs_against(state))
    players, actions = sizes_of(game, state)
    count = math.comb(actions + players - 1, players)
    check_size(game, count * players, MAX_ENTRIES, "actions in all profiles")
    table = np.empty((math.comb(actions + players - 2, players - 1), actions))
    for profiles in blocks_of_multisets(actions, players, max(1, _BLOCK_ENTRIES // players)):
        table[opponents_faced(profiles), profiles] = payoffs_of(game, state, profiles)
    return table


def payoffs_of(game: Game[Any], state: Any, profiles: IntArray) -> FloatArray:
    """The payoffs of profiles `(*batch, N)`, `(*batch, N)`."""
    return np.asarray(game.payoffs(state, tuple(np.moveaxis(profiles, -1, 0))))
