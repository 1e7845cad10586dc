"""The market game by plain data: what takes the name of a game, or a dotted path, takes a market so.

Source: Wei, Shi, Zhang, "Market Games for Generative Models" (ICLR 2026), Section 2; see `genmarket_env.MarketGame`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..equilibrium.market_game import MarketGame
from ..plain import choice_from, economy_from, market_from


def platform_market(
    market: str | Mapping[str, Any] = "livebench-2026-06",
    platforms: int = 2,
    choice: str | Mapping[str, Any] = "hardmax",
    economy: Mapping[str, Any] | None = None,
) -> MarketGame:
    """Platforms deploy models of a market at the same time; each earns what its users bring.

    Args:
        market: a name of the catalogue, or plain data of `genmarket_env.plain`.
        platforms: how many.
        choice: how users choose, as plain data.
        economy: what users choose by and platforms earn, as plain data; the score without it.

    Raises:
        ValueError, TypeError: as `genmarket_env.plain` and `MarketGame`.

    Example:
        >>> from genmarket_env import games
        >>> games.make("genmarket_env.games:platform_market", market="geneval-2025", platforms=3).num_models
        31
    """
    return MarketGame(market_from(market), platforms, choice_from(choice), economy=economy_from(economy))
