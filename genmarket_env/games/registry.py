"""The games by name, and how one is made from plain parameters."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from ..messages import listed, shown
from ..protocol import Game
from .accuracy_market import AccuracyMarket
from .pricing_duopoly import PricingDuopoly
from .token_auction import TokenAuction

GAMES: dict[str, Callable[..., Game[Any]]] = {
    "accuracy-market": AccuracyMarket,
    "pricing-duopoly": PricingDuopoly,
    "token-auction": TokenAuction,
}


def names() -> list[str]:
    """The names of all games.

    Example:
        >>> "token-auction" in names()
        True
    """
    return list(GAMES)


def make(name: str, **parameters: Any) -> Game[Any]:
    """The game of that name.

    Args:
        name: one of `names()`.
        parameters: of the game, by their names; the others keep their defaults.

    Raises:
        ValueError: there is no such game, it has no such parameter, or a value is out of range.

    Example:
        >>> make("token-auction", n=3).players
        ('advertiser_0', 'advertiser_1', 'advertiser_2')
    """
    if name not in GAMES:
        raise ValueError(f"no game is called {shown(name)}; the games are: {listed(names())}")
    known = signature(GAMES[name]).parameters
    for parameter in parameters:
        if parameter not in known:
            raise ValueError(f"{name} has no parameter {shown(parameter)}; it has: {listed(known)}")
    return GAMES[name](**parameters)
