"""What platforms earn, and what they would earn with another model, in every profile of one market.

Platforms are exchangeable: a payoff depends on a platform's own model and on the multiset of its opponents' models. So
the kernel computes `C(M + N - 2, N - 1) * M` payoffs, those of each model against each multiset of opponents, and the
deviations of all `C(M + N - 1, N)` profiles are looked up in them. No compiled function is involved.
"""

from __future__ import annotations

import math

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..market import FloatArray, IntArray, Market
from .checks import check_choice
from .search import multisets

_BLOCK_STEPS = 2_000_000


def all_multisets(models: int, platforms: int) -> IntArray:
    """All sorted profiles in lexicographic order, `(C(models + platforms - 1, platforms), platforms)`."""
    if platforms == 0:
        return np.empty((1, 0), np.int64)
    return next(multisets(models, platforms, math.comb(models + platforms - 1, platforms)))


class MultisetPayoffs:
    """The payoffs of one market with that many platforms, by multiset of opponents.

    Args:
        market: one market.
        platforms: at least 1.
        choice: how users choose; it must treat platforms alike.

    Attributes:
        opponents: the sorted multisets of the other platforms' models, `(opponents, platforms - 1)`.
        earned: what each model earns against each of them, `(opponents, models)`.

    Raises:
        ValueError: the rule returns no demand.
    """

    opponents: IntArray
    earned: FloatArray

    def __init__(self, market: Market, platforms: int, choice: ChoiceRule) -> None:
        models, others = market.num_models, platforms - 1
        check_choice(market, np.arange(platforms) % models, choice)
        self._binomials = np.array(
            [[math.comb(n, k + 1) for k in range(others)] for n in range(models + others)], np.int64
        ).reshape(models + others, others)
        opponents = all_multisets(models, others)
        self.opponents = np.empty_like(opponents)
        self.opponents[self._rank(opponents)] = opponents
        size = max(1, _BLOCK_STEPS // (models * platforms * market.num_users))
        starts = range(0, len(opponents), size)
        self.earned = np.concatenate(
            [_earned_against(market, self.opponents[start : start + size], choice) for start in starts]
        )

    def deviation_payoffs(self, profiles: IntArray) -> FloatArray:
        """What each platform would earn with each model, for sorted profiles `(P, N)`: `(P, N, models)`."""
        platforms = profiles.shape[1]
        out = np.empty((*profiles.shape, self.earned.shape[1]))
        for i in range(platforms):
            out[:, i] = self.earned[self._rank(np.delete(profiles, i, axis=1))]
        return out

    def _rank(self, opponents: IntArray) -> IntArray:
        """The place of sorted multisets in colexicographic order (the combinatorial number system), `(P,)`."""
        places = np.arange(opponents.shape[1])
        return self._binomials[opponents + places, places].sum(axis=1)


def _earned_against(market: Market, opponents: IntArray, choice: ChoiceRule) -> FloatArray:
    models = market.num_models
    profile = np.empty((len(opponents), models, opponents.shape[1] + 1), np.int64)
    profile[..., 0] = np.arange(models)
    profile[..., 1:] = opponents[:, None]
    return kernel.payoffs(market.scores, market.masses, profile, choice)[..., 0]
