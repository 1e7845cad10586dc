"""Pure Nash equilibria: all of them, and how far a market is from having one.

A profile is a pure Nash equilibrium if no platform gains by deploying another model. One need not exist
(Proposition 2.2); the least epsilon for which an epsilon-equilibrium exists says how much is missing.
"""

from __future__ import annotations

import math
from types import MappingProxyType

from ..arguments import real_number
from ..choice import ChoiceRule, HardMax
from ..market import IntArray, Market
from .checks import check_one_market
from .regrets import regrets_of_profiles
from .search import profiles_within
from .solution import Solution, Status

EPSILON_TOL = 1e-12
"""Profiles whose largest regrets differ by no more than this count as equally far from equilibrium."""


def pure_equilibria(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, tol: float = 1e-12
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
    check_one_market(market, choice, "pure_equilibria")
    limit = real_number("tol", tol)
    if not limit >= 0:
        raise ValueError(f"tol is {tol}; it must be >= 0")
    return profiles_within(market, num_platforms, choice, limit)[0]


def least_epsilon(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> Solution:
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
    check_one_market(market, choice, "least_epsilon")
    profiles, regrets = profiles_within(market, num_platforms, choice, math.inf, lowest=True)
    value = float(regrets[-1])
    profile = profiles[regrets <= value + EPSILON_TOL][0]
    return Solution(
        status=Status.CONVERGED,
        value=value,
        profile=profile,
        nash_conv=float(regrets_of_profiles(market, profile[None], choice).sum()),
        stats=MappingProxyType({"profiles": math.comb(market.num_models + len(profile) - 1, len(profile))}),
    )
