"""Where the play of each of many markets ends: its pure equilibria, or the cycle of best responses in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from .. import kernel
from ..choice import ChoiceRule, HasOutsideValue
from ..compiled import as_asked_here
from ..equilibrium.limit_set import LimitSet, limit_set, of_all_equilibria, of_cycle
from ..equilibrium.market_game import MarketGame
from ..equilibrium.payoff_tables import PayoffTables, payoff_tables, table_steps
from ..equilibrium.pure_nash_batch import MAX_TABLE
from ..market import FloatArray, IntArray, Market
from ..planner import optimum_of
from ..runner import IN_PROCESS, Runner
from ..tolerances import REGRET_TOL

MAX_ROUNDS = 1000
"""So many rounds of best responses are played; then the last profile counts as the rest."""


MAX_STEPS = 300_000_000
"""Up to so many deployed scores in all tables, some ten seconds, they are tabulated whatever has been compiled: answers
repeat to the bit."""


@dataclass(frozen=True, eq=False)
class MarketLimit:
    """Where the play of one market ends, and the best that it could.

    Attributes:
        limit: its pure equilibria, or where there is none the cycle of best responses in turn.
        optimum: the largest surplus that any profile gives; the welfare where there is no outside option.
    """

    limit: LimitSet
    optimum: float


def limit_sets_of_each(
    market: Market, platforms: int, choice: ChoiceRule, tol: float, runner: Runner = IN_PROCESS
) -> list[MarketLimit]:
    """Where the play of each market of a batch ends, in C order.

    Args:
        market: a batch of markets.
        platforms: N, checked.
        choice: how users choose; any rule that treats platforms alike.
        tol: the largest regret that an equilibrium may have.
        runner: carries what is not tabulated, which takes long.

    Raises:
        ValueError: too many multisets to search (says how many), or as `Runner.reach`.
        ImportError: as `Runner.reach`.
    """
    if not is_tabulated(market, platforms, choice, tol):
        each = [market[index] for index in np.ndindex(market.batch_shape)]
        return runner.each(as_asked_here(partial(_limit_on, platforms, choice, tol)), each)
    runner.reach()  # the answer to a cluster that is not there does not depend on how much there is to do
    best_on_average = market.best_on_average.reshape(-1, 1)
    found: list[MarketLimit | None] = [None] * math.prod(market.batch_shape)
    for table in payoff_tables(market, platforms, choice, tol):
        stable = table.regrets.max(axis=-1) <= tol
        optima = _surplus(market, table, choice).max(axis=-1)
        best = (table.models == best_on_average[table.markets]).argmax(axis=1)
        restless = np.flatnonzero(~stable.any(axis=1))
        cycles = dict(zip(restless.tolist(), _cycles(table, restless, best[restless]), strict=True))
        for row, index in enumerate(table.markets.tolist()):
            models = table.models[row]
            cycle = cycles.get(row)
            limit = of_all_equilibria(models[table.profiles[stable[row]]]) if cycle is None else of_cycle(models[cycle])
            found[index] = MarketLimit(limit, float(optima[row]))
    return [rest for rest in found if rest is not None]


def is_tabulated(market: Market, platforms: int, choice: ChoiceRule, tol: float) -> bool:
    """Whether the payoffs of all profiles are tabulated; otherwise each market is solved by itself."""
    sizes = table_steps(market, platforms, choice, tol)
    return not len(sizes) or bool(sizes.max() <= MAX_TABLE and sizes.sum() <= MAX_STEPS)


def _limit_on(platforms: int, choice: ChoiceRule, tol: float, market: Market) -> MarketLimit:
    return limit_of(MarketGame(market, platforms, choice), tol)


def limit_of(game: MarketGame, tol: float) -> MarketLimit:
    """Where the play of one game ends, and the best that it could."""
    found = limit_set(game, otherwise="cycle", max_rounds=MAX_ROUNDS, tol=tol)
    return MarketLimit(found, float(optimum_of(game).value))


def _surplus(market: Market, table: PayoffTables, choice: ChoiceRule) -> FloatArray:
    """That of every profile of a table, `(B, P)`."""
    if not isinstance(choice, HasOutsideValue):
        return table.payoffs.sum(axis=-1)
    scores = market.scores.reshape(-1, market.num_models, market.num_users)[table.markets[:, None], table.models]
    masses = market.masses.reshape(-1, market.num_users)[table.markets]
    return kernel.surplus(scores[:, None], masses[:, None], table.profiles, choice)


def _cycles(table: PayoffTables, rows: IntArray, start: IntArray) -> list[IntArray]:
    """The cycles of best responses in turn in these rows of a table, from everybody on `start`, `(length, N)` each."""
    part = table._replace(markets=table.markets[rows], models=table.models[rows], payoffs=table.payoffs[rows])
    platforms = table.profiles.shape[1]
    profile = np.repeat(start[:, None], platforms, axis=1)
    rounds, changes = [profile], []
    ended: dict[int, tuple[int, int]] = {}
    seen: list[dict[bytes, int]] = [{one.tobytes(): 0} for one in profile]
    while len(ended) < len(rows) and len(rounds) <= MAX_ROUNDS:
        for platform in range(platforms):
            profile = _moved(part, profile, platform)
            changes.append(profile)
        rounds.append(profile)
        for row in range(len(rows)):
            if row not in ended:
                first = seen[row].setdefault(profile[row].tobytes(), len(rounds) - 1)
                if first < len(rounds) - 1:
                    ended[row] = first, len(rounds) - 1
    cycles = []
    for row in range(len(rows)):
        first, last = ended.get(row, (0, 0))
        path = np.array([rounds[first][row], *(step[row] for step in changes[first * platforms : last * platforms])])
        moved = path[1:][(path[1:] != path[:-1]).any(axis=1)]
        cycles.append(moved if len(moved) else profile[row][None])
    return cycles


def _moved(table: PayoffTables, profile: IntArray, platform: int) -> IntArray:
    """The profiles `(B, N)` after a platform has moved to its best reply, which is its own model if that is one."""
    earned = table.payoffs_against(np.delete(profile, platform, axis=1))
    best = earned >= earned.max(axis=1, keepdims=True) - REGRET_TOL
    own = profile[:, platform]
    kept = np.take_along_axis(best, own[:, None], axis=1)[:, 0]
    moved = profile.copy()
    moved[:, platform] = np.where(kept, own, best.argmax(axis=1))
    return moved
