"""The payoffs of every profile as one array, as normal-form games hold them."""

from __future__ import annotations

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..equilibrium.checks import check_one_market, check_searchable
from ..equilibrium.multiset_payoffs import payoffs_against, places
from ..game import checked_platforms
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
    check_one_market(market, choice, "payoff_tensor")
    platforms, models = checked_platforms(num_platforms), market.num_models
    if platforms > MAX_PLATFORMS:
        raise ValueError(f"a payoff tensor has an axis for each of at most {MAX_PLATFORMS} platforms; got {platforms}")
    check_searchable(platforms * models**platforms, MAX_PAYOFFS, "payoffs", market, platforms, choice)
    others = np.indices((models,) * (platforms - 1)).reshape(platforms - 1, models ** (platforms - 1)).T
    earned = payoffs_against(market, platforms, choice)[places(np.sort(others, axis=1))]
    first = earned.T.reshape((models,) * platforms)
    return np.stack([np.moveaxis(first, 0, platform) for platform in range(platforms)])
