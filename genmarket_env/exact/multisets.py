"""Multisets of actions: the profiles of players who are alike, and the opponents whom each of them faces.

A payoff depends on a player's own action and on the multiset of the others' actions. So the payoffs of all
`C(n + N - 1, N)` sorted profiles hold those of every deviation from them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations_with_replacement, islice

import numpy as np

from ..market import FloatArray, IntArray
from ..messages import magnitude

MAX_ENTRIES = 20_000_000
"""The most entries of a table of all multisets: 160 MB."""

KEPT_ENTRIES = 100_000
"""Tables of so many entries are kept for the next game of their size."""


def multisets(actions: int, players: int, block: int) -> Iterator[IntArray]:
    """All sorted profiles in lexicographic order, at most `block` at a time: `(block, players)`."""
    rows = combinations_with_replacement(range(actions), players)
    while chunk := list(islice(rows, block)):
        yield np.array(chunk)


def all_multisets(actions: int, players: int) -> IntArray:
    """All sorted profiles in lexicographic order, `(C(actions + players - 1, players), players)`, read-only.

    Raises:
        ValueError: they have more than `MAX_ENTRIES` entries.
    """
    if players == 0:
        return np.empty((1, 0), np.int64)
    count = math.comb(actions + players - 1, players)
    if count * players > MAX_ENTRIES:
        raise ValueError(
            f"the table of all {magnitude(count)} multisets of {players} of {actions} actions has more than "
            f"{MAX_ENTRIES:,} entries; use fewer actions or players"
        )
    return _kept(actions, players) if count * players <= KEPT_ENTRIES else _table(actions, players, count)


def blocks_of_multisets(actions: int, players: int, block: int) -> Iterator[IntArray]:
    """As `multisets`; those of a small game, which are kept, at once."""
    count = math.comb(actions + players - 1, players)
    if count <= block and count * players <= KEPT_ENTRIES:
        return iter((all_multisets(actions, players),))
    return multisets(actions, players, block)


def _table(actions: int, players: int, count: int) -> IntArray:
    table = next(multisets(actions, players, count))
    table.setflags(write=False)
    return table


@lru_cache(maxsize=16)
def _kept(actions: int, players: int) -> IntArray:
    """A small table, which many games of one size ask for."""
    return _table(actions, players, math.comb(actions + players - 1, players))


def places(ordered: IntArray) -> IntArray:
    """The place of each sorted multiset `(P, size)` among those of its size, `(P,)`.

    It is that in colexicographic order, the sum of `C(f_i + i, i + 1)` (the combinatorial number system).
    """
    return _terms(ordered)[ordered, np.arange(ordered.shape[1])].sum(axis=1)


def opponents_faced(profiles: IntArray) -> IntArray:
    """For sorted profiles `(P, N)` the place of the multiset of opponents that each player faces, `(P, N)`."""
    terms, index = _terms(profiles), np.arange(profiles.shape[1])
    out = np.zeros_like(profiles)
    # The opponents after player i move up by one.
    before, after = terms[profiles, index], terms[profiles[:, 1:], index[:-1]]
    out[:, 1:] = np.cumsum(before[:, :-1], axis=1)
    out[:, :-1] += np.cumsum(after[:, ::-1], axis=1)[:, ::-1]
    return out


def _terms(ordered: IntArray) -> IntArray:
    actions, size = int(ordered.max(initial=0)) + 1, ordered.shape[1]
    terms = [math.comb(action + index, index + 1) for action in range(actions) for index in range(size)]
    return np.array(terms, np.int64).reshape(actions, size)


def orders(multisets: IntArray) -> FloatArray:
    """In how many orders each multiset `(P, size)` can be drawn, `(P,)`."""
    size = multisets.shape[1]
    ways = [math.prod(map(math.factorial, np.unique(row, return_counts=True)[1].tolist())) for row in multisets]
    return np.array([math.factorial(size) // each for each in ways], np.float64)
