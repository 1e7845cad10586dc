"""The compiled search of one market: in which order models are tried, and how much work it may take.

Where no worth is negative and no two scores of a type are so close that they tie without being equal, prefixes that
lead nowhere are left (`genmarket_env.compiled.search`). Strong models come first then: what is still to come beside a
prefix is weak, so most prefixes are left at once. How many sets of opponents are left over is known only at the end, so
the search counts them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..compiled import HARDMAX, RuleParameters
from ..exact.effort import allowed, at_share_of_effort, check_size
from ..market import FloatArray, IntArray
from ..tolerances import REGRET_TOL

if TYPE_CHECKING:
    from .market_game import MarketGame

MAX_SEARCH_STEPS = 30_000_000_000
"""The most multisets of opponents times models and user types that are searched: about a minute under HardMax."""

MAX_CROWDED_STEPS = 5_000_000_000
"""As many where platforms outnumber models and replies are kept incrementally, which takes longer: about a minute."""

MOST_LEFT = 30
"""Markets in which the multisets are no more than so many times too many are tried: so many times fewer were searched
in random markets of 50 models on 8 platforms."""

NEAR = 2e-12
"""The profile of the least epsilon may be one of so much more."""

_STEPS_OF_KERNEL = 100
"""So many steps of compiled code take the time of one of the kernel's."""

_FEW_MODELS = 64
"""So few are ranked by comparing all pairs of them, which is then quicker than to sort each type's scores."""

_WHAT = "steps of the search for pure equilibria"


@contextmanager
def bounded_search(game: MarketGame, most: int, epsilon: float = 0.0) -> Iterator[None]:
    """Let a search inside take about `most` steps of compiled code, as often as the effort allows.

    Raises:
        TooLarge: the search for profiles of a largest regret up to `epsilon` takes more.
    """
    few = game.restricted(game.candidates(None, epsilon + NEAR))
    times = _STEPS_OF_KERNEL if game.rule is None else 1
    _check(few, most, times)
    with at_share_of_effort(most / MAX_SEARCH_STEPS if game.rule is not None else 1.0):
        yield


def check_searchable(game: MarketGame) -> None:
    """Raise `TooLarge` if the search for pure equilibria of platforms that are alike is known to take too long.

    Where platforms outnumber the models that can be in an equilibrium, few prefixes are left, so that the search is not
    tried for what it may leave.
    """
    few = game.restricted(game.candidates(None, NEAR))
    if game.num_platforms > few.num_models:
        check_size(few, steps_of(few), MAX_CROWDED_STEPS if leaves_prefixes(few) else MAX_SEARCH_STEPS, _WHAT)
    else:
        _check(few, MAX_SEARCH_STEPS)


def _check(game: MarketGame, most: int, times: int = 1) -> None:
    """Raise `TooLarge` if a step of the search takes the time of `times` of compiled code, and that is too much."""
    steps = steps_of(game) * times
    if steps > allowed(most) and (steps > allowed(most) * MOST_LEFT or not leaves_prefixes(game)):
        check_size(game, steps, most, _WHAT)


def found_by_twin(
    game: MarketGame, rule: RuleParameters, limit: float, lowest: bool, bills: FloatArray | None = None
) -> IntArray:
    """The profiles of a game of at least two platforms whose largest regret is at most `limit`, up to rounding.

    They are sorted and in lexicographic order, `(E, N)`. With `lowest` those that are better than all before them, or
    only the first of the best and one more as good. `bills`, `(M,)`, are what a platform pays for each model, whomever
    it serves; nothing by default.

    Raises:
        TooLarge: there are too many.
    """
    from ..compiled.search import ALL, FIRST, LOWEST

    paid = np.zeros(game.num_models) if bills is None else bills
    _check(game, MAX_SEARCH_STEPS)
    ranking = _ranking(game.offers.scores_by_user, rule)
    if not _leaves(game, ranking):
        search = _Search(game, rule, paid, np.arange(game.num_models), ranking, leaves=False)
        return search.profiles(limit, LOWEST if lowest else ALL)[0]
    order = _strongest_first(game, paid)
    search = _Search(game, rule, paid, order, np.argsort(order)[ranking], leaves=True)
    if not lowest:
        return _in_order(search.profiles(limit, ALL)[0])
    records, regrets = search.profiles(limit, LOWEST)
    if len(records) == 0:
        return records
    best = regrets.argmin()
    # In the order of the search the first of the best may be another one than in that of the models.
    first, _ = search.profiles(regrets[best] + REGRET_TOL, FIRST)
    return np.concatenate([_in_order(first)[:1], records[best, None]])


@dataclass(frozen=True)
class _Search:
    game: MarketGame
    rule: RuleParameters
    bills: FloatArray
    order: IntArray
    ranking: IntArray  # of places in the order
    leaves: bool

    def profiles(self, limit: float, keep: int) -> tuple[IntArray, FloatArray]:
        """The profiles kept, and their largest regrets."""
        from ..compiled.calls import THREADED_WORK, map_in_threads
        from ..compiled.search import LOWEST, search

        game, platforms = self.game, self.game.num_platforms
        scores = np.ascontiguousarray(game.offers.scores_by_user[:, self.order])
        # In units in which no worth is above 1, as the slack of the search is.
        unit = unit_with(game, self.bills)
        weighted, bills = game.offers.weighted_scores_by_user[:, self.order] / unit, self.bills[self.order] / unit
        counted = self.leaves and steps_of(game) > allowed(MAX_SEARCH_STEPS)
        most = allowed(MAX_SEARCH_STEPS) / (game.num_models + game.num_users) if counted else math.inf
        count = np.zeros(game.num_models, np.int64)

        def search_from(first: int, last: int, limit: float) -> tuple[IntArray, FloatArray]:
            return search(
                scores, weighted, bills, self.ranking, self.order, platforms, first, last, limit, keep, self.leaves,
                most, count, *self.rule,
            )  # fmt: skip

        limit /= unit
        parts = [search_from(0, 1, limit)]
        if platforms > 2:
            if self.leaves and keep == LOWEST and len(parts[0][1]):
                limit = float(parts[0][1][-1])  # the others have to be below it
            others = partial(search_from, limit=limit)
            starts = range(1, game.num_models + 1)
            if steps_of(game) >= THREADED_WORK:
                parts += map_in_threads(others, starts[:-1], starts[1:])
            else:
                parts.append(others(1, game.num_models))
        if count.sum() > most:
            check_size(game, steps_of(game), MAX_SEARCH_STEPS, _WHAT)
        found, regrets = (np.concatenate(part) for part in zip(*parts, strict=True))
        return found, regrets * unit


def _in_order(profiles: IntArray) -> IntArray:
    return profiles[np.lexsort(profiles.T[::-1])]


def unit_with(game: MarketGame, bills: FloatArray) -> float:
    """A power of two that no worth and no bill exceeds, at least 1."""
    return max(game.unit, float(2.0 ** np.ceil(np.log2(max(1.0, float(np.abs(bills).max(initial=0.0)))))))


def _strongest_first(game: MarketGame, bills: FloatArray) -> IntArray:
    """The models by what they would earn if all others deployed models drawn at random."""
    scores, weighted = game.offers.scores, game.offers.weighted_scores
    if game.num_models <= _FEW_MODELS:
        rank = (scores > scores[:, None]).sum(axis=0)
    else:
        below = np.sort(scores, axis=0)
        rank = np.stack([np.searchsorted(below[:, k], scores[:, k]) for k in range(game.num_users)], axis=1)
    wins = (rank / game.num_models) ** (game.num_platforms - 1)
    return np.argsort(bills - (weighted * wins).sum(axis=1), kind="stable")


def leaves_prefixes(game: MarketGame) -> bool:
    """Whether the search leaves prefixes that lead nowhere."""
    return game.rule is not None and _leaves(game, _ranking(game.offers.scores_by_user, game.rule))


def _leaves(game: MarketGame, ranking: IntArray) -> bool:
    return game.num_platforms > 2 and len(ranking) > 0 and bool(game.offers.weighted_scores.min() >= 0)


def _ranking(scores: FloatArray, rule: RuleParameters) -> IntArray:
    """Each type's models from the best on, `(users, models)`; empty if replies cannot be kept incrementally."""
    nothing = np.empty((0, 0), np.int64)
    if rule.kind != HARDMAX:
        return nothing
    ranking = np.argsort(-scores, axis=1)
    ranked = np.sort(scores, axis=1)
    above, below = ranked[:, 1:], ranked[:, :-1]
    close = (above > below) & (above - rule.scale <= below)
    return nothing if close.any() else ranking


def steps_of(game: MarketGame) -> int:
    """Multisets of opponents times models and user types."""
    opponents = math.comb(game.num_models + game.num_platforms - 2, game.num_platforms - 1)
    return opponents * (game.num_models + game.num_users)
