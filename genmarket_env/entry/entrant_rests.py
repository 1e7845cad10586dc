"""Where a market rests with each of many entrants; what does not depend on the entrant is computed once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from .. import kernel
from ..equilibrium.market_game import MarketGame
from ..equilibrium.rest import Rest, models_in_play, of_payoffs, rests_of
from ..exact import payoffs_against
from ..exact.best_response_graph import MAX_NODES
from ..exact.multisets import all_multisets, opponents_faced
from ..market import FloatArray
from .entering import Entering
from .entrants import with_entrant

_BLOCK_STEPS = 2_000_000


class EntrantRests:
    """The rests of one market with any entrant; what incumbents earn among themselves is computed once, at creation.

    Args:
        entering: the incumbents and what is around them; their rule treats platforms alike.
    """

    def __init__(self, entering: Entering) -> None:
        game = entering.incumbents
        self._entering, self._game, self._market = entering, game, game.market
        models, platforms = game.num_models + 1, game.num_platforms
        self._tabulated = entering.economy is None and math.comb(models + platforms - 1, platforms) <= MAX_NODES
        if self._tabulated:
            profiles = all_multisets(models, platforms)
            self._with_it = profiles[profiles[:, -1] == models - 1]
            self._faced = opponents_faced(self._with_it)
            self._among = payoffs_against(game)

    def of_each(self, entrant_scores: FloatArray) -> Iterator[tuple[MarketGame | None, tuple[Rest, ...]]]:
        """The game with each candidate `(candidates, users)` in turn as its last model, and its rests.

        The game is None where it is known that nobody deploys the candidate.
        """
        if not self._tabulated:
            for scores in entrant_scores:
                entered = self._entered(scores)
                yield entered, rests_of(entered)
            return
        size = max(1, _BLOCK_STEPS // (self._with_it.size * self._market.num_users))
        for start in range(0, len(entrant_scores), size):
            block = entrant_scores[start : start + size]
            for scores, earned in zip(block, self._earned(block), strict=True):
                best = earned.max(axis=1)
                played = models_in_play(earned, best, self._game.num_platforms)
                if played[-1] < self._market.num_models:
                    yield None, self._without
                else:
                    entered = self._entered(scores)
                    yield entered, of_payoffs(entered, earned, best, played)

    @cached_property
    def _without(self) -> tuple[Rest, ...]:
        """The rests if nobody deploys the entrant."""
        return rests_of(self._game)

    def _earned(self, entrant_scores: FloatArray) -> FloatArray:
        """What each model earns against each multiset of opponents with each candidate: `(candidates, places, models)`.

        The places of multisets without the entrant come first.
        """
        incumbents, masses = self._market.scores, self._market.masses
        pools = np.empty((len(entrant_scores), 1, len(incumbents) + 1, len(masses)))
        pools[..., :-1, :], pools[..., -1, :] = incumbents, entrant_scores[:, None]
        earned = np.empty((len(pools), int(self._faced.max()) + 1, len(incumbents) + 1))
        earned[:, : len(self._among), :-1] = self._among
        earned[:, self._faced, self._with_it] = kernel.payoffs(pools, masses, self._with_it, self._game.choice)
        return earned

    def _entered(self, scores: FloatArray) -> MarketGame:
        return self._entering.game(with_entrant(self._market, scores))
