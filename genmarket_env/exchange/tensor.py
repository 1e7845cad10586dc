"""The payoffs of every profile as one array, as normal-form games hold them."""

from __future__ import annotations

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..equilibrium.market_game import MarketGame, game_of
from ..exact.effort import check_size
from ..exact.multisets import places
from ..market import FloatArray, Market

MAX_PAYOFFS = 5_000_000
"""The most payoffs of a tensor, platforms * models ** platforms: 40 MB."""

MAX_PLATFORMS = 63
"""NumPy's arrays have at most 64 axes."""


def payoff_tensor(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The payoff of each platform in every profile: `[i, f_0, ..., f_(N-1)]` of `(N, M, ..., M)`, in [0, 1].

    Args:
        market: one market.
        num_platforms: N, at least 1; the tensor has `N * M ** N` entries, of which 5 million are allowed.
        choice: how users choose; it must treat platforms alike.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1 or above 63, or too many payoffs (says how many).
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> from genmarket_env import Market, exchange
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> exchange.payoff_tensor(market, 2).round(2)
        array([[[0.29, 0.54],
                [0.32, 0.22]],
               [[0.29, 0.32],
                [0.54, 0.22]]])
    """
    return tensor_of(game_of("payoff_tensor", market, num_platforms, choice))


def tensor_of(game: MarketGame) -> FloatArray:
    """`payoff_tensor` of a game; the same errors but for those of its parts."""
    platforms, models = game.num_platforms, game.num_models
    if platforms > MAX_PLATFORMS:
        raise ValueError(f"a payoff tensor has an axis for each of at most {MAX_PLATFORMS} platforms; got {platforms}")
    check_size(game, platforms * models**platforms, MAX_PAYOFFS, "payoffs")
    others = np.indices((models,) * (platforms - 1)).reshape(platforms - 1, models ** (platforms - 1)).T
    earned = game.payoffs_against(None)[places(np.sort(others, axis=1))]
    first = earned.T.reshape((models,) * platforms)
    return np.stack([np.moveaxis(first, 0, platform) for platform in range(platforms)])
