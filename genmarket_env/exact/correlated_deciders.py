"""The linear programme of correlated play where players differ, or one decider moves several of them.

As the conditions of `.correlated` are the same for deciders who are alike, a distribution may be taken over profiles of
`.deciders`: what the multiset of a group says goes to its deciders in uniformly random order, and a group needs one
condition for each strategy told and each other one (derived).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..market import FloatArray, IntArray
from .deciders import Deciders


@dataclass(frozen=True, eq=False)
class Programme:
    """Distributions over `profiles`, `(S, N)`, with `gains @ p <= 0`; `gains` is `(constraints, S)`, perhaps sparse."""

    profiles: IntArray
    welfare: FloatArray
    gains: Any


def programme_of(deciders: Deciders, welfare: Callable[[IntArray], FloatArray], *, coarse: bool) -> Programme:
    """The distributions that are correlated equilibria of the deciders, or coarse ones."""
    from scipy.sparse import csr_array, vstack

    numbers = np.concatenate(list(deciders.blocks()))
    profiles = deciders.profiles(numbers)
    parts = []
    first = 0
    for index, (group, multisets) in enumerate(zip(deciders.groups, deciders.multisets, strict=True)):
        earned, faced = deciders.faced(index)
        count, size = len(group.strategies), len(group.players)
        told = multisets[np.unravel_index(numbers, deciders.counts)[index]]
        own = deciders.earned[:, first : first + size]
        first += size
        gains = (earned[faced] - own[..., None]) / size
        deviation = np.broadcast_to(np.arange(count), gains.shape)
        constraint = deviation if coarse else told[..., None] * count + deviation
        column = np.broadcast_to(numbers[:, None, None], gains.shape)
        kept = gains != 0
        shape = (count if coarse else count**2, len(numbers))
        part = csr_array((gains[kept], (constraint[kept], column[kept])), shape=shape)
        parts.append(part[np.unique(constraint[gains > 0])])
    return Programme(profiles, welfare(profiles), vstack(parts, format="csr"))


def gain_of_deciders(deciders: Deciders, profiles: IntArray, probabilities: FloatArray, *, coarse: bool) -> float:
    """What a decider gains by its best deviation from a distribution over profiles `(S, N)`, by the game's payoffs."""
    largest = 0.0
    for group in deciders.groups:
        count = len(group.strategies)
        by_told = np.zeros((count, count))
        for profile, probability in zip(profiles, probabilities.tolist(), strict=True):
            for players in group.players:
                told = int(np.flatnonzero((group.strategies == profile[players]).all(axis=1))[0])
                earned = deciders.replies(profile, players, group.strategies)
                by_told[told] += probability / len(group.players) * (earned - earned[told])
        largest = max(largest, float(by_told.sum(axis=0).max() if coarse else by_told.max(axis=1).sum()))
    return largest
