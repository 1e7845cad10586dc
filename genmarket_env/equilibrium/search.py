"""Search all profiles of one market for those whose largest regret stays within a limit.

Platforms are exchangeable, so profiles are sorted multisets of models: C(M + N - 1, N) of them, and C(M + N - 2, N - 1)
of opponents. Models that a profile within the limit cannot hold are left out first (`.dominance`). A rule that the
compiled twins know is searched over opponents (`genmarket_env.compiled.search`), or in a small market by a table of
payoffs, any other by the kernel over all multisets. Whatever is found has its regrets from the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..compiled import HARDMAX, RuleParameters, parameters
from ..game import checked_platforms
from ..market import FloatArray, IntArray, Market
from .checks import check_alike, check_searchable
from .dominance import candidates, restricted
from .multiset_payoffs import multisets, opponents_faced, payoffs_against
from .patience import Patience

MAX_SEARCH_STEPS = 30_000_000_000
"""The most multisets of opponents times models and user types that are searched: about a minute under HardMax."""

MAX_KERNEL_STEPS = 20_000_000_000
"""The most deployed scores that the kernel goes through for a rule without a compiled twin: some minutes."""

MAX_STEPS_OF_ONE = 100_000_000
"""The most deployed scores that the kernel goes through for one profile: 800 MB, and several arrays of that size."""

FEW_PROFILES = 5_000
"""So few are searched with all models."""

BLOCK_STEPS = 2_000_000

_NEAR_LOWEST = 1e-9
NEAR = 2e-12
"""The profile of the least epsilon may be one of so much more."""

_STEPS_OF_KERNEL = 100
"""So many steps of compiled code take the time of one of the kernel's."""

_ROUNDING = 1e-13
"""By how much the regrets of a table may differ from the kernel's own."""

_patience = Patience(twin="genmarket_env.compiled.search")


def profiles_within(
    market: Market, num_platforms: int, choice: ChoiceRule, limit: float, *, lowest: bool = False
) -> tuple[IntArray, FloatArray]:
    """The profiles of one market whose largest regret is at most `limit`, `(E, N)` in lexicographic order; and it.

    With `lowest` only those are returned whose regret is below that of all before them: the last one's is the least
    of all profiles. Of these, some may be missing whose regret is more than 1e-9 above the least.

    Raises:
        ValueError: `num_platforms` below 1, a choice rule that returns no demand, or too many multisets to search.
        TypeError: `num_platforms` is not an integer.
    """
    platforms = checked_platforms(num_platforms)
    check_alike(market, platforms, choice)
    if not lowest:
        return _within(market, _held(market, platforms, choice, limit), platforms, choice, limit, lowest)
    # The least of the profiles without models that no equilibrium has bounds that of all, and so says which models more
    # the best profile may hold.
    few = _held(market, platforms, choice, NEAR)
    profiles, regrets = _within(market, few, platforms, choice, limit, lowest)
    more = _held(market, platforms, choice, float(regrets[-1]) + NEAR)
    return _within(market, more, platforms, choice, limit, lowest) if len(more) > len(few) else (profiles, regrets)


def _held(market: Market, platforms: int, choice: ChoiceRule, tol: float) -> IntArray:
    """The models that a profile within `tol` can hold; all of a small market, which is searched as quickly."""
    if math.comb(market.num_models + platforms - 1, platforms) <= FEW_PROFILES:
        return np.arange(market.num_models)
    return candidates(market, platforms, choice, tol)


def check_search(market: Market, platforms: int, choice: ChoiceRule, most: int, epsilon: float = 0.0) -> None:
    """Raise `TooLarge` if the search takes more than about `most` steps of compiled code.

    It is that for profiles of a largest regret up to `epsilon`.
    """
    few = restricted(market, candidates(market, platforms, choice, epsilon + NEAR))
    opponents = math.comb(few.num_models + platforms - 2, platforms - 1)
    steps = opponents * (few.num_models + few.num_users)
    if parameters(choice, market.num_users) is None:
        steps *= _STEPS_OF_KERNEL
    check_searchable(steps, most, "steps of the search for pure equilibria", few, platforms, choice)


def _within(
    market: Market, models: IntArray, platforms: int, choice: ChoiceRule, limit: float, lowest: bool
) -> tuple[IntArray, FloatArray]:
    """The profiles of these models: no other model is a better reply than the best of them."""
    found, regrets = _search_market(restricted(market, models), platforms, choice, limit, lowest)
    return models[found], regrets


def _search_market(
    market: Market, platforms: int, choice: ChoiceRule, limit: float, lowest: bool
) -> tuple[IntArray, FloatArray]:
    if platforms == 1:
        profiles = np.arange(market.num_models)[:, None]
        row = kernel.deviation_payoffs(market.scores, market.masses, profiles[0], choice)[0]
        return _select(profiles, row.max() - row, limit, lowest)
    steps = checked_steps_of_one(market, platforms, choice)
    rule = parameters(choice, market.num_users)
    count = math.comb(market.num_models + platforms - 1, platforms)
    if rule is not None:
        if _patience.spend(count * platforms * market.num_users):
            return _search_table(market, platforms, choice, limit, lowest)
        return _search_compiled(market, platforms, choice, rule, limit, lowest)
    check_searchable(count * steps, MAX_KERNEL_STEPS, "steps of the kernel", market, platforms, choice)
    blocks = multisets(market.num_models, platforms, max(1, BLOCK_STEPS // steps))
    return _search(blocks, market, choice, limit, lowest)


def _search(
    blocks: Iterator[IntArray], market: Market, choice: ChoiceRule, limit: float, lowest: bool
) -> tuple[IntArray, FloatArray]:
    found = []
    for profiles in blocks:
        regrets = kernel.regret(market.scores, market.masses, profiles, choice).max(axis=-1)
        found.append(_select(profiles, regrets, limit, lowest))
    profiles, regrets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return _select(profiles, regrets, limit, lowest)


def _select(profiles: IntArray, regrets: FloatArray, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    keep = regrets <= limit
    if lowest:
        before = np.minimum.accumulate(np.concatenate(([np.inf], regrets[:-1])))
        keep &= regrets < before
    return profiles[keep], regrets[keep]


def _search_table(
    market: Market, platforms: int, choice: ChoiceRule, limit: float, lowest: bool
) -> tuple[IntArray, FloatArray]:
    earned = payoffs_against(market, platforms, choice)
    best = earned.max(axis=1)
    found = []
    for profiles in multisets(market.num_models, platforms, max(1, BLOCK_STEPS // platforms)):
        faced = opponents_faced(profiles)
        regrets = (best[faced] - earned[faced, profiles]).max(axis=-1)
        found.append(_select(profiles, regrets, limit + _ROUNDING, lowest))
    profiles, regrets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if lowest:  # the kernel takes O(platforms^2) for the regrets of each
        profiles = profiles[regrets <= regrets.min() + _NEAR_LOWEST]
    return _search_again(profiles, market, choice, limit, lowest)


def _search_compiled(
    market: Market, platforms: int, choice: ChoiceRule, rule: RuleParameters, limit: float, lowest: bool
) -> tuple[IntArray, FloatArray]:
    from ..compiled.calls import THREADED_WORK, map_in_threads
    from ..compiled.search import search

    opponents = math.comb(market.num_models + platforms - 2, platforms - 1)
    steps = opponents * (market.num_models + market.num_users)
    check_searchable(steps, MAX_SEARCH_STEPS, "steps of the search for pure equilibria", market, platforms, choice)
    scores, weighted = market.scores_by_user, market.weighted_scores_by_user
    ranking = _ranking(scores, rule)

    def search_from(first: int) -> tuple[IntArray, FloatArray]:
        return search(scores, weighted, ranking, platforms, first, limit, lowest, *rule)

    firsts = range(market.num_models if platforms > 2 else 1)
    threaded = steps >= THREADED_WORK
    parts = map_in_threads(search_from, firsts) if threaded else [search_from(first) for first in firsts]
    return _search_again(np.concatenate([profiles for profiles, _ in parts]), market, choice, limit, lowest)


def _search_again(
    found: IntArray, market: Market, choice: ChoiceRule, limit: float, lowest: bool
) -> tuple[IntArray, FloatArray]:
    """Those of the profiles found that the kernel finds too, with its regrets."""
    size = max(1, BLOCK_STEPS // _steps_of_one(market, found.shape[1]))
    blocks = (found[start : start + size] for start in range(0, max(len(found), 1), size))
    return _search(blocks, market, choice, limit, lowest)


def _ranking(scores: FloatArray, rule: RuleParameters) -> IntArray:
    """Each type's models from the best on, `(users, models)`; empty if replies cannot be kept incrementally."""
    nothing = np.empty((0, 0), np.int64)
    if rule.kind != HARDMAX:
        return nothing
    ranking = np.argsort(-scores, axis=1)
    ranked = np.take_along_axis(scores, ranking, axis=1)
    above, below = ranked[:, :-1], ranked[:, 1:]
    close = (above > below) & (above - rule.scale <= below)
    return nothing if close.any() else ranking


def checked_steps_of_one(market: Market, platforms: int, choice: ChoiceRule) -> int:
    """How many deployed scores the kernel goes through for the regrets of one profile.

    Raises:
        ValueError: more than `MAX_STEPS_OF_ONE`.
    """
    steps = _steps_of_one(market, platforms)
    check_searchable(steps, MAX_STEPS_OF_ONE, "steps of the kernel for each profile", market, platforms, choice)
    return steps


def _steps_of_one(market: Market, platforms: int) -> int:
    return platforms * market.num_models * platforms * market.num_users
