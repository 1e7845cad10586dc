r"""The entry frontier: the least improvement over an incumbent with which a model is adopted wherever platforms rest.

A market with an entrant rests in its pure Nash equilibria and in the cycles that platforms cannot leave
(`genmarket_env.equilibrium.response_graph`). A limit set without the entrant is one of the incumbents' limit sets in
which at no profile `f` and for no platform `i` the entrant is a best reply that `i` moves to; and every such set is one
of the market with the entrant. So the entrant is deployed in every equilibrium and in every cycle if and only if it
breaks each limit set of the incumbents' market: in some case `(f, i)` of it, with
`t = max_j U(j, f_-i)` over the incumbents,

* `U(entrant, f_-i) > t` if `f_i` is a best reply, as everywhere in an equilibrium; or
* `U(entrant, f_-i) >= t` if it is not, as somewhere in a cycle.

Under HardMax `U(entrant, f_-i) = sum_k pi_k h_k(s_k)` with `h_k(s) = 0` below the best opponent's score `b_k`,
`s / (m_k + 1)` at it, where m_k opponents have it, and `s` above. It rises with each score, so adoption is never lost
by improving, and the least improvement follows from finitely many thresholds. Derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kernel
from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..equilibrium.market_game import MarketGame, game_of
from ..exact import response_graph
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from ..tolerances import EQUAL
from .entrants import checked_entrant
from .least_total import Closure, least_total
from .references import strongest_incumbent


@dataclass(frozen=True, eq=False)
class EntryFrontier:
    """How much better than an incumbent a model must be. Improvements are in units of the score, at most 1.

    Attributes:
        base: the incumbent whose scores are improved.
        per_user: the least improvement of the score for each user type alone, the others as the base has them,
            `(users,)`; inf where none suffices.
        per_user_attained: whether that improvement itself suffices, `(users,)`; if not, any larger one does.
        total: the least mass-weighted improvement, `sum_k pi_k (s_k - S_base(k))`, over all scores `s >= S_base`; inf
            if none suffices. It is what the model must gain in the mean score of all users.
        scores: such scores, `(users,)`; NaN if none suffices.
        total_attained: whether these scores themselves suffice; if not, scores a little higher do.
    """

    base: int
    per_user: FloatArray
    per_user_attained: NDArray[np.bool_]
    total: float
    scores: FloatArray
    total_attained: bool


class Case(NamedTuple):
    """What breaks a limit set: a model that earns more than `target` against `opponents`, or where weak as much.

    Attributes:
        opponents: sorted, `(platforms - 1,)`.
        target: what the best incumbent earns against them.
        weak: whether to earn as much suffices.
    """

    opponents: IntArray
    target: float
    weak: bool


def entry_frontier(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, base: int | None = None
) -> EntryFrontier:
    """The least improvements over the copy of an incumbent with which a model is adopted wherever platforms rest.

    Adopted: some platform deploys it in every pure Nash equilibrium of the market that it enters, and in every cycle of
    best replies that platforms cannot leave. The improvements of single types are exact, found from the thresholds. The
    total is that of a mixed-integer programme over which types to win from whom, solved to a gap of 0 and polished by a
    linear programme: exact to 1e-8, in degenerate markets to 1e-5 (`.least_total`).

    Args:
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: `HardMax` with a `tie_tol` of at most 1e-12.
        base: the incumbent to improve on; by default the one with the highest score by mass.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, another rule, an unknown base, or more than 200,000
            multisets of models.
        TypeError: `market` is no Market, or `num_platforms` or `base` not an integer.

    Source: derived.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> frontier = entry_frontier(market, 2)
        >>> frontier.per_user.round(6), frontier.per_user_attained
        (array([0.   , 0.025]), array([False, False]))
        >>> frontier.total, frontier.total_attained
        (0.0, False)
    """
    game = game_of("entry_frontier", market, num_platforms, choice)
    if type(choice) is not HardMax or choice.tie_tol > EQUAL:
        raise ValueError(
            f"the entry frontier is exact under HardMax with a tie_tol of at most {EQUAL}; got {shown(choice)}"
        )
    original = strongest_incumbent(market) if base is None else checked_integer("base", base, 0, market.num_models - 1)
    start = market.scores[original]
    limit_sets = _limit_sets(game)
    closures = [[_closure(market, case) for case in cases] for cases in limit_sets]
    found = [_least_of_user(closures, market.masses, start, user) for user in range(market.num_users)]
    scores = least_total(closures, market.masses, start)
    return EntryFrontier(
        base=original,
        per_user=np.array([level - start[user] for user, (level, _) in enumerate(found)]),
        per_user_attained=np.array([attained for _, attained in found]),
        total=float("inf") if scores is None else float(market.masses @ (scores - start)),
        scores=np.full(market.num_users, np.nan) if scores is None else scores,
        total_attained=scores is not None and _breaks(game, scores, limit_sets),
    )


def is_adopted_everywhere(
    market: Market, entrant_scores: ArrayLike, num_platforms: int, choice: ChoiceRule = HardMax()
) -> bool:
    """Whether a model with these scores is deployed in every equilibrium and every cycle of the market that it enters.

    Args:
        market: the incumbents, one market.
        entrant_scores: of the new model, `(users,)`, in [0, 1].
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.

    Raises:
        ValueError, TypeError: as `entry_frontier`, but for the rule.

    Source: derived; see the module.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> is_adopted_everywhere(market, [0.9, 0.1], 2), is_adopted_everywhere(market, [0.91, 0.1], 2)
        (False, True)
    """
    game = game_of("is_adopted_everywhere", market, num_platforms, choice)
    scores = checked_entrant(market, entrant_scores)
    return _breaks(game, scores, _limit_sets(game))


def _limit_sets(game: MarketGame) -> list[list[Case]]:
    """The cases of every equilibrium and every cycle of the incumbents."""
    graph = response_graph(game)
    return [_cases(game, profiles) for profiles in (*graph.sinks[:, None], *graph.cycles)]


def _cases(game: MarketGame, profiles: IntArray) -> list[Case]:
    """The cases of a limit set, each set of opponents once."""
    deviations = kernel.deviation_payoffs(game.market.scores, game.market.masses, profiles, game.choice)
    own = np.take_along_axis(deviations, profiles[..., None], axis=-1)[..., 0]
    best = deviations.max(axis=-1)
    cases: dict[tuple[int, ...], Case] = {}
    for row, platform in np.ndindex(*profiles.shape):
        opponents = np.delete(profiles[row], platform)
        known = cases.get(tuple(opponents))
        weak = bool(best[row, platform] - own[row, platform] > EQUAL)
        cases[tuple(opponents)] = Case(
            opponents, float(best[row, platform]), weak or (known is not None and known.weak)
        )
    return list(cases.values())


def _breaks(game: MarketGame, scores: FloatArray, limit_sets: list[list[Case]]) -> bool:
    """Whether a model with these scores breaks every limit set, by the kernel."""
    market = game.market
    pool, entrant = np.vstack([market.scores, scores]), market.num_models
    for cases in limit_sets:
        profiles = np.array([np.insert(case.opponents, 0, entrant) for case in cases])
        earned = kernel.payoffs(pool, market.masses, profiles, game.choice)[:, 0]
        targets = np.array([case.target - EQUAL if case.weak else case.target + EQUAL for case in cases])
        weak = np.array([case.weak for case in cases])
        if not np.where(weak, earned >= targets, earned > targets).any():
            return False
    return True


def _closure(market: Market, case: Case) -> Closure:
    if not len(case.opponents):
        return Closure(np.full(market.num_users, -1.0), np.zeros(market.num_users), case.target, case.weak)
    faced = market.scores[case.opponents]
    best = faced.max(axis=0)
    return Closure(best, (faced >= best - EQUAL).sum(axis=0).astype(float), case.target, case.weak)


def _least_of_user(
    closures: list[list[Closure]], masses: FloatArray, start: FloatArray, user: int
) -> tuple[float, bool]:
    """The infimum of the scores of one type that suffice, the others at the start, and whether it suffices itself."""
    found = [[_least_in_case(case, masses, start, user) for case in cases] for cases in closures]
    lowest = [min(level for level, _ in levels) for levels in found]
    attained = [
        any(suffices for level, suffices in levels if level <= low + EQUAL)
        for low, levels in zip(lowest, found, strict=True)
    ]
    highest = max(lowest)
    decided = (suffices for low, suffices in zip(lowest, attained, strict=True) if low >= highest - EQUAL)
    return highest, highest < np.inf and all(decided)


def _least_in_case(case: Closure, masses: FloatArray, start: FloatArray, user: int) -> tuple[float, bool]:
    """The infimum of the type's scores, from the start on, that meet one case, and whether it does so itself."""
    others = masses * case.earned_per_mass(start)
    rest, mass, rival = float(others.sum() - others[user]), masses[user], case.best[user]
    slack = -EQUAL if case.weak else EQUAL

    def suffices(score: float) -> bool:
        earned = rest + mass * float(case.earned_per_mass(np.where(np.arange(len(start)) == user, score, start))[user])
        return earned >= case.target + slack if case.weak else earned > case.target + slack

    if suffices(start[user]):
        return float(start[user]), True
    if rival > start[user] and suffices(rival):
        return float(rival), True
    if not suffices(1.0):
        return np.inf, False
    level = min(max(float(start[user]), float(rival), (case.target - rest) / mass), 1.0)
    return level, suffices(level)
