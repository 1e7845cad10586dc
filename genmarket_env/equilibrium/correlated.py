r"""Correlated and coarse correlated equilibria: the one with the best, or the worst, welfare.

A mediator draws a profile `f` from a distribution `p` and tells each platform which model to deploy. `p` is a
*correlated equilibrium* (Aumann 1974) if no platform gains by deploying `l` whenever it is told `j`, and a *coarse
correlated equilibrium* (Moulin, Vial 1978) if none gains by deploying `l` whatever it would be told:

    sum_f p(f) 1{f_i = j} (U_i(l, f_-i) - U_i(f)) <= 0   for all i, j, l    (correlated)
    sum_f p(f) (U_i(l, f_-i) - U_i(f)) <= 0              for all i, l       (coarse)

Averaging a solution over all permutations of the platforms gives another one of the same welfare, as the sets are
convex and platforms exchangeable. So `p` may be taken over sorted multisets, each model of which goes to a uniformly
random platform: `C(M + N - 1, N)` variables in place of `M^N`, and one constraint for all platforms (derived). A model
that is strictly dominated is in no correlated equilibrium and is removed first, again and again; in coarse ones it can
be, as a platform must take what it is told or give up all of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from .. import kernel
from ..choice import ChoiceRule, HardMax
from ..game import checked_platforms
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from .checks import check_one_market, check_searchable
from .dominance import candidates, restricted
from .multiset_payoffs import all_multisets, opponents_faced, payoffs_against, places
from .solution import Solution, Status

Welfare = Literal["best", "worst"]

GAIN_TOL = 1e-9
"""The largest expected gain from a deviation, and the largest distance from the bound of the optimum, in units of
payoff, at which a distribution counts as the equilibrium looked for."""

MAX_DEVIATIONS = 5_000_000
"""The most deviations (profiles * platforms * models) that are compared.

20 models on 5 platforms have 4.3 million: a second or two, half a minute if no model is dominated.
"""

MAX_CELLS = 20_000_000
"""The most cells of the linear programme: half a minute."""

_DOMINANCE_MARGIN = 1e-12
_FEASIBILITY = 1e-10
_NEGLIGIBLE = 1e-13
_BLOCK_STEPS = 2_000_000


def correlated_equilibrium(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    coarse: bool = False,
    welfare: Welfare = "best",
    most_cells: int = MAX_CELLS,
) -> Solution:
    """The correlated equilibrium of the best or the worst welfare, by linear programming over multisets.

    Play of learners without internal regret approaches the set of correlated equilibria, without external regret that
    of coarse ones, so the two welfares bound what such play gives users.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; it must treat platforms alike.
        coarse: look among coarse correlated equilibria, of which there are more.
        welfare: which end of the set's range of welfare.
        most_cells: the most cells, constraints times multisets, of the linear programme.

    Returns:
        `value`, the expected surplus, which is the welfare where there is no outside option; `profile`, the multisets
        that are drawn, `(support, platforms)` in lexicographic order, and their `probabilities`, `(support,)`, all
        positive: each model of the multiset drawn is told to a uniformly random platform. `stats` has `largest_gain`,
        what a platform gains by its best deviation (correlated: the best one for every model that it may be told;
        coarse: the best model), by the kernel; `welfare_bound`, which by duality no equilibrium of the kind passes; and
        `profiles`, the number of multisets compared. `status` is CONVERGED if `largest_gain` and the distance from the
        bound are at most 1e-9, MAX_ROUNDS otherwise; if the programme cannot be solved at all, nothing but `profiles`
        is filled.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, another `welfare`, or too many deviations to compare.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Source: Aumann (1974); Moulin and Vial (1978); the reduction to multisets is derived.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> best = correlated_equilibrium(market, 2)
        >>> best.profile, best.probabilities, round(best.value, 2)
        (array([[0, 1]]), array([1.]), 0.86)
    """
    check_one_market(market, choice, "correlated_equilibrium")
    platforms = checked_platforms(num_platforms)
    if welfare not in get_args(Welfare):
        raise ValueError(f"welfare is {shown(welfare)}; it must be one of {', '.join(get_args(Welfare))}")
    models = np.arange(market.num_models) if coarse else candidates(market, platforms, choice, _DOMINANCE_MARGIN)
    return _of_models(restricted(market, models), models, platforms, choice, coarse, welfare, most_cells)


def _of_models(
    market: Market,
    models: IntArray,
    platforms: int,
    choice: ChoiceRule,
    coarse: bool,
    welfare: Welfare,
    most_cells: int,
) -> Solution:
    """The solution of a market that holds only some `models` of the pool: the others are in none, and no better."""
    multisets = math.comb(market.num_models + platforms - 1, platforms)
    deviations = multisets * platforms * market.num_models
    check_searchable(deviations, MAX_DEVIATIONS, "deviations", market, platforms, choice)
    programme = _coarse(market, platforms, choice) if coarse else _correlated(market, platforms, choice)
    cells = math.prod(programme.gains.shape)
    check_searchable(cells, most_cells, "cells of the linear programme", market, platforms, choice)
    optimum = _solve(programme, 1.0 if welfare == "best" else -1.0)
    if optimum is None:
        return Solution(status=Status.MAX_ROUNDS, stats=MappingProxyType({"profiles": len(programme.profiles)}))
    weights, bound = optimum
    drawn = weights > 0
    profiles, probabilities = programme.profiles[drawn], weights[drawn]
    value = float(probabilities @ kernel.surplus(market.scores, market.masses, profiles, choice))
    gain = _largest_gain(market, profiles, probabilities, choice, coarse)
    solved = gain <= GAIN_TOL and abs(bound - value) <= GAIN_TOL
    return Solution(
        status=Status.CONVERGED if solved else Status.MAX_ROUNDS,
        value=value,
        profile=models[profiles],
        probabilities=probabilities,
        stats=MappingProxyType({"largest_gain": gain, "welfare_bound": bound, "profiles": len(programme.profiles)}),
    )


@dataclass(frozen=True, eq=False)
class _Programme:
    """Distributions over `profiles`, `(S, N)`, with `gains @ p <= 0`; `gains` is `(constraints, S)`, perhaps sparse."""

    profiles: IntArray
    surplus: FloatArray
    gains: Any


def _coarse(market: Market, platforms: int, choice: ChoiceRule) -> _Programme:
    profiles = all_multisets(market.num_models, platforms)
    gains = _gains(payoffs_against(market, platforms, choice), profiles)
    return _Programme(profiles, _surplus(market, profiles, choice), gains.sum(axis=1).T)


def _correlated(market: Market, platforms: int, choice: ChoiceRule) -> _Programme:
    from scipy.sparse import csr_array

    earned = payoffs_against(market, platforms, choice)
    models = _undominated(earned, platforms)
    profiles = models[all_multisets(models.size, platforms)]
    gains = _gains(earned, profiles)[..., models]
    constraint = profiles[..., None] * market.num_models + models
    column = np.broadcast_to(np.arange(len(profiles))[:, None, None], gains.shape)
    kept = gains != 0
    shape = (market.num_models**2, len(profiles))
    matrix = csr_array((gains[kept], (constraint[kept], column[kept])), shape=shape)
    return _Programme(profiles, _surplus(market, profiles, choice), matrix[np.unique(constraint[gains > 0])])


def _gains(earned: FloatArray, profiles: IntArray) -> FloatArray:
    """What a random platform gains in `[s, i, j]` if it is `i` and deploys `j`, `(S, N, M)`."""
    deviations = earned[opponents_faced(profiles)]
    own = np.take_along_axis(deviations, profiles[..., None], axis=-1)
    return (deviations - own) / profiles.shape[1]


def _surplus(market: Market, profiles: IntArray, choice: ChoiceRule) -> FloatArray:
    """The surplus of each profile, `(S,)`."""
    size = max(1, _BLOCK_STEPS // (profiles.shape[1] * market.num_users))
    return np.concatenate(
        [
            kernel.surplus(market.scores, market.masses, profiles[start : start + size], choice)
            for start in range(0, len(profiles), size)
        ]
    )


def _undominated(earned: FloatArray, platforms: int) -> IntArray:
    """The models that are left when those strictly dominated by another one are removed, again and again."""
    models = np.arange(earned.shape[1])
    while True:
        opponents = models[all_multisets(models.size, platforms - 1)]
        against = earned[places(opponents)][:, models]
        margins = np.array([(against - against[:, [j]]).min(axis=0).max() for j in range(models.size)])
        if (margins <= _DOMINANCE_MARGIN).all():
            return models
        models = models[margins <= _DOMINANCE_MARGIN]


def _solve(programme: _Programme, sign: float) -> tuple[FloatArray, float] | None:
    """The distribution of the largest `sign * surplus`, and the bound of its surplus that the multipliers give.

    None if HiGHS finds no distribution.

    For multipliers `y >= 0` no feasible `p` has a `sign * surplus` above the largest entry of
    `sign * surplus - y @ gains`.
    """
    from scipy.optimize import linprog

    size = len(programme.profiles)
    scale = float(abs(programme.gains).max()) or 1.0 if min(programme.gains.shape) else 1.0
    objective = -sign * programme.surplus
    tolerances = {"primal_feasibility_tolerance": _FEASIBILITY, "dual_feasibility_tolerance": _FEASIBILITY}
    # Presolving finds little in so few constraints, and takes longer than the simplex method; but now and then that
    # fails without it on a degenerate programme.
    for method, presolve in (("highs-ds", False), ("highs-ds", True), ("highs-ipm", True)):
        found = linprog(
            objective,
            A_ub=programme.gains / scale,
            b_ub=np.zeros(programme.gains.shape[0]),
            A_eq=np.ones((1, size)),
            b_eq=np.ones(1),
            method=method,
            options={"presolve": presolve, **tolerances},
        )
        if found.x is not None:
            break
    if found.x is None:
        return None
    weights = np.where(found.x > _NEGLIGIBLE, found.x, 0.0)
    multipliers = np.maximum(-found.ineqlin.marginals, 0.0) / scale
    return weights / weights.sum(), -sign * float((objective + multipliers @ programme.gains).min())


def _largest_gain(
    market: Market, profiles: IntArray, probabilities: FloatArray, choice: ChoiceRule, coarse: bool
) -> float:
    """What a platform gains by its best deviation from the distribution, by the kernel."""
    models, platforms = np.arange(market.num_models), profiles.shape[1]
    by_told = np.zeros((models.size, models.size))
    for profile, probability in zip(profiles, probabilities, strict=True):
        told, first, count = np.unique(profile, return_index=True, return_counts=True)
        rows = np.arange(told.size)
        switched = np.tile(profile, (told.size, models.size, 1))
        switched[rows[:, None], models, first[:, None]] = models
        payoffs = kernel.payoffs(market.scores, market.masses, switched, choice)[rows, :, first]
        by_told[told] += (probability * count / platforms)[:, None] * (payoffs - payoffs[rows, told][:, None])
    return float(by_told.sum(axis=0).max() if coarse else by_told.max(axis=1).sum())
