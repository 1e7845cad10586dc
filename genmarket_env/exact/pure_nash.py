"""Pure Nash equilibria of finite symmetric games: all of them, and how far a game is from having one.

A profile is a pure Nash equilibrium if no player gains by another action. One need not exist; the least epsilon for
which an epsilon-equilibrium exists says how much is missing.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arguments import real_number
from ..market import FloatArray, IntArray
from ..protocol import Game
from ..status import Status
from ..tolerances import REGRET_TOL
from .abilities import Searched
from .multisets import blocks_of_multisets, opponents_faced
from .solution import PureSolution
from .symmetric_games import payoffs_against, sizes_of

_BLOCK_ENTRIES = 2_000_000


def pure_equilibria(game: Game[Any], state: Any = None, *, tol: float = REGRET_TOL) -> IntArray:
    """Every pure Nash equilibrium, as sorted multisets of actions `(E, N)` in lexicographic order; E may be 0.

    Players are alike, so a multiset stands for all its permutations.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.
        tol: the largest regret that an equilibrium may have, >= 0.

    Raises:
        ValueError: the players are not alike, `tol` is negative or NaN, or (`TooLarge`) there are too many profiles.
        TypeError: `tol` is no number.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> pure_equilibria(AccuracyMarket(y=(0, 1)))
        array([[1, 1]])
    """
    limit = real_number("tol", tol)
    if not limit >= 0:
        raise ValueError(f"tol is {tol}; it must be >= 0")
    return _profiles_within(game, state, limit, lowest=False)[0]


def least_epsilon(game: Game[Any], state: Any = None) -> PureSolution:
    """The least epsilon for which a pure epsilon-equilibrium exists, and the first profile that is one.

    Epsilon is the largest regret of a player, in units of payoff; 0 if a pure Nash equilibrium exists. Derived.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.

    Returns:
        `value`, the smallest over all profiles of the largest regret; `profile`, the lexicographically first sorted
        profile whose largest regret is within 1e-12 of it; `nash_conv` of that profile.

    Raises:
        ValueError: the players are not alike, or (`TooLarge`) there are too many profiles.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> solution = least_epsilon(AccuracyMarket(y=(0, 1)))
        >>> solution.value, solution.profile
        (0.0, array([1, 1]))
    """
    profiles, regrets = _profiles_within(game, state, math.inf, lowest=True)
    value = float(regrets[-1])
    profile = profiles[regrets <= value + REGRET_TOL][0]
    players, actions = len(profile), int(getattr(game.spaces[0], "n", 0))
    return PureSolution(
        status=Status.CONVERGED,
        value=value,
        profile=profile,
        nash_conv=float(_regrets(game, state, profile[None]).sum()),
        stats=MappingProxyType({"profiles": math.comb(actions + players - 1, players)}),
    )


def _profiles_within(game: Game[Any], state: Any, limit: float, *, lowest: bool) -> tuple[IntArray, FloatArray]:
    if isinstance(game, Searched):
        return game.profiles_within(state, limit, lowest=lowest)
    players, _ = sizes_of(game, state)
    profiles, regrets = searched_table(payoffs_against(game, state), players, limit, lowest=lowest)
    return selected(profiles, regrets, limit, lowest=lowest)


def _regrets(game: Game[Any], state: Any, profiles: IntArray) -> FloatArray:
    if isinstance(game, Searched):
        return game.regrets(state, profiles)
    earned = payoffs_against(game, state)[opponents_faced(profiles)]
    return earned.max(axis=-1) - np.take_along_axis(earned, profiles[..., None], axis=-1)[..., 0]


def searched_table(earned: FloatArray, players: int, limit: float, *, lowest: bool) -> tuple[IntArray, FloatArray]:
    """Of all profiles those selected, block by block, and their largest regrets, `(E, N)` and `(E,)`.

    Args:
        earned: of `payoffs_against`.
        players: N.
        limit: the largest regret that is let through.
        lowest: see `selected`.
    """
    best, found = earned.max(axis=1), []
    for profiles in blocks_of_multisets(earned.shape[1], players, max(1, _BLOCK_ENTRIES // players)):
        faced = opponents_faced(profiles)
        regrets = (best[faced] - earned[faced, profiles]).max(axis=-1)
        found.append(selected(profiles, regrets, limit, lowest=lowest))
    profiles, regrets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return profiles, regrets


def selected(profiles: IntArray, regrets: FloatArray, limit: float, *, lowest: bool) -> tuple[IntArray, FloatArray]:
    """The profiles whose regret is at most `limit`; with `lowest` only those below the regret of all before them."""
    keep = regrets <= limit
    if lowest:
        before = np.minimum.accumulate(np.concatenate(([np.inf], regrets[:-1])))
        keep &= regrets < before
    return profiles[keep], regrets[keep]
