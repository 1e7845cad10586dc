"""Candidates for entry tried in many markets at once, as searches do: the compiled twin of `EntryGame` where it can."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..compiled import HARDMAX, RuleParameters, parameters
from ..economy import Economy
from ..equilibrium.best_response_graph import MAX_NODES
from ..exact.multisets import all_multisets
from ..game import check_game, checked_platforms
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from .entering import Entering
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
        economy: as in `entry_outcome`; of the first market, or of `reference`. Then candidates are tried one by one.
        reference: the market that the economy is of; in the others what follows the scores differs by as much.

    Raises:
        ValueError: `markets` has more than one batch axis, or `num_platforms` is below 1.
        TypeError: `markets` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> trials = Trials(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> trials.adoption(np.array([[0.3, 0.95], [0.3, 0.3]])).share
        array([[0.4, 0. ]])
    """

    def __init__(
        self,
        markets: Market,
        num_platforms: int,
        choice: ChoiceRule = HardMax(),
        *,
        economy: Economy | None = None,
        reference: Market | None = None,
    ) -> None:
        if not isinstance(markets, Market):
            raise TypeError(f"markets must be a Market; got {shown(markets)}")
        if len(markets.batch_shape) > 1:
            raise ValueError(f"markets must be one or a batch (draws,); got the batch shape {markets.batch_shape}")
        platforms = checked_platforms(num_platforms)
        check_game(markets, choice)
        scores = markets.scores.reshape(-1, markets.num_models, markets.num_users)
        masses = np.broadcast_to(markets.masses, (len(scores), markets.num_users))
        base = None
        if economy is not None:
            first = Market(scores[0], masses[0]) if reference is None else reference
            base = Entering.of(first, platforms, choice, economy)
        self._trials = [_Trial(*arrays, platforms, choice, base) for arrays in zip(scores, masses, strict=True)]

    def __len__(self) -> int:
        return len(self._trials)

    def adoption(self, candidates: FloatArray, draws: int | None = None) -> Adoption:
        """The adoption of candidates `(candidates, users)` in the first `draws` markets, `(draws, candidates)`."""
        found = [trial.figures(candidates) for trial in self._trials[:draws]]
        return Adoption(*np.moveaxis(np.array(found)[..., :3], -1, 0))

    def served(self, candidate: FloatArray) -> tuple[Adoption, FloatArray]:
        """The adoption of one candidate in each market, `(draws,)`, and its share of each user type, `(draws, users)`.

        Example:
            >>> Trials(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2).served(np.array([0.3, 0.95]))[1]
            array([[0., 1.]])
        """
        found = np.array([trial.figures(candidate[None])[0] for trial in self._trials])
        return Adoption(*found[:, :3].T), found[:, 3:]


class _Trial:
    """One market in which candidates are tried."""

    def __init__(
        self, scores: FloatArray, masses: FloatArray, platforms: int, choice: ChoiceRule, base: Entering | None
    ) -> None:
        # Arrays that are all writeable and in C order: other kinds would be compiled for once more.
        self._incumbents, self._masses = scores, np.array(masses)
        self._platforms, self._choice = platforms, choice
        self._game: EntryGame | None = None
        self._base = base
        models, users = scores.shape
        small = math.comb(models + platforms, platforms) <= MAX_NODES
        self._rule = parameters(choice, users) if small and base is None else None
        if self._rule is None:
            return
        kept = _worth_trying(scores, masses, self._rule)
        self._scores = np.zeros((users, len(kept) + 1))
        self._scores[:, :-1] = scores[kept].T
        self._weighted = masses[:, None] * self._scores
        self._table = _places(len(kept) + 1, platforms)

    def figures(self, candidates: FloatArray) -> FloatArray:
        """Share, payoff, adoption and the share of each user type of each candidate, `(candidates, 3 + users)`."""
        if self._rule is None:
            return self._by_game(candidates)
        from ..compiled.entrants import adoption_of_entrants

        out = np.empty((len(candidates), 3 + candidates.shape[1]))
        adoption_of_entrants(
            self._scores, self._weighted, self._masses, *self._table, np.array(candidates, order="C"), *self._rule,
            MOST_NODES, out,
        )  # fmt: skip
        unknown = np.isnan(out[:, 0])
        if unknown.any():
            out[unknown] = self._by_game(candidates[unknown])
        return out

    def _by_game(self, candidates: FloatArray) -> FloatArray:
        if self._game is None:
            market = Market(self._incumbents, self._masses)
            economy = None if self._base is None else self._base.redrawn(market).economy
            self._game = EntryGame(market, self._platforms, self._choice, economy=economy)
        return self._game.figures(candidates)


def _worth_trying(scores: FloatArray, masses: FloatArray, rule: RuleParameters) -> IntArray:
    """The models that may be a best reply to something: not those which another one beats for every user type.

    Where users may stay away all models may earn nothing, and each is then a best reply.
    """
    everybody = np.arange(len(scores))
    if (rule.reservation > 0).any() or rule.kind != HARDMAX:
        return everybody
    value = (masses * scores)[:, masses > 0]
    better = (value[:, None] > value[None] + CLEAR_GAP).all(axis=2)
    return everybody[~better.any(axis=0)]


@lru_cache(maxsize=64)
def _places(models: int, platforms: int) -> tuple[IntArray, int, IntArray]:
    """The multisets of opponents by place, how many are without the last model, and the addends of places."""
    opponents = all_multisets(models, platforms - 1)
    if platforms > 1:
        opponents = opponents[np.lexsort(opponents.T)]
    terms = np.array([[math.comb(model + i, i + 1) for i in range(platforms)] for model in range(models)], np.int64)
    return np.array(opponents), math.comb(models + platforms - 3, platforms - 1), terms
