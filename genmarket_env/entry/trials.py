"""Candidates for entry tried in many markets at once, as searches do: the compiled twin of `EntryGame` where it can."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..compiled import HARDMAX, RuleParameters, parameters
from ..equilibrium.best_response_graph import MAX_NODES
from ..equilibrium.multiset_payoffs import all_multisets
from ..game import checked_platforms
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from .outcome import Adoption, EntryGame

CLEAR_GAP = 1e-9
"""A model is never deployed beside one that is better for every user type by more than so much value."""

MOST_NODES = 500
"""Cycles among more profiles are left to `EntryGame`, which handles them as sparse systems."""


class Trials:
    """Many markets of the same models and user types, in which candidates for entry are tried.

    Args:
        markets: one market, or a batch `(draws,)` such as `market.resample` gives.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.

    Raises:
        ValueError: `markets` has more than one batch axis, or `num_platforms` is below 1.
        TypeError: `markets` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> trials = Trials(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> trials.adoption(np.array([[0.3, 0.95], [0.3, 0.3]])).share
        array([[0.4, 0. ]])
    """

    def __init__(self, markets: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> None:
        if not isinstance(markets, Market):
            raise TypeError(f"markets must be a Market; got {shown(markets)}")
        if len(markets.batch_shape) > 1:
            raise ValueError(f"markets must be one or a batch (draws,); got the batch shape {markets.batch_shape}")
        platforms = checked_platforms(num_platforms)
        each = [markets[i] for i in range(markets.batch_shape[0])] if markets.batch_shape else [markets]
        self._trials = [_Trial(market, platforms, choice) for market in each]

    def __len__(self) -> int:
        return len(self._trials)

    def adoption(self, candidates: FloatArray, draws: int | None = None) -> Adoption:
        """The adoption of candidates `(candidates, users)` in the first `draws` markets, `(draws, candidates)`."""
        found = [trial.adoption(candidates) for trial in self._trials[:draws]]
        return Adoption(*np.moveaxis(np.array(found), -1, 0))


class _Trial:
    """One market in which candidates are tried."""

    def __init__(self, market: Market, platforms: int, choice: ChoiceRule) -> None:
        self._market, self._platforms, self._choice = market, platforms, choice
        self._rule = parameters(choice, market.num_users)
        self._game: EntryGame | None = None
        if self._rule is None or math.comb(market.num_models + platforms, platforms) > MAX_NODES:
            self._rule = None
            self._game = EntryGame(market, platforms, choice)
            return
        kept = _worth_trying(market, self._rule)
        self._scores = np.zeros((market.num_users, len(kept) + 1))
        self._scores[:, :-1] = market.scores[kept].T
        self._weighted = market.masses[:, None] * self._scores
        self._table = _places(len(kept) + 1, platforms)

    def adoption(self, candidates: FloatArray) -> FloatArray:
        """Share, payoff and adoption of each candidate, `(candidates, 3)`."""
        if self._rule is None:
            return self._by_game(candidates)
        from ..compiled.entrants import adoption_of_entrants

        out = np.empty((len(candidates), 3))
        masses = np.ascontiguousarray(self._market.masses)
        adoption_of_entrants(
            self._scores, self._weighted, masses, *self._table, np.ascontiguousarray(candidates), *self._rule,
            MOST_NODES, out,
        )  # fmt: skip
        unknown = np.isnan(out[:, 0])
        if unknown.any():
            out[unknown] = self._by_game(candidates[unknown])
        return out

    def _by_game(self, candidates: FloatArray) -> FloatArray:
        if self._game is None:
            self._game = EntryGame(self._market, self._platforms, self._choice)
        return np.stack(self._game.adoption(candidates), axis=-1)


def _worth_trying(market: Market, rule: RuleParameters) -> IntArray:
    """The models that may be a best reply to something: not those which another one beats for every user type.

    Where users may stay away all models may earn nothing, and each is then a best reply.
    """
    everybody = np.arange(market.num_models)
    if (rule.reservation > 0).any() or rule.kind != HARDMAX:
        return everybody
    value = market.weighted_scores[:, market.masses > 0]
    better = (value[:, None] > value[None] + CLEAR_GAP).all(axis=2)
    return everybody[~better.any(axis=0)]


@lru_cache(maxsize=64)
def _places(models: int, platforms: int) -> tuple[IntArray, int, IntArray]:
    """The multisets of opponents by place, how many are without the last model, and the addends of places."""
    opponents = all_multisets(models, platforms - 1)
    if platforms > 1:
        opponents = opponents[np.lexsort(opponents.T)]
    terms = np.array([[math.comb(model + i, i + 1) for i in range(platforms)] for model in range(models)], np.int64)
    return np.ascontiguousarray(opponents), math.comb(models + platforms - 3, platforms - 1), terms
