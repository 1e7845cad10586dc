"""What the owners of platforms that differ can expect of a market whose scores and masses are known up to errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import kernel
from ..equilibrium.limit_set import LimitSet
from ..equilibrium.market_game import MarketGame
from ..market import FloatArray, IntArray
from .spread import ModelOutlook, Spread, models_of, spread


@dataclass(frozen=True)
class OwnerOutlook:
    """What an owner of platforms earns and deploys in redrawn markets.

    Owners who are alike, platform by platform, cannot be told apart: they are one `OwnerOutlook`, of their mean.

    Attributes:
        platforms: of each of these owners, by index.
        earned: by each of them, with all its platforms.
        models: those that some of these platforms deploys in some draw, the likeliest first; their shares are of the
            users of these platforms alone.
    """

    platforms: tuple[tuple[int, ...], ...]
    earned: Spread
    models: tuple[ModelOutlook, ...]


def owners_of(game: MarketGame, draws: Iterable[tuple[MarketGame, LimitSet]], level: float) -> tuple[OwnerOutlook, ...]:
    """What owners earn and deploy, each draw counting with the mean over the profiles in which its play ends.

    Args:
        game: whose platforms they are.
        draws: the game on each redrawn market, and where its play ends.
        level: the confidence level of the intervals of probabilities.

    Returns:
        In the order of the first platform of each.

    Example:
        >>> from genmarket_env import Economy, Market
        >>> from genmarket_env.equilibrium.limit_set import limit_set
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> game = MarketGame(market, 3, economy=Economy(owners=["one", "one", "two"]))
        >>> one, two = owners_of(game, [(game, limit_set(game))], 0.95)
        >>> one.platforms, round(one.earned.mean, 2), [found.model for found in one.models]
        (((0, 1),), 0.59, [0, 1])
    """
    groups = sorted(game.groups(None), key=lambda group: int(group.players.min()))
    found = [[_figures(drawn, limit.profiles, group.players) for group in groups] for drawn, limit in draws]
    outlooks = []
    for group, each in zip(groups, zip(*found, strict=True), strict=True):
        earned, deployed, shares = (np.array(figure) for figure in zip(*each, strict=True))
        platforms = tuple(sorted(tuple(sorted(of_owner)) for of_owner in group.players.tolist()))
        outlooks.append(OwnerOutlook(platforms, spread(earned), models_of(deployed, shares, level)))
    return tuple(outlooks)


def _figures(game: MarketGame, profiles: IntArray, players: IntArray) -> tuple[float, FloatArray, FloatArray]:
    """What each of some owners earns, which models their platforms deploy, and how many users these serve.

    All on average over profiles `(P, N)`; `players` are the platforms of each owner, `(owners, n)`.
    """
    platforms = players.ravel()
    scores, rows, _ = game.offered(profiles)
    shares = kernel.market_shares(scores, game.market.masses, rows, game.choice)[:, platforms]
    deployed = kernel.by_model(np.ones(shares.shape), profiles[:, platforms], game.num_models) > 0
    served = kernel.by_model(shares, profiles[:, platforms], game.num_models)
    earned = game.of_owners(game.earned(profiles))[:, players[:, 0]]
    return float(earned.mean()), deployed.mean(axis=0), served.mean(axis=0)
