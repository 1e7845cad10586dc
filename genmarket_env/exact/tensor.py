"""Finite games as arrays: the payoff of every profile, and what mixed play gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from ..arguments import real_array, without_rounding
from ..market import FloatArray, IntArray
from ..protocol import Array, Game
from ..tolerances import AGREED, GIVEN

MAX_ENTRIES = 50_000_000


def payoff_tensor(game: Game[Any], state: Any = None) -> FloatArray:
    """The payoffs of every profile of pure actions, `(n_0, ..., n_(N-1), N)`.

    Raises:
        ValueError: a player's actions are not Discrete, or the tensor has more than 50 million entries.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> payoff_tensor(AccuracyMarket()).shape
        (11, 11, 2)
    """
    sizes = _sizes(game)
    if np.prod([float(n) for n in sizes]) * len(sizes) > MAX_ENTRIES:
        raise ValueError(f"the payoff tensor of {' x '.join(map(str, sizes))} profiles is too large")
    return game.payoffs(state, tuple(np.meshgrid(*map(np.arange, sizes), indexing="ij")))


def stable_profiles(tensor: FloatArray, tol: float = AGREED) -> IntArray:
    """The pure Nash equilibria: profiles in which nobody gains more than `tol` by another action, `(E, N)`.

    For players who differ; where they are alike `pure_equilibria` gives them up to the order of players.

    Args:
        tensor: of `payoff_tensor`.
        tol: in units of the payoffs.

    Returns:
        Every one, in lexicographic order; none where E is 0.

    Example:
        >>> chicken = np.array([[[0, 0], [-1, 1]], [[1, -1], [-9, -9]]])
        >>> stable_profiles(chicken).tolist()
        [[0, 1], [1, 0]]
    """
    stable = np.ones(tensor.shape[:-1], bool)
    for player in range(tensor.shape[-1]):
        own = tensor[..., player]
        stable &= own >= own.max(axis=player, keepdims=True) - tol
    return np.argwhere(stable)


def expected_payoffs(tensor: FloatArray, mixtures: Sequence[Array]) -> FloatArray:
    """What each player gets on average when all mix, `(N,)`.

    Args:
        tensor: of `payoff_tensor`.
        mixtures: the probabilities of each player's actions, `(n_i,)` each; to within 1e-6, then they are normalised.

    Raises:
        ValueError: there is not one distribution over its actions for each player.
        TypeError: a mixture is not of real numbers.
    """
    for mixture in _checked_mixtures(tensor, mixtures):
        tensor = np.tensordot(mixture, tensor, axes=(0, 0))
    return np.asarray(tensor)


def mixed_regret(tensor: FloatArray, mixtures: Sequence[Array]) -> FloatArray:
    """What each player could gain by a pure action against mixed play, `(N,)`.

    Args:
        tensor: of `payoff_tensor`.
        mixtures: as `expected_payoffs` takes them.

    Raises:
        ValueError, TypeError: as `expected_payoffs`.

    Example:
        >>> pennies = np.zeros((2, 2, 2))
        >>> pennies[..., 0] = [[1, -1], [-1, 1]]
        >>> pennies[..., 1] = -pennies[..., 0]
        >>> mixed_regret(pennies, [np.array([0.5, 0.5]), np.array([0.75, 0.25])])
        array([0.5, 0. ])
    """
    mixtures = _checked_mixtures(tensor, mixtures)
    players = len(mixtures)
    gains = []
    for player in range(players):
        left = np.moveaxis(tensor[..., player], player, 0)
        for other in (mixture for index, mixture in enumerate(mixtures) if index != player):
            left = np.tensordot(left, other, axes=(1, 0))
        gains.append(left.max() - left @ mixtures[player])
    return np.maximum(np.array(gains), 0.0)


def _checked_mixtures(tensor: FloatArray, mixtures: Sequence[Array]) -> list[FloatArray]:
    sizes = tensor.shape[:-1]
    if len(mixtures) != len(sizes):
        raise ValueError(f"there are {len(mixtures)} mixtures for {len(sizes)} players: give one for each")
    checked = []
    for player, (size, mixture) in enumerate(zip(sizes, mixtures, strict=True)):
        array = real_array(f"mixtures[{player}]", mixture)
        if array.shape != (size,):
            raise ValueError(
                f"mixtures[{player}] has the shape {array.shape}; its player has {size} actions: ({size},)"
            )
        if not (abs(array.sum() - 1) <= GIVEN and array.min() >= -GIVEN):
            raise ValueError(
                f"mixtures[{player}] is no distribution: it sums to {array.sum():g} and its least entry is "
                f"{array.min():g}"
            )
        checked.append(without_rounding(array))
    return checked


def _sizes(game: Game[Any]) -> list[int]:
    sizes = []
    for player, space in zip(game.players, game.spaces, strict=True):
        if not isinstance(space, Discrete):
            raise ValueError(f"the actions of {player} are {space}, not Discrete: there is no finite tensor")
        sizes.append(int(space.n))
    return sizes
