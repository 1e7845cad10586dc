"""What a homogeneous outcome costs: how many users have a better model than the one that all platforms deploy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..equilibrium.market_game import MarketGame
from ..market import IntArray
from ..tolerances import EQUAL
from .welfare_by_type import best_there_is


@dataclass(frozen=True)
class HomogeneousCost:
    """Whom it costs something that all platforms deploy one model: users for whom another model is better.

    A user type is among them if the best there is for it, of the pool or elsewhere, is more than what it gets,
    by more than 1e-12, both in units of the score. Types without users are not counted.

    Attributes:
        model: the model that all platforms deploy, an index.
        equilibrium: whether that is a pure Nash equilibrium of the answer.
        types: how many user types it costs something.
        share_of_types: of the user types that have users, in [0, 1].
        share_of_users: the mass of these types, in [0, 1].
        lost: what users lack to the best there is for each, on average by mass.
    """

    model: int
    equilibrium: bool
    types: int
    share_of_types: float
    share_of_users: float
    lost: float


def homogeneous_costs(game: MarketGame, equilibria: IntArray) -> tuple[HomogeneousCost, ...]:
    """What the homogeneous outcomes of a game cost users, one for each model that all platforms deploy.

    These outcomes are the homogeneous equilibria. Where there is none it is everybody on the model of the best average
    score: of all homogeneous outcomes the best for users where all are served.

    Args:
        game: whose platforms and users they are.
        equilibria: its pure equilibria, `(E, platforms)`.

    Returns:
        By model; nothing where no model may be deployed by all platforms.

    Source: derived.

    Example:
        >>> from genmarket_env import Market
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> (found,) = homogeneous_costs(game, np.array([[0, 1]]))
        >>> found.model, found.equilibrium, found.types, found.share_of_users, round(found.lost, 2)
        (0, False, 1, 0.4, 0.28)
    """
    market, economy = game.market, game.economy
    alike = equilibria[(equilibria == equilibria[:, :1]).all(axis=1)] if len(equilibria) else equilibria
    if len(alike):
        models = np.unique(alike[:, 0])
    elif economy is None or economy.access is None:
        models = market.best_on_average.reshape(1)
    else:
        allowed = economy.access.all(axis=0)
        averages = np.where(allowed, market.average_scores, -np.inf)
        models = np.flatnonzero(allowed & (averages >= averages.max() - EQUAL))[:1]
    gets = game.user_surplus(np.repeat(models[:, None], game.num_platforms, axis=1))
    lacks = best_there_is(market.scores, game.choice) - gets
    asked = market.masses > 0
    losing = (lacks > EQUAL) & asked
    return tuple(
        HomogeneousCost(
            model=model,
            equilibrium=bool(len(alike)),
            types=int(found.sum()),
            share_of_types=float(found.sum() / asked.sum()),
            share_of_users=float(min(market.masses[found].sum(), 1.0)),
            lost=float(market.masses[asked] @ lack[asked]),
        )
        for model, found, lack in zip(models.tolist(), losing, lacks, strict=True)
    )
