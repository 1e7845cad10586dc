"""The planner's optimum: the profile that gives users the most."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from . import kernel
from .arguments import checked_integer
from .choice import ChoiceRule, HardMax
from .compiled import HARDMAX, RuleParameters, parameters
from .equilibrium.checks import check_alike, check_enumerable, check_one_market
from .equilibrium.multiset_payoffs import multisets
from .equilibrium.solution import Solution, Status
from .game import checked_platforms, welfare
from .market import FloatArray, Market
from .maximum_coverage import MaximumCoverage, coverage_by_milp, greedy_coverage, maximum_coverage
from .messages import shown

PlannerMethod = Literal["branch_and_bound", "milp", "greedy"]

SMALL_SEARCH = 500_000
"""Up to so many deployed scores all multisets are compared: some ten milliseconds, and nothing is compiled."""

_TOLERANCE = 1e-13
_MILP_TOLERANCE = 1e-11
_BLOCK_STEPS = 2_000_000


def planner_optimum(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    max_nodes: int = 200_000,
    method: PlannerMethod = "branch_and_bound",
) -> Solution:
    """The largest welfare that any profile gives (Def. 2.6), and a profile that gives it.

    Under HardMax welfare is coverage, so this is a maximum-coverage problem (`genmarket_env.maximum_coverage`); with a
    reservation value, scores below it count 0. It is solved by

    * `"branch_and_bound"`, the fastest and exact to 1e-12; in small markets all multisets of models are compared;
    * `"milp"`: SciPy's mixed-integer solver HiGHS, exact to 1e-11; an independent check;
    * `"greedy"`: the model that adds the most, one at a time; worth at least `1 - 1 / e` of the optimum.

    Under any other rule, and where distinct scores tie under a wide `tie_tol` so that repeats change welfare, it is not
    coverage: all multisets are compared, and `"milp"` and `"greedy"` are refused.

    Args:
        market: one market.
        num_platforms: the length of the profile; more platforms than models repeat models.
        choice: how users choose.
        max_nodes: how many nodes the branch and bound, or HiGHS, may search, at least 1.
        method: how to solve it where welfare is coverage.

    Returns:
        `value`, the welfare of `profile` by the kernel; `profile`, `(num_platforms,)`, sorted. `status` is CONVERGED if
        the bound proves it the optimum; MAX_ROUNDS if `max_nodes` did not suffice, or greedy models are not known to be
        the best: then `value` is the best found. `stats` has `upper_bound`, which no profile's welfare exceeds, and
        `nodes` or `profiles`, how many were searched. The `upper_bound` of `"greedy"` depends on the market, and is at
        most `guaranteed_upper_bound`, `value / (1 - (1 - 1/n)^n)` for `n` models deployed.

    Raises:
        ValueError: a batch of markets, `num_platforms` or `max_nodes` below 1, too many multisets to compare, an
            unknown `method`, or one that needs welfare to be coverage where it is not.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` or `max_nodes` not an integer.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4])
        >>> optimum = planner_optimum(market, 2)
        >>> optimum.profile, round(optimum.value, 2)
        (array([0, 1]), 0.86)
        >>> greedy = planner_optimum(market, 2, method="greedy")
        >>> greedy.profile, round(greedy.value, 2), round(greedy.stats["upper_bound"], 2)
        (array([0, 2]), 0.78, 0.86)
    """
    platforms = checked_platforms(num_platforms)
    check_one_market(market, choice, "planner_optimum")
    checked_integer("max_nodes", max_nodes, 1)
    if method not in get_args(PlannerMethod):
        raise ValueError(f"method is {shown(method)}; it must be one of {', '.join(get_args(PlannerMethod))}")
    rule = parameters(choice, market.num_users)
    if rule is None or rule.kind != HARDMAX or not _is_coverage(market, rule):
        if method != "branch_and_bound":
            raise ValueError(f"method {method!r} needs welfare to be coverage; leave it out under {shown(choice)}")
        return _best_multiset(market, platforms, choice)
    count = math.comb(market.num_models + platforms - 1, platforms)
    if method == "branch_and_bound" and count * platforms * market.num_users <= SMALL_SEARCH:
        return _best_multiset(market, platforms, choice)
    return _best_coverage(market, platforms, choice, rule, max_nodes, method)


def _is_coverage(market: Market, rule: RuleParameters) -> bool:
    """Whether welfare is coverage to 1e-12: no scores tie that differ by more."""
    gaps = np.diff(np.sort(market.scores, axis=0), axis=0)
    return rule.scale <= HardMax().tie_tol or not ((gaps > 0) & (gaps <= rule.scale)).any()


def _best_coverage(
    market: Market, platforms: int, choice: ChoiceRule, rule: RuleParameters, max_nodes: int, method: PlannerMethod
) -> Solution:
    values = np.where(market.scores >= rule.reservation, market.weighted_scores, 0.0)
    size = min(platforms, market.num_models)
    found = _covered(values, size, max_nodes, method)
    profile = np.sort(np.resize(found.models, platforms))
    solved = found.upper_bound <= found.worth + (_MILP_TOLERANCE if method == "milp" else _TOLERANCE)
    stats = {"nodes": found.nodes, "upper_bound": found.upper_bound}
    if method == "greedy":
        stats["guaranteed_upper_bound"] = found.worth / (1 - (1 - 1 / size) ** size)
    return Solution(
        status=Status.CONVERGED if solved else Status.MAX_ROUNDS,
        value=float(welfare(market, profile, choice)),
        profile=profile,
        stats=MappingProxyType(stats),
    )


def _covered(values: FloatArray, size: int, max_nodes: int, method: PlannerMethod) -> MaximumCoverage:
    if method == "greedy":
        return greedy_coverage(values, size)
    if method == "milp":
        return coverage_by_milp(values, size, max_nodes=max_nodes)
    return maximum_coverage(values, size, tolerance=_TOLERANCE, max_nodes=max_nodes)


def _best_multiset(market: Market, platforms: int, choice: ChoiceRule) -> Solution:
    count = math.comb(market.num_models + platforms - 1, platforms)
    check_alike(market, platforms, choice)
    check_enumerable(market, platforms, choice, count)
    best, value, bound = np.zeros(platforms, np.int64), -math.inf, -math.inf
    block = max(1, _BLOCK_STEPS // (platforms * market.num_users))
    for profiles in multisets(market.num_models, platforms, block):
        totals = kernel.welfare(market.scores, market.masses, profiles, choice)
        bound = max(bound, float(totals.max()))
        # Of optima that differ by rounding alone the first, so that the last digit does not choose.
        first = int((totals >= totals.max() - _TOLERANCE).argmax())
        if totals[first] > value + _TOLERANCE:
            best, value = profiles[first], float(totals[first])
    return Solution(
        status=Status.CONVERGED,
        value=value,
        profile=best,
        stats=MappingProxyType({"profiles": count, "upper_bound": bound}),
    )
