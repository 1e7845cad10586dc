"""Who loses: what the users of each type get, of what there is and of what a planner would give them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..choice import ChoiceRule, HardMax, HasOutsideValue
from ..equilibrium.checks import check_one_market
from ..equilibrium.market_game import MarketGame
from ..game import checked_profile
from ..market import FloatArray, IntArray, Market
from ..planner import optimum_of
from ..tolerances import EQUAL


@dataclass(frozen=True)
class WelfareByType:
    """What a user of each type gets; tuples are in the order of the types, figures in units of the score.

    Attributes:
        user_names: of the types.
        masses: of the types; they sum to 1.
        gets: the expected score of what a user of the type is served; those who stay away count what the choice rule
            says they have elsewhere. Weighted by the masses it sums to the `surplus`, the welfare where nobody does.
        best: the score of the best model of the pool for the type, or what it has elsewhere where that is more.
        planner: what a user gets under the planner's optimum.
        lost: `best - gets`.
        lost_to_planner: `planner - gets`; negative for types that a planner would give less.
        worst_off: the type that gets the least, an index; of those that have users.
        loses_most: the type with the largest `lost`, an index; None if no type that has users loses anything.
    """

    user_names: tuple[str, ...]
    masses: tuple[float, ...]
    gets: tuple[float, ...]
    best: tuple[float, ...]
    planner: tuple[float, ...]
    lost: tuple[float, ...]
    lost_to_planner: tuple[float, ...]
    worst_off: int
    loses_most: int | None


def welfare_by_type(
    market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax(), *, planner: ArrayLike | None = None
) -> WelfareByType:
    """What the users of each type get if platforms deploy `profile`, and what they lose.

    Args:
        market: one market.
        profile: the model of each platform, `(platforms,)`.
        choice: how users choose.
        planner: the profile to compare with, of any length; by default `planner_optimum` for as many platforms.

    Raises:
        ValueError: a batch of markets or of profiles, an index out of range, or a market too large for its planner's
            optimum.
        TypeError: `market` is no Market, `choice` no rule, or a profile not integer.

    Source: derived; the sum over types is the welfare of Def. 2.5.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], user_names=["prose", "code"])
        >>> found = welfare_by_type(market, [0, 0])
        >>> found.gets, found.best, found.planner, found.user_names[found.loses_most]
        ((0.9, 0.1), (0.9, 0.8), (0.9, 0.8), 'code')
    """
    check_one_market(market, choice, "welfare_by_type")
    deployed = checked_profile(market, profile)
    if deployed.ndim != 1:
        raise ValueError(f"profile has the shape {deployed.shape}; welfare_by_type takes one profile, (platforms,)")
    game = MarketGame(market, len(deployed), choice)
    optimum = optimum_of(game).profile if planner is None else checked_profile(market, planner)
    if optimum.ndim != 1:
        raise ValueError(f"planner has the shape {optimum.shape}; it must be one profile, (platforms,)")
    return by_type_of(game, deployed, optimum)


def by_type_of(game: MarketGame, deployed: IntArray, optimum: IntArray) -> WelfareByType:
    """`welfare_by_type` of a game: of a profile of it, beside one that a planner deploys."""
    market, choice = game.market, game.choice
    gets = game.user_surplus(deployed)
    best = best_there_is(market.scores, choice)
    under_planner = game.user_surplus(optimum)
    lost = best - gets
    asked = market.masses > 0
    most = _first_largest(np.where(asked, lost, -np.inf))
    return WelfareByType(
        user_names=market.user_names,
        masses=tuple(market.masses.tolist()),
        gets=tuple(gets.tolist()),
        best=tuple(best.tolist()),
        planner=tuple(under_planner.tolist()),
        lost=tuple(lost.tolist()),
        lost_to_planner=tuple((under_planner - gets).tolist()),
        worst_off=_first_largest(np.where(asked, -gets, -np.inf)),
        loses_most=most if lost[most] > EQUAL else None,
    )


def best_there_is(scores: FloatArray, choice: ChoiceRule) -> FloatArray:
    """The score of the best model for each type, or what it has elsewhere where that is more: `(users,)`.

    Args:
        scores: of the models, `(models, users)`.
        choice: how users choose.

    Example:
        >>> from genmarket_env import OutsideOption
        >>> best_there_is(np.array([[0.9, 0.1], [0.2, 0.4]]), OutsideOption(HardMax(), 0.5))
        array([0.9, 0.5])
    """
    best: FloatArray = scores.max(axis=0)
    if not isinstance(choice, HasOutsideValue):
        return best
    alone = kernel.user_surplus(scores, np.arange(len(scores))[:, None], choice)
    return np.maximum(best, alone.max(axis=0))


def _first_largest(values: FloatArray) -> int:
    return int((values >= values.max() - EQUAL).argmax())
