r"""Correlated and coarse correlated equilibria: the one with the best, or the worst, welfare.

A mediator draws a profile `f` from a distribution `p` and tells each player which action to take. `p` is a
*correlated equilibrium* (Aumann 1974) if no player gains by `l` whenever it is told `j`, and a *coarse correlated
equilibrium* (Moulin, Vial 1978) if none gains by `l` whatever it would be told:

    sum_f p(f) 1{f_i = j} (U_i(l, f_-i) - U_i(f)) <= 0   for all i, j, l    (correlated)
    sum_f p(f) (U_i(l, f_-i) - U_i(f)) <= 0              for all i, l       (coarse)

Averaging a solution over all permutations of the players gives another one of the same welfare, as the sets are convex
and players alike. So `p` may be taken over sorted multisets, each action of which goes to a uniformly random player:
`C(n + N - 1, N)` variables in place of `n^N`, and one constraint for all players (derived). An action that is strictly
dominated is in no correlated equilibrium and is removed first, again and again; in coarse ones it can be, as a player
must take what it is told or give up all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Described, Game
from ..status import Status
from .abilities import Reducible, Valued
from .correlated_deciders import Programme, gain_of_deciders, programme_of
from .deciders import deciders_of
from .effort import check_size
from .multisets import all_multisets, opponents_faced, places
from .solution import CorrelatedSolution, Solution
from .symmetric_games import payoffs_against, payoffs_of, sizes_of

Welfare = Literal["best", "worst"]

GAIN_TOL = 1e-9
"""The largest expected gain from a deviation, and the largest distance from the bound of the optimum, in units of
payoff, at which a distribution counts as the equilibrium looked for."""

MAX_DEVIATIONS = 5_000_000
"""The most deviations (profiles * players * actions) that are compared.

20 actions of 5 players have 4.3 million: a second or two, half a minute if no action is dominated.
"""

MAX_CELLS = 20_000_000
"""The most cells of the linear programme: half a minute."""

_DOMINANCE_MARGIN = 1e-12
_FEASIBILITY = 1e-10
_NEGLIGIBLE = 1e-13
_BLOCK_ENTRIES = 200_000


def correlated_equilibrium(
    game: Game[Any],
    state: Any = None,
    *,
    coarse: bool = False,
    welfare: Welfare = "best",
    most_cells: int = MAX_CELLS,
) -> CorrelatedSolution | Solution:
    """The correlated equilibrium of the best or the worst welfare, by linear programming over multisets.

    Play of learners without internal regret approaches the set of correlated equilibria, without external regret that
    of coarse ones, so the two welfares bound what such play gives. Welfare is the surplus of a game that has one
    (`Valued`), else the first of its figures (`Described`), else the sum of the payoffs.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.
        coarse: look among coarse correlated equilibria, of which there are more.
        welfare: which end of the set's range of welfare.
        most_cells: the most cells, constraints times multisets, of the linear programme.

    Returns:
        `value`, the expected welfare; `profile`, the multisets that are drawn, `(support, N)` in lexicographic order,
        and their `probabilities`, `(support,)`, all positive: each action of the multiset drawn is told to a uniformly
        random player. `stats` has `largest_gain`, what a player gains by its best deviation (correlated: the best one
        for every action that it may be told; coarse: the best action), computed anew; `welfare_bound`, which by duality
        no equilibrium of the kind passes; and `profiles`, the number of multisets compared. `status` is CONVERGED if
        `largest_gain` and the distance from the bound are at most 1e-9, MAX_ROUNDS otherwise; if the programme cannot
        be solved at all, nothing but `profiles` is filled.

    Raises:
        ValueError: the players are not alike, another `welfare`, or (`TooLarge`) too many deviations to compare.

    Source: Aumann (1974); Moulin and Vial (1978); the reduction to multisets is derived.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> best = correlated_equilibrium(AccuracyMarket(correct=[[1, 1, 0], [0, 0, 1]], w=[0.2, 0.3, 0.5]))
        >>> best.profile, best.probabilities, best.value
        (array([[0, 1]]), array([1.]), 1.0)
    """
    if welfare not in get_args(Welfare):
        raise ValueError(f"welfare is {shown(welfare)}; it must be one of {', '.join(get_args(Welfare))}")
    deciders = deciders_of(game, state)
    if deciders is not None:
        deciders.check(MAX_DEVIATIONS // max(len(group.strategies) for group in deciders.groups), "entries in profiles")
        value_of = _welfare_of(game, state)
        programme = programme_of(deciders, value_of, coarse=coarse)
        check_size(game, math.prod(programme.gains.shape), most_cells, "cells of the linear programme")

        def gained(drawn: IntArray, chances: FloatArray) -> float:
            return gain_of_deciders(deciders, drawn, chances, coarse=coarse)

        return _optimum(programme, value_of, gained, welfare)
    players, count = sizes_of(game, state)
    actions = np.arange(count)
    few = game
    if not coarse and isinstance(game, Reducible):
        actions = game.candidates(state, _DOMINANCE_MARGIN)
        few = game.restricted(actions)
    multisets = math.comb(len(actions) + players - 1, players)
    check_size(few, multisets * players * len(actions), MAX_DEVIATIONS, "deviations")
    earned = payoffs_against(few, state)
    programme = (_coarse if coarse else _correlated)(earned, players, _welfare_of(few, state))
    check_size(few, math.prod(programme.gains.shape), most_cells, "cells of the linear programme")

    def gain_of(drawn: IntArray, chances: FloatArray) -> float:
        return largest_gain(few, state, drawn, chances, coarse=coarse)

    found = _optimum(programme, _welfare_of(few, state), gain_of, welfare)
    return found if found.profile is None else replace(found, profile=actions[found.profile])


_Welfare: TypeAlias = Callable[[IntArray], FloatArray]
_Gained: TypeAlias = Callable[[IntArray, FloatArray], float]


def _optimum(
    programme: Programme, value_of: _Welfare, gain_of: _Gained, welfare: Welfare
) -> CorrelatedSolution | Solution:
    """What the programme gives, with the largest gain of a deviation from it."""
    optimum = _solve(programme, 1.0 if welfare == "best" else -1.0)
    if optimum is None:
        return Solution(status=Status.MAX_ROUNDS, stats=MappingProxyType({"profiles": len(programme.profiles)}))
    weights, bound = optimum
    drawn = weights > 0
    profiles, probabilities = programme.profiles[drawn], weights[drawn]
    value = float(probabilities @ value_of(profiles))
    gain = gain_of(profiles, probabilities)
    solved = gain <= GAIN_TOL and abs(bound - value) <= GAIN_TOL
    return CorrelatedSolution(
        status=Status.CONVERGED if solved else Status.MAX_ROUNDS,
        value=value,
        profile=profiles,
        probabilities=probabilities,
        stats=MappingProxyType({"largest_gain": gain, "welfare_bound": bound, "profiles": len(programme.profiles)}),
    )


def _welfare_of(game: Game[Any], state: Any) -> _Welfare:
    """The welfare of profiles `(P, N)`, `(P,)`."""
    if isinstance(game, Valued):
        return lambda profiles: game.surplus(state, profiles)
    if isinstance(game, Described):
        return lambda profiles: np.asarray(next(iter(game.figures(state, tuple(profiles.T)).values())))
    return lambda profiles: payoffs_of(game, state, profiles).sum(axis=-1)


def _coarse(earned: FloatArray, players: int, welfare: _Welfare) -> Programme:
    profiles = all_multisets(earned.shape[1], players)
    return Programme(profiles, _in_blocks(welfare, profiles), _gains(earned, profiles).sum(axis=1).T)


def _correlated(earned: FloatArray, players: int, welfare: _Welfare) -> Programme:
    from scipy.sparse import csr_array

    count = earned.shape[1]
    actions = undominated(earned, players)
    profiles = actions[all_multisets(actions.size, players)]
    gains = _gains(earned, profiles)[..., actions]
    constraint = profiles[..., None] * count + actions
    column = np.broadcast_to(np.arange(len(profiles))[:, None, None], gains.shape)
    kept = gains != 0
    matrix = csr_array((gains[kept], (constraint[kept], column[kept])), shape=(count**2, len(profiles)))
    return Programme(profiles, _in_blocks(welfare, profiles), matrix[np.unique(constraint[gains > 0])])


def _gains(earned: FloatArray, profiles: IntArray) -> FloatArray:
    """What a random platform gains in `[s, i, j]` if it is `i` and deploys `j`, `(S, N, M)`."""
    deviations = earned[opponents_faced(profiles)]
    own = np.take_along_axis(deviations, profiles[..., None], axis=-1)
    return (deviations - own) / profiles.shape[1]


def _in_blocks(welfare: _Welfare, profiles: IntArray) -> FloatArray:
    """The welfare of each profile, `(S,)`."""
    size = max(1, _BLOCK_ENTRIES // profiles.shape[1])
    return np.concatenate([welfare(profiles[start : start + size]) for start in range(0, len(profiles), size)])


def undominated(earned: FloatArray, players: int) -> IntArray:
    """The actions that are left when those strictly dominated by another one are removed, again and again."""
    actions = np.arange(earned.shape[1])
    while True:
        opponents = actions[all_multisets(actions.size, players - 1)]
        against = earned[places(opponents)][:, actions]
        margins = np.array([(against - against[:, [j]]).min(axis=0).max() for j in range(actions.size)])
        if (margins <= _DOMINANCE_MARGIN).all():
            return actions
        actions = actions[margins <= _DOMINANCE_MARGIN]


def _solve(programme: Programme, sign: float) -> tuple[FloatArray, float] | None:
    """The distribution of the largest `sign * welfare`, and the bound of its welfare that the multipliers give.

    None if HiGHS finds no distribution.

    For multipliers `y >= 0` no feasible `p` has a `sign * welfare` above the largest entry of
    `sign * welfare - y @ gains`.
    """
    from scipy.optimize import linprog

    size = len(programme.profiles)
    scale = float(abs(programme.gains).max()) or 1.0 if min(programme.gains.shape) else 1.0
    objective = -sign * programme.welfare
    tolerances = {"primal_feasibility_tolerance": _FEASIBILITY, "dual_feasibility_tolerance": _FEASIBILITY}
    best: tuple[FloatArray, float] | None = None
    distance = np.inf
    # Presolving finds little in so few constraints, and takes longer than the simplex method; but now and then that
    # fails without it on a degenerate programme, or ends farther from its bound than it says.
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
        if found.x is None:
            continue
        weights = np.where(found.x > _NEGLIGIBLE, found.x, 0.0)
        weights /= weights.sum()
        multipliers = np.maximum(-found.ineqlin.marginals, 0.0) / scale
        bound = -sign * float((objective + multipliers @ programme.gains).min())
        off = abs(bound - float(weights @ programme.welfare))
        if off < distance:
            best, distance = (weights, bound), off
        if off <= GAIN_TOL:
            break
    return best


def largest_gain(game: Game[Any], state: Any, profiles: IntArray, probabilities: FloatArray, *, coarse: bool) -> float:
    """What a player gains by its best deviation from a distribution over profiles `(S, N)`, by the game's payoffs."""
    players, count = sizes_of(game, state)
    actions = np.arange(count)
    by_told = np.zeros((count, count))
    for profile, probability in zip(profiles, probabilities, strict=True):
        told, first, times = np.unique(profile, return_index=True, return_counts=True)
        rows = np.arange(told.size)
        switched = np.tile(profile, (told.size, count, 1))
        switched[rows[:, None], actions, first[:, None]] = actions
        payoffs = payoffs_of(game, state, switched)[rows, :, first]
        by_told[told] += (probability * times / players)[:, None] * (payoffs - payoffs[rows, told][:, None])
    return float(by_told.sum(axis=0).max() if coarse else by_told.max(axis=1).sum())
