"""What can be said of a market within a bounded effort: which parts are left out, and what stands in their place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from ..choice import HardMax
from ..equilibrium.best_response import best_response_dynamics
from ..equilibrium.compiled_search import NEAR, bounded_search
from ..equilibrium.market_game import MarketGame
from ..exact import PureSolution, least_epsilon, pure_equilibria
from ..exact.effort import TooLarge
from ..game import regret
from ..market import IntArray
from ..planner import optimum_of
from ..status import Status
from ..tolerances import REGRET_TOL
from .paths import Path, Step, path_of

Found = TypeVar("Found")

SEARCH_STEPS = 3_000_000_000
"""So many steps the search of all profiles may take at the effort 1: some seconds."""

PLANNER_STEPS = 3_000_000_000
"""So many the planner's branch and bound may take."""

CELLS = 2_000_000
"""So many cells the linear programme of correlated play may have: some seconds."""

MOST_EFFORT = 1000
"""What takes more than this is not offered."""

MAX_NODES = 200_000
_STEPS_OF_NODE = 30
_STARTS = 50
_STARTED_STEPS = 50_000_000
_ROUNDS = 200


@dataclass
class Attempts:
    """Tries to compute parts of an answer, and notes what was left out.

    Attributes:
        effort: how many times the work of some seconds a part may take; None for all that the solvers take by
            themselves: then nothing is left out, and what is too large raises.
        tell: is told what comes next, a few words.
        left_out: one line for each part that could not be computed.
    """

    effort: float | None = 1.0
    tell: Callable[[str], None] = lambda _: None
    left_out: list[str] = field(default_factory=list)

    def __call__(self, what: str, compute: Callable[[], Found], instead: str = "") -> Found | None:
        """What `compute` returns; None, and a line in `left_out`, if the market is too large for it.

        `instead` says what stands in its place.
        """
        self.tell(what)
        try:
            return compute()
        except ValueError as error:
            if self.effort is None:
                raise
            self.left_out.append(f"{what}{instead}: {error}{_remedy(error)}")
            return None


def _remedy(error: ValueError) -> str:
    if not isinstance(error, TooLarge) or error.effort > MOST_EFFORT:
        return ""
    return f", or --effort {math.ceil(error.effort):,}"


@dataclass(frozen=True, eq=False)
class PurePlay:
    """What is known of pure play.

    Attributes:
        equilibria: pure Nash equilibria, `(E, platforms)`, in lexicographic order.
        least: the profile of the least epsilon, `(platforms,)`; the first equilibrium if there is one.
        searched: whether all profiles were searched, so that the equilibria are all there are.
        least_of_all: whether `least` has the least epsilon of all profiles.
    """

    equilibria: IntArray
    least: IntArray
    searched: bool
    least_of_all: bool


def pure_play(game: MarketGame, attempt: Attempts) -> PurePlay:
    """The pure equilibria by a search of all profiles, or where that takes too long those that best responses reach."""
    few = game.candidates(None, NEAR)
    pool = game.restricted(few)

    def search() -> PureSolution:
        if attempt.effort is None:
            return least_epsilon(pool)
        with bounded_search(game, SEARCH_STEPS):
            return least_epsilon(pool)

    least = attempt("the search of all profiles for pure equilibria", search)
    if least is None:
        return _reached(pool, few)
    if least.value <= game.beyond_rounding(REGRET_TOL):
        return PurePlay(few[pure_equilibria(pool)], few[least.profile], True, True)
    nothing = np.empty((0, game.num_platforms), np.int64)

    def search_more() -> PureSolution:
        if attempt.effort is None:
            return least_epsilon(game)
        with bounded_search(game, SEARCH_STEPS, least.value):
            return least_epsilon(game)

    more = attempt("the least epsilon", search_more, " (shown is that of profiles without dominated models)")
    if more is None:
        return PurePlay(nothing, few[least.profile], True, False)
    return PurePlay(nothing, more.profile, True, True)


def _reached(pool: MarketGame, models: IntArray) -> PurePlay:
    """What best responses in turn reach from everybody on one model, the best first, and from random starts."""
    market, platforms = pool.offers, pool.num_platforms
    order = np.argsort(-pool.market.average_scores.round(12), kind="stable")
    work = platforms**2 * pool.num_models * pool.num_users
    count = int(np.clip(_STARTED_STEPS // work, 1, _STARTS))
    alike = np.repeat(order[: max(1, count // 2), None], platforms, axis=1)
    drawn = np.random.default_rng(0).integers(0, pool.num_models, (count - len(alike), platforms))
    played = best_response_dynamics(market, np.concatenate([alike, drawn]), pool.choice, max_rounds=_ROUNDS)
    profiles = np.unique(np.sort(played.profile, axis=1), axis=0)
    known = pool.rule is not None
    regrets = (regret(market, profiles, pool.choice) if known else pool.regrets(None, profiles)).max(axis=1)
    stable = profiles[regrets <= REGRET_TOL]
    return PurePlay(models[stable], models[profiles[regrets.argmin()]], False, False)


def planner(game: MarketGame, pure: PurePlay, attempt: Attempts) -> PureSolution:
    """The planner's optimum, or the best profile known where it takes too long; then `attempt` has noted it."""
    nodes = MAX_NODES
    if attempt.effort is not None:
        affordable = int(attempt.effort * PLANNER_STEPS / (_STEPS_OF_NODE * game.num_models * game.num_users))
        nodes = int(np.clip(affordable, 20, MAX_NODES))
    known = pure.equilibria if len(pure.equilibria) else pure.least[None]

    def optimum(asked: MarketGame = game) -> PureSolution:
        return optimum_of(asked, max_nodes=nodes, near=known)

    found = attempt("the planner's optimum", optimum, " (shown is the best profile known)")
    if found is not None:
        if found.status is not Status.CONVERGED:
            bound = found.stats["upper_bound"]
            attempt.left_out.append(f"the planner's optimum is the best found; the bound is {bound:.6g}")
        return found
    covering = optimum(MarketGame(game.market, game.num_platforms, HardMax())).profile
    profiles = np.concatenate([known, covering[None]])
    worth = game.surplus(None, profiles)
    best = int(worth.argmax())
    return PureSolution(status=Status.MAX_ROUNDS, value=float(worth[best]), profile=np.sort(profiles[best]))


def path_of_best_responses(game: MarketGame) -> Path:
    """The path from everybody on the model of the best average score; no best response is a dominated model."""
    best = int(game.market.best_on_average)
    models = np.union1d(game.candidates(None, NEAR), best)
    start = np.full(game.num_platforms, int(np.searchsorted(models, best)))
    path = path_of(game.restricted(models), start)
    if len(models) == game.num_models:
        return path

    def named(profile: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(models[list(profile)].tolist())

    def renamed(step: Step) -> Step:
        moves = [replace(move, before=named((move.before,))[0], after=named((move.after,))[0]) for move in step.moves]
        return replace(step, moves=tuple(moves), profile=named(step.profile))

    return replace(
        path,
        start=named(path.start),
        steps=tuple(map(renamed, path.steps)),
        cycle=tuple(map(renamed, path.cycle)),
    )
