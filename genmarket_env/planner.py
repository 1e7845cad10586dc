"""The planner's optimum: a profile that gives users the most.

Several may: a model that adds nothing fits everywhere, and copies of models replace each other. Of the optima one is
returned whose every model serves somebody, if there is one, and of these one that is as close as possible to an
equilibrium, if the caller has one to compare with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from . import kernel
from .arguments import checked_integer
from .choice import ChoiceRule, HardMax
from .compiled import HARDMAX, RuleParameters
from .equilibrium.checks import check_profiles
from .equilibrium.dominance import covered_by_others
from .equilibrium.market_game import MarketGame, game_of
from .equilibrium.solution import PureSolution, Status
from .exact.deciders import Deciders
from .exact.multisets import multisets
from .game import checked_profile
from .market import FloatArray, IntArray, Market
from .maximum_coverage import MaximumCoverage, coverage_by_milp, greedy_coverage, maximum_coverage
from .messages import shown
from .tolerances import EQUAL

PlannerMethod = Literal["branch_and_bound", "milp", "greedy"]

Objective = Literal["users", "total"]
"""What a planner maximises: what users get, or that and what all platforms earn."""

SMALL_SEARCH = 500_000
"""Up to so many deployed scores all multisets are compared: some ten milliseconds, and nothing is compiled."""

MAX_NEAR = 100
"""So many profiles to be near to are compared with, the first ones."""

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
    near: ArrayLike | None = None,
) -> PureSolution:
    """The largest surplus that any profile gives, and a profile that gives it.

    Without an outside option the surplus is the welfare (Def. 2.6). With one it also counts what users who stay away
    have elsewhere: a planner who counted them as 0 would serve them worse than they serve themselves.

    Of several such profiles it is one in which every deployed model serves users, more than 1e-12 of them, if there is
    one; and of these one that shares the most models with one of `near`, counted with repeats. Where all multisets are
    compared, none shares more; it is the lexicographically first. Where they are too many, a profile of `near` that is
    an optimum itself is returned, and otherwise one that no exchange of one platform's model brings closer to the
    nearest of them.

    Under HardMax the surplus is coverage, so this is a maximum-coverage problem (`genmarket_env.maximum_coverage`);
    with a reservation value, that is what a score below it is worth to users. It is solved by

    * `"branch_and_bound"`, the fastest and exact to 1e-12; in small markets all multisets of models are compared;
    * `"milp"`: SciPy's mixed-integer solver HiGHS, exact to 1e-11; an independent check;
    * `"greedy"`: the model that adds the most, one at a time; worth at least `1 - 1 / e` of the optimum.

    Under any other rule, and where distinct scores tie under a wide `tie_tol` so that repeats change it, it is not
    coverage: all multisets are compared, and `"milp"` and `"greedy"` are refused.

    Args:
        market: one market.
        num_platforms: the length of the profile; more platforms than models repeat models.
        choice: how users choose.
        max_nodes: how many nodes the branch and bound, or HiGHS, may search, at least 1.
        method: how to solve it where the surplus is coverage.
        near: profiles, `(num_platforms,)` or `(profiles, num_platforms)`, such as the pure equilibria, of which an
            optimum should share as many models as possible; of more than 100 the first 100.

    Returns:
        `value`, the surplus of `profile` by the kernel; `profile`, `(num_platforms,)`, sorted. `status` is CONVERGED if
        the bound proves it the optimum; MAX_ROUNDS if `max_nodes` did not suffice, or greedy models are not known to be
        the best: then `value` is the best found. `stats` has `welfare`, that of the profile; `upper_bound`, which no
        profile's surplus exceeds; and `nodes` or `profiles`, how many were searched. The `upper_bound` of `"greedy"`
        depends on the market, and is at most `guaranteed_upper_bound`, `value / (1 - (1 - 1/n)^n)` for `n` models
        deployed.

    Raises:
        ValueError: a batch of markets, `num_platforms` or `max_nodes` below 1, too many multisets to compare, an
            unknown `method`, or one that needs coverage where there is none; `near` holds no such profiles.
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
    game = game_of("planner_optimum", market, num_platforms, choice)
    return optimum_of(game, max_nodes=max_nodes, method=method, near=near)


def optimum_of(
    game: MarketGame,
    *,
    max_nodes: int = 200_000,
    method: PlannerMethod = "branch_and_bound",
    near: ArrayLike | None = None,
    objective: Objective = "users",
) -> PureSolution:
    """`planner_optimum` of a game; the same arguments and errors but for those of its parts.

    The planner tells every platform what to deploy, whoever owns it, of what it may deploy. With an economy by which
    users do not choose by the score, and for the `"total"`, all profiles are compared.

    Args:
        game: of one market.
        max_nodes: as `planner_optimum` takes it, and the next two.
        method: how to solve it.
        near: profiles.
        objective: `"users"`, the surplus; or `"total"`, that and what all platforms earn, which is then the `value`.

    Example:
        >>> from genmarket_env import Economy
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> game = MarketGame(market, 1, economy=Economy(worths=[[0.0], [1.0]]))
        >>> optimum_of(game).profile, optimum_of(game, objective="total").profile
        (array([0]), array([1]))
    """
    checked_integer("max_nodes", max_nodes, 1)
    if method not in get_args(PlannerMethod):
        raise ValueError(f"method is {shown(method)}; it must be one of {', '.join(get_args(PlannerMethod))}")
    if objective not in get_args(Objective):
        raise ValueError(f"objective is {shown(objective)}; it must be one of {', '.join(get_args(Objective))}")
    neighbours = _checked_near(game.market, game.num_platforms, near)
    if game.economy is not None and game.economy.owners is not None:
        game = replace(game, economy=replace(game.economy, owners=None))
    if game.alike and objective == "users" and np.array_equal(game.offers.scores, game.market.scores):
        game = game if game.pays_scores else replace(game, economy=None)
    else:
        if method != "branch_and_bound":
            raise ValueError(f"method {method!r} needs the surplus to be coverage; leave it out in this economy")
        return _best_profile(game, neighbours, objective)
    if game.rule is None or game.rule.kind != HARDMAX or not _is_coverage(game.market, game.rule):
        if method != "branch_and_bound":
            raise ValueError(
                f"method {method!r} needs the surplus to be coverage; leave it out under {shown(game.choice)}"
            )
        return _best_profile(game, neighbours)
    count = math.comb(game.num_models + game.num_platforms - 1, game.num_platforms)
    if method == "branch_and_bound" and count * game.num_platforms * game.num_users <= SMALL_SEARCH:
        return _best_profile(game, neighbours)
    return _best_coverage(game, max_nodes, method, neighbours)


def _checked_near(market: Market, platforms: int, near: ArrayLike | None) -> IntArray:
    """The first of the profiles to be near to, sorted, `(at most MAX_NEAR, platforms)`."""
    if near is None or np.size(near) == 0:
        return np.empty((0, platforms), np.int64)
    profiles = np.atleast_2d(checked_profile(market, near))
    if profiles.ndim != 2 or profiles.shape[1] != platforms:
        raise ValueError(f"near has the shape {np.shape(near)}; it must be profiles (profiles, {platforms})")
    return np.sort(profiles[:MAX_NEAR], axis=1)


def _is_coverage(market: Market, rule: RuleParameters) -> bool:
    """Whether the surplus is coverage to 1e-12: no scores tie that differ by more."""
    gaps = np.diff(np.sort(market.scores, axis=0), axis=0)
    return rule.scale <= HardMax().tie_tol or not ((gaps > 0) & (gaps <= rule.scale)).any()


def _best_coverage(game: MarketGame, max_nodes: int, method: PlannerMethod, near: IntArray) -> PureSolution:
    alone = np.arange(game.num_models)[:, None]
    values = game.market.masses * kernel.user_surplus(game.market.scores, alone, game.choice)
    size = min(game.num_platforms, game.num_models)
    found = _covered(values, size, max_nodes, method)
    profile = _nearest_found(game, found.models, near)
    solved = found.upper_bound <= found.worth + (_MILP_TOLERANCE if method == "milp" else _TOLERANCE)
    stats = {"nodes": found.nodes, "upper_bound": found.upper_bound}
    if method == "greedy":
        stats["guaranteed_upper_bound"] = found.worth / (1 - (1 - 1 / size) ** size)
    return PureSolution(
        status=Status.CONVERGED if solved else Status.MAX_ROUNDS,
        value=_surplus_of(game, profile),
        profile=profile,
        stats=MappingProxyType({**stats, "welfare": _welfare_of(game, profile)}),
    )


def _surplus_of(game: MarketGame, profile: IntArray) -> float:
    return float(kernel.surplus(game.market.scores, game.market.masses, profile, game.asked))


def _welfare_of(game: MarketGame, profile: IntArray) -> float:
    offered, rows, values = game.offered(profile)
    return float(kernel.welfare(offered, game.market.masses, rows, game.asked, values))


def _covered(values: FloatArray, size: int, max_nodes: int, method: PlannerMethod) -> MaximumCoverage:
    if method == "greedy":
        return greedy_coverage(values, size)
    if method == "milp":
        return coverage_by_milp(values, size, max_nodes=max_nodes)
    # What adds nothing to another model is left out first; enough models are kept to fill the set.
    useful = covered_by_others(values)
    rest = np.setdiff1d(np.arange(len(values)), useful)[: max(0, size - len(useful))]
    models = np.sort(np.append(useful, rest))
    found = maximum_coverage(values[models], size, tolerance=_TOLERANCE, max_nodes=max_nodes)
    return replace(found, models=models[found.models])


def _best_profile(game: MarketGame, near: IntArray, objective: Objective = "users") -> PureSolution:
    models, platforms = game.num_models, game.num_platforms
    block = max(1, _BLOCK_STEPS // (platforms * game.num_users))
    if game.alike:
        count = math.comb(models + platforms - 1, platforms)
        game.check_alike()
        blocks: Callable[[], Iterator[IntArray]] = partial(multisets, models, platforms, block)
    else:
        deciders = Deciders(game, None, game.groups(None))
        count, blocks = math.prod(deciders.counts), deciders.all_profiles
    check_profiles(game, count)
    totals = np.concatenate([_worth_of(game, profiles, objective) for profiles in blocks()])
    bound = float(totals.max())
    # Of optima that differ by rounding alone the last digit does not choose.
    optimal = totals >= bound - _TOLERANCE * game.unit
    profile, best, start = np.zeros(platforms, np.int64), (-1, -1), 0
    for profiles in blocks():
        ties = profiles[optimal[start : start + len(profiles)]]
        start += len(profiles)
        if not len(ties):
            continue
        serve, shared = _all_serve(game, ties), _shared(ties, near, models)
        first = int(np.lexsort((-shared, ~serve))[0])
        if (serve[first], shared[first]) > best:
            profile, best = ties[first], (serve[first], shared[first])
    return PureSolution(
        status=Status.CONVERGED,
        value=float(_worth_of(game, profile[None], objective)[0]),
        profile=profile,
        stats=MappingProxyType({"profiles": count, "upper_bound": bound, "welfare": _welfare_of(game, profile)}),
    )


def _worth_of(game: MarketGame, profiles: IntArray, objective: Objective) -> FloatArray:
    """What the planner maximises, of profiles `(P, platforms)`: `(P,)`."""
    surplus = game.surplus(None, profiles)
    return surplus if objective == "users" else surplus + game.earned(profiles).sum(axis=-1)


def _all_serve(game: MarketGame, profiles: IntArray) -> Any:
    """Whether every platform of a profile `(*batch, platforms)` serves somebody, `(*batch,)`."""
    return (_shares(game, profiles) > EQUAL).all(axis=-1)


def _shares(game: MarketGame, profiles: IntArray) -> FloatArray:
    """The market shares of the platforms of any number of platforms, `(*batch, platforms)`."""
    offered, rows, _ = game.offered(profiles)
    shares: FloatArray = kernel.market_shares(offered, game.market.masses, rows, game.choice)
    return shares


def _shared(profiles: IntArray, near: IntArray, models: int) -> IntArray:
    """How many models, counted with repeats, each profile shares with the one of `near` it shares most, `(P,)`."""
    counts, most = _counts(profiles, models), np.zeros(len(profiles), np.int64)
    for other in _counts(near, models):
        np.maximum(most, np.minimum(counts, other).sum(axis=1), out=most)
    return most


def _counts(profiles: IntArray, models: int) -> IntArray:
    """How many platforms deploy each model, `(P, models)`."""
    rows = np.arange(len(profiles))[:, None] * models + profiles
    return np.bincount(rows.ravel(), minlength=len(profiles) * models).reshape(-1, models)


def _nearest_found(game: MarketGame, models: IntArray, near: IntArray) -> IntArray:
    """A profile as good as `models`, whose every model serves somebody if it can, near one of `near` if it can."""
    target = _surplus_of(game, models) - _TOLERANCE
    if len(near):
        optima = near[(game.surplus(None, near) >= target) & _all_serve(game, near)]
        if len(optima):
            return optima[0]
    shares = _shares(game, models)
    serving = models[shares > EQUAL] if (shares > EQUAL).any() else models
    profiles = np.array(
        [
            _filled(game.market, _exchanged(game, serving.tolist(), other, target), game.num_platforms, other)
            for other in (near if len(near) else serving[None, :0])
        ]
    )
    return profiles[_shared(profiles, near, game.num_models).argmax()]


def _exchanged(game: MarketGame, models: Sequence[int], other: IntArray, target: float) -> list[int]:
    """Distinct models worth `target`, of which as many are exchanged for those of `other` as one by one can be."""
    chosen, wanted = list(models), sorted(set(other.tolist()) - set(models))
    exchanged = True
    while exchanged:
        exchanged = False
        foreign = [model for model in chosen if len(other) and model not in other]
        fewer = [[model for model in chosen if model != old] for old in foreign]
        tried = [rest for rest in fewer if rest]
        for model in [model for model in wanted if model not in chosen]:
            tried += [[*chosen, model]] if len(chosen) < game.num_platforms else []
            tried += [[*rest, model] for rest in fewer]
        for attempt in map(np.array, tried):
            if _surplus_of(game, attempt) >= target and _all_serve(game, attempt):
                chosen, exchanged = attempt.tolist(), True
                break
    return chosen


def _filled(market: Market, models: Sequence[int], platforms: int, other: IntArray) -> IntArray:
    """A sorted profile of distinct models: first as often as in `other`, then in turn, the best on average first."""
    profile = list(models)
    for model in other.tolist():
        if len(profile) < platforms and profile.count(model) in range(1, other.tolist().count(model)):
            profile.append(model)
    best_first = sorted(models, key=lambda model: -market.average_scores[model])
    extra = np.resize(best_first, platforms - len(profile))
    return np.sort(np.concatenate([np.array(profile, np.int64), extra.astype(np.int64)]))
