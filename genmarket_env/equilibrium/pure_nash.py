"""Pure Nash equilibria: all of them, and how far a market is from having one.

A profile is a pure Nash equilibrium if no platform gains by deploying another model. One need not exist
(Proposition 2.2); the least epsilon for which an epsilon-equilibrium exists says how much is missing.
"""

from __future__ import annotations

from .. import exact
from ..choice import ChoiceRule, HardMax
from ..market import IntArray, Market
from ..tolerances import REGRET_TOL
from .market_game import game_of
from .solution import PureSolution

__all__ = ["REGRET_TOL", "least_epsilon", "pure_equilibria"]


def pure_equilibria(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, tol: float = REGRET_TOL
) -> IntArray:
    """Every pure Nash equilibrium, as sorted multisets `(E, platforms)` in lexicographic order; E may be 0.

    Platforms are exchangeable, so a multiset stands for all its permutations.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        tol: the largest regret that an equilibrium may have, >= 0.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, `tol` negative or NaN, or too many multisets to
            search (says how many).
        TypeError: `num_platforms` is not an integer, or `tol` no number.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> pure_equilibria(market, 2)
        array([[0, 1]])
    """
    return exact.pure_equilibria(game_of("pure_equilibria", market, num_platforms, choice), tol=tol)


def least_epsilon(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> PureSolution:
    """The least epsilon for which a pure epsilon-equilibrium exists, and the first profile that is one.

    Epsilon is the largest regret of a platform, in units of payoff; 0 if a pure Nash equilibrium exists. Derived.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.

    Returns:
        `value`, the smallest over all profiles of the largest regret; `profile`, the lexicographically first sorted
        profile whose largest regret is within 1e-12 of it; `nash_conv` of that profile.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, or too many multisets to search (says how many).
        TypeError: `num_platforms` is not an integer.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> solution = least_epsilon(market, 2)
        >>> solution.value, solution.profile
        (0.0, array([0, 1]))
    """
    return exact.least_epsilon(game_of("least_epsilon", market, num_platforms, choice))
