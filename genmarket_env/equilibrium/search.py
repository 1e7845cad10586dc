"""Search all profiles of one market for those whose largest regret stays within a limit.

Platforms are exchangeable, so profiles are sorted multisets of models: C(M + N - 1, N) of them, and C(M + N - 2, N - 1)
of opponents. Models that a profile within the limit cannot hold are left out first (`.dominance`). A rule that the
compiled twins know is searched over opponents (`genmarket_env.compiled.search`), or in a small market by a table of
payoffs, any other by the kernel over all multisets. Whatever is found has its regrets from the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .. import kernel
from ..compiled import RuleParameters, backend_for
from ..exact.effort import check_size
from ..exact.multisets import multisets
from ..exact.pure_nash import searched_table, selected
from ..market import FloatArray, IntArray
from ..offers import worths_of
from .compiled_search import NEAR, found_by_twin
from .unlike import profiles_of_unlike

if TYPE_CHECKING:
    from .market_game import MarketGame

MAX_KERNEL_STEPS = 20_000_000_000
"""The most deployed scores that the kernel goes through for a rule without a compiled twin: some minutes."""

MAX_STEPS_OF_ONE = 100_000_000
"""The most deployed scores that the kernel goes through for one profile: 800 MB, and several arrays of that size."""

FEW_PROFILES = 5_000
"""So few are searched with all models."""

BLOCK_STEPS = 2_000_000

_NEAR_LOWEST = 1e-9
_ROUNDING = 1e-13
"""By how much the regrets of a table may differ from the kernel's own."""


def profiles_within(game: MarketGame, limit: float, *, lowest: bool = False) -> tuple[IntArray, FloatArray]:
    """The profiles of one market whose largest regret is at most `limit`, `(E, N)` in lexicographic order; and it.

    With `lowest` only those are returned whose regret is below that of all before them: the last one's is the least
    of all profiles. Of these, some may be missing whose regret is more than 1e-9 above the least.

    Raises:
        ValueError: a choice rule that returns no demand, or too many multisets to search.
    """
    if not game.alike:
        return profiles_of_unlike(game, game.beyond_rounding(limit), lowest=lowest)
    game.check_alike()
    limit = game.beyond_rounding(limit)
    if not lowest:
        return _within(game, _held(game, limit), limit, lowest)
    # The least of the profiles without models that no equilibrium has bounds that of all, and so says which models more
    # the best profile may hold.
    few = _held(game, NEAR)
    profiles, regrets = _within(game, few, limit, lowest)
    more = _held(game, float(regrets[-1]) + NEAR)
    return _within(game, more, limit, lowest) if len(more) > len(few) else (profiles, regrets)


def _held(game: MarketGame, tol: float) -> IntArray:
    """The models that a profile within `tol` can hold; all of a small market, which is searched as quickly."""
    if math.comb(game.num_models + game.num_platforms - 1, game.num_platforms) <= FEW_PROFILES:
        return np.arange(game.num_models)
    return game.candidates(None, tol)


def _within(game: MarketGame, models: IntArray, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    """The profiles of these models: no other model is a better reply than the best of them."""
    found, regrets = _search_market(game.restricted(models), limit, lowest)
    return models[found], regrets


def _search_market(game: MarketGame, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    market, platforms = game.offers, game.num_platforms
    if platforms == 1:
        profiles = np.arange(game.num_models)[:, None]
        row = kernel.deviation_payoffs(market.scores, market.masses, profiles[0], game.choice, worths_of(market))[0]
        return selected(profiles, row.max() - row, limit, lowest=lowest)
    steps = checked_steps_of_one(game)
    count = math.comb(game.num_models + platforms - 1, platforms)
    if game.rule is not None:
        if backend_for(game, count * platforms * game.num_users) == "kernel":
            return _search_table(game, limit, lowest)
        return search_by_twin(game, game.rule, limit, lowest)
    check_size(game, count * steps, MAX_KERNEL_STEPS, "steps of the kernel")
    blocks = multisets(game.num_models, platforms, max(1, BLOCK_STEPS // steps))
    return _search(blocks, game, limit, lowest)


def _search(blocks: Iterator[IntArray], game: MarketGame, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    found, offers, worths = [], game.offers, worths_of(game.offers)
    for profiles in blocks:
        regrets = kernel.regret(offers.scores, offers.masses, profiles, game.choice, worths).max(axis=-1)
        found.append(selected(profiles, regrets, limit, lowest=lowest))
    profiles, regrets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return selected(profiles, regrets, limit, lowest=lowest)


def _search_table(game: MarketGame, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    table = game.payoffs_against(None)
    margin = _ROUNDING * game.unit
    profiles, regrets = searched_table(table, game.num_platforms, limit + margin, lowest=lowest)
    if lowest:  # the kernel takes O(platforms^2) for the regrets of each
        profiles = profiles[regrets <= regrets.min() + _NEAR_LOWEST * game.unit]
    return _search_again(profiles, game, limit, lowest)


def search_by_twin(game: MarketGame, rule: RuleParameters, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    """The equilibria of a game of at least two platforms and a known rule, and their regrets, by compiled code."""
    return _search_again(found_by_twin(game, rule, limit, lowest), game, limit, lowest)


def _search_again(found: IntArray, game: MarketGame, limit: float, lowest: bool) -> tuple[IntArray, FloatArray]:
    """Those of the profiles found that the kernel finds too, with its regrets."""
    if len(found) == 0:
        return found, np.empty(0)
    size = max(1, BLOCK_STEPS // _steps_of_one(game))
    blocks = (found[start : start + size] for start in range(0, len(found), size))
    return _search(blocks, game, limit, lowest)


def checked_steps_of_one(game: MarketGame) -> int:
    """How many deployed scores the kernel goes through for the regrets of one profile.

    Raises:
        ValueError: more than `MAX_STEPS_OF_ONE`.
    """
    steps = _steps_of_one(game)
    check_size(game, steps, MAX_STEPS_OF_ONE, "steps of the kernel for each profile")
    return steps


def _steps_of_one(game: MarketGame) -> int:
    return game.num_platforms * game.num_models * game.num_platforms * game.num_users
