"""The planner's optimum: the profile that gives users the most."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np

from . import kernel
from .arguments import checked_integer
from .choice import ChoiceRule, HardMax
from .compiled import HARDMAX, RuleParameters, parameters
from .equilibrium.checks import check_enumerable, check_one_market
from .equilibrium.search import multisets
from .equilibrium.solution import Solution, Status
from .game import checked_platforms, welfare
from .market import Market
from .maximum_coverage import maximum_coverage

SMALL_SEARCH = 100_000
"""Up to so many deployed scores all multisets are compared: milliseconds, and nothing is compiled."""

_TOLERANCE = 1e-13
_BLOCK = 2**14


def planner_optimum(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, max_nodes: int = 200_000
) -> Solution:
    """The largest welfare that any profile gives (Def. 2.6), and a profile that gives it.

    Under HardMax welfare is coverage, so this is a maximum-coverage problem, solved by branch and bound
    (`genmarket_env.maximum_coverage`); with a reservation value, scores below it count 0. Under any other rule,
    where distinct scores tie under a wide `tie_tol` so that repeats change welfare, and in small markets, all multisets
    of models are compared.

    Args:
        market: one market.
        num_platforms: the length of the profile; more platforms than models repeat models.
        choice: how users choose.
        max_nodes: how many nodes the branch and bound may search, at least 1.

    Returns:
        `value`, the welfare of `profile` by the kernel, within 1e-12 of the optimum; `profile`, `(num_platforms,)`,
        sorted. `status` is MAX_ROUNDS if `max_nodes` did not suffice: then `value` is the best found. `stats` has
        `upper_bound`, which no profile's welfare exceeds, and `nodes` or `profiles`, how many were searched.

    Raises:
        ValueError: a batch of markets, `num_platforms` or `max_nodes` below 1, or too many multisets to compare.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` or `max_nodes` not an integer.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
        >>> optimum = planner_optimum(market, 2)
        >>> optimum.profile, round(optimum.value, 2)
        (array([0, 1]), 0.86)
    """
    platforms = checked_platforms(num_platforms)
    check_one_market(market, choice, "planner_optimum")
    checked_integer("max_nodes", max_nodes, 1)
    rule = parameters(choice, market.num_users)
    count = math.comb(market.num_models + platforms - 1, platforms)
    small = count * platforms * market.num_users <= SMALL_SEARCH
    if not small and rule is not None and rule.kind == HARDMAX and _is_coverage(market, rule):
        return _best_coverage(market, platforms, choice, rule, max_nodes)
    return _best_multiset(market, platforms, choice)


def _is_coverage(market: Market, rule: RuleParameters) -> bool:
    """Whether welfare is coverage to 1e-12: no scores tie that differ by more."""
    gaps = np.diff(np.sort(market.scores, axis=0), axis=0)
    return rule.scale <= HardMax().tie_tol or not ((gaps > 0) & (gaps <= rule.scale)).any()


def _best_coverage(
    market: Market, platforms: int, choice: ChoiceRule, rule: RuleParameters, max_nodes: int
) -> Solution:
    values = np.where(market.scores >= rule.reservation, market.weighted_scores, 0.0)
    size = min(platforms, market.num_models)
    found = maximum_coverage(values, size, tolerance=_TOLERANCE, max_nodes=max_nodes)
    profile = np.sort(np.resize(found.models, platforms))
    solved = found.upper_bound <= found.worth + _TOLERANCE
    return Solution(
        status=Status.CONVERGED if solved else Status.MAX_ROUNDS,
        value=float(welfare(market, profile, choice)),
        profile=profile,
        stats=MappingProxyType({"nodes": found.nodes, "upper_bound": found.upper_bound}),
    )


def _best_multiset(market: Market, platforms: int, choice: ChoiceRule) -> Solution:
    count = math.comb(market.num_models + platforms - 1, platforms)
    check_enumerable(market, platforms, choice, count)
    best, value = np.zeros(platforms, np.int64), -math.inf
    for profiles in multisets(market.num_models, platforms, _BLOCK):
        totals = kernel.welfare(market.scores, market.masses, profiles, choice)
        first = int(totals.argmax())
        if totals[first] > value:
            best, value = profiles[first], float(totals[first])
    return Solution(
        status=Status.CONVERGED,
        value=value,
        profile=best,
        stats=MappingProxyType({"profiles": count, "upper_bound": value}),
    )
