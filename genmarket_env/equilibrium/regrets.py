"""The regrets of a few profiles by the kernel, in a market of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import kernel
from ..market import FloatArray, IntArray
from ..offers import worths_of

if TYPE_CHECKING:
    from .market_game import MarketGame

_BLOCK_STEPS = 10_000_000


def regrets_of_profiles(game: MarketGame, profiles: IntArray) -> FloatArray:
    """What each platform of profiles `(P, platforms)` would gain by its best model, `(P, platforms)`.

    The kernel takes all deviations at once; here some models at a time, so that memory does not grow with the pool.

    Example:
        >>> from genmarket_env import Market, MarketGame
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> regrets_of_profiles(game, np.array([[1, 1]])).round(2)
        array([[0.32, 0.32]])
    """
    market, platforms, choice = game.offers, profiles.shape[1], game.choice
    worths = worths_of(market)
    if profiles.size * platforms * market.num_models * market.num_users <= _BLOCK_STEPS:
        return kernel.regret(market.scores, market.masses, profiles, choice, worths)
    size = max(1, _BLOCK_STEPS // (platforms**2 * market.num_users))
    out = np.empty(profiles.shape)
    for number, profile in enumerate(profiles):
        deployed, places = np.unique(profile, return_inverse=True)
        best = np.full(platforms, -np.inf)
        for start in range(0, market.num_models, size):
            models = np.append(deployed, np.arange(start, min(start + size, market.num_models)))
            paid = None if worths is None else worths[models]
            earned = kernel.deviation_payoffs(market.scores[models], market.masses, places, choice, paid)
            np.maximum(best, earned.max(axis=1), out=best)
        out[number] = best - earned[np.arange(platforms), places]
    return out
