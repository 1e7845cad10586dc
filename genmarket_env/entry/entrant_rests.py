"""Where a market rests with each of many entrants; what does not depend on the entrant is computed once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..equilibrium.best_response_graph import MAX_NODES
from ..equilibrium.multiset_payoffs import all_multisets, opponents_faced, payoffs_against
from ..equilibrium.rest import Rest, models_in_play, of_payoffs, rests
from ..market import FloatArray, Market

_BLOCK_STEPS = 2_000_000


class EntrantRests:
    """The rests of one market with any entrant; what incumbents earn among themselves is computed once, at creation.

    Args:
        market: the incumbents, one market.
        platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
    """

    def __init__(self, market: Market, platforms: int, choice: ChoiceRule) -> None:
        self._market, self._platforms, self._choice = market, platforms, choice
        models = market.num_models + 1
        self._tabulated = math.comb(models + platforms - 1, platforms) <= MAX_NODES
        if self._tabulated:
            profiles = all_multisets(models, platforms)
            self._with_it = profiles[profiles[:, -1] == models - 1]
            self._faced = opponents_faced(self._with_it)
            self._among = payoffs_against(market, platforms, choice)

    def of_each(self, entrant_scores: FloatArray) -> Iterator[tuple[Rest, ...]]:
        """The rests with each candidate `(candidates, users)` in turn, the candidate the last model."""
        if not self._tabulated:
            for scores in entrant_scores:
                yield rests(self._entered(scores), self._platforms, self._choice)
            return
        size = max(1, _BLOCK_STEPS // (self._with_it.size * self._market.num_users))
        for start in range(0, len(entrant_scores), size):
            block = entrant_scores[start : start + size]
            for scores, earned in zip(block, self._earned(block), strict=True):
                best = earned.max(axis=1)
                played = models_in_play(earned, best, self._platforms)
                if played[-1] < self._market.num_models:
                    yield self._without
                else:
                    yield of_payoffs(self._entered(scores), earned, best, played, self._platforms, self._choice)

    @cached_property
    def _without(self) -> tuple[Rest, ...]:
        """The rests if nobody deploys the entrant."""
        return rests(self._market, self._platforms, self._choice)

    def _earned(self, entrant_scores: FloatArray) -> FloatArray:
        """What each model earns against each multiset of opponents with each candidate: `(candidates, places, models)`.

        The places of multisets without the entrant come first.
        """
        incumbents, masses = self._market.scores, self._market.masses
        pools = np.empty((len(entrant_scores), 1, len(incumbents) + 1, len(masses)))
        pools[..., :-1, :], pools[..., -1, :] = incumbents, entrant_scores[:, None]
        earned = np.empty((len(pools), int(self._faced.max()) + 1, len(incumbents) + 1))
        earned[:, : len(self._among), :-1] = self._among
        earned[:, self._faced, self._with_it] = kernel.payoffs(pools, masses, self._with_it, self._choice)
        return earned

    def _entered(self, scores: FloatArray) -> Market:
        return Market(np.vstack([self._market.scores, scores]), self._market.masses)
