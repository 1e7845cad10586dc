"""What platforms earn, and what they would earn with another model, in every profile of one market.

Platforms are exchangeable: a payoff depends on a platform's own model and on the multiset of its opponents' models. So
the payoffs of all `C(M + N - 1, N)` sorted profiles, which the kernel computes, hold those of every deviation from
them. No compiled function is involved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations_with_replacement, islice

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..market import FloatArray, IntArray, Market
from ..messages import counted
from .checks import check_alike

MAX_ENTRIES = 20_000_000
"""The most entries of a table of all multisets: 160 MB."""

KEPT_ENTRIES = 100_000
"""Tables of so many entries are kept for the next market of their size."""

_BLOCK_STEPS = 2_000_000


def multisets(models: int, platforms: int, block: int) -> Iterator[IntArray]:
    """All sorted profiles in lexicographic order, at most `block` at a time: `(block, platforms)`."""
    rows = combinations_with_replacement(range(models), platforms)
    while chunk := list(islice(rows, block)):
        yield np.array(chunk)


def all_multisets(models: int, platforms: int) -> IntArray:
    """All sorted profiles in lexicographic order, `(C(models + platforms - 1, platforms), platforms)`, read-only.

    Raises:
        ValueError: they have more than `MAX_ENTRIES` entries.
    """
    if platforms == 0:
        return np.empty((1, 0), np.int64)
    count = math.comb(models + platforms - 1, platforms)
    if count * platforms > MAX_ENTRIES:
        raise ValueError(
            f"the table of all {counted(count)} profiles of {models} models on {platforms} platforms has more than "
            f"{MAX_ENTRIES:,} entries; use fewer models or platforms"
        )
    return _kept(models, platforms) if count * platforms <= KEPT_ENTRIES else _table(models, platforms, count)


def _table(models: int, platforms: int, count: int) -> IntArray:
    table = next(multisets(models, platforms, count))
    table.setflags(write=False)
    return table


@lru_cache(maxsize=16)
def _kept(models: int, platforms: int) -> IntArray:
    """A small table, which many markets of one size ask for."""
    return _table(models, platforms, math.comb(models + platforms - 1, platforms))


def places(ordered: IntArray) -> IntArray:
    """The place of each sorted multiset `(P, size)` among those of its size, `(P,)`.

    It is that in colexicographic order, the sum of `C(f_i + i, i + 1)` (the combinatorial number system).
    """
    return _terms(ordered)[ordered, np.arange(ordered.shape[1])].sum(axis=1)


def opponents_faced(profiles: IntArray) -> IntArray:
    """For sorted profiles `(P, N)` the place of the multiset of opponents that each platform faces, `(P, N)`."""
    terms, index = _terms(profiles), np.arange(profiles.shape[1])
    out = np.zeros_like(profiles)
    # The opponents after platform i move up by one.
    before, after = terms[profiles, index], terms[profiles[:, 1:], index[:-1]]
    out[:, 1:] = np.cumsum(before[:, :-1], axis=1)
    out[:, :-1] += np.cumsum(after[:, ::-1], axis=1)[:, ::-1]
    return out


def payoffs_against(market: Market, platforms: int, choice: ChoiceRule) -> FloatArray:
    """What each model earns against each multiset of opponents, by its place: `(C(M + N - 2, N - 1), M)`.

    The deviation payoffs of sorted profiles are `payoffs_against(...)[opponents_faced(profiles)]`, `(P, N, M)`.

    Args:
        market: one market.
        platforms: at least 1.
        choice: how users choose; it must treat platforms alike.

    Raises:
        ValueError: the rule returns no demand.
    """
    models = market.num_models
    check_alike(market, platforms, choice)
    out = np.empty((math.comb(models + platforms - 2, platforms - 1), models))
    block = max(1, _BLOCK_STEPS // (platforms * market.num_users))
    whole = math.comb(models + platforms - 1, platforms) <= block
    for profiles in (all_multisets(models, platforms),) if whole else multisets(models, platforms, block):
        earned = kernel.payoffs(market.scores, market.masses, profiles, choice)
        out[opponents_faced(profiles), profiles] = earned
    return out


def _terms(ordered: IntArray) -> IntArray:
    models, size = int(ordered.max(initial=0)) + 1, ordered.shape[1]
    terms = [math.comb(model + index, index + 1) for model in range(models) for index in range(size)]
    return np.array(terms, np.int64).reshape(models, size)
