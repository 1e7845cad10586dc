"""What users can expect where all platforms play one mixture, those who stay away included."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import kernel
from ..choice import ChoiceRule, HardMax, HasOutsideValue, Logit, OutsideOption
from ..exact.effort import check_size
from ..exact.multisets import multisets
from ..market import FloatArray, IntArray, Market

if TYPE_CHECKING:
    from .market_game import MarketGame

MAX_DRAWN = 200_000
"""The most multisets of models that are drawn with some probability, where each has to be gone through: a second."""

_BLOCK_STEPS = 2_000_000


def outside_value_of_mixture(game: MarketGame, mixture: FloatArray) -> float:
    """What users who stay away have elsewhere, by mass and in expectation: the surplus minus the welfare.

    Where the best score on offer alone says who stays away, in closed form: with a type's models in ascending order of
    their scores and `F_q` the probability of the first `q`, the best of `N` draws is the one at `q` with the
    probability `F_q^N - F_(q-1)^N`. Otherwise by all multisets that can be drawn. Derived.

    Args:
        game: of one market.
        mixture: the probability of each model, `(models,)`.

    Raises:
        TooLarge: more than 200,000 multisets have to be gone through.

    Example:
        >>> from genmarket_env import MarketGame
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2, OutsideOption(HardMax(), 0.5))
        >>> round(outside_value_of_mixture(game, np.array([0.5, 0.5])), 3)
        0.125
    """
    if not isinstance(game.choice, HasOutsideValue):
        return 0.0
    drawn = np.flatnonzero(mixture > 0)
    if _best_decides(game.choice):
        return _in_closed_form(game.offers, game.num_platforms, drawn, mixture[drawn], game.choice)
    count = math.comb(len(drawn) + game.num_platforms - 1, game.num_platforms)
    check_size(game, count, MAX_DRAWN, "multisets that can be drawn")
    return _by_multisets(game, drawn, mixture[drawn])


def _best_decides(choice: ChoiceRule) -> bool:
    """Whether what a type has elsewhere depends on the best score on offer alone."""
    while type(choice) is OutsideOption:
        choice = choice.rule
    return type(choice) is HardMax or (type(choice) is Logit and choice.outside_utility is None)


def _in_closed_form(
    market: Market, platforms: int, drawn: IntArray, probabilities: FloatArray, rule: HasOutsideValue
) -> float:
    scores = market.scores[drawn]
    elsewhere = np.asarray(rule.outside_value(scores[:, None, :]))
    order = np.argsort(scores, axis=0, kind="stable")
    reached = np.minimum(np.cumsum(probabilities[order], axis=0), 1.0) ** platforms
    best = np.diff(reached, axis=0, prepend=0.0)
    return float((best * np.take_along_axis(elsewhere, order, axis=0)).sum(axis=0) @ market.masses)


def _by_multisets(game: MarketGame, drawn: IntArray, probabilities: FloatArray) -> float:
    market, platforms = game.offers, game.num_platforms
    logs, total = np.log(probabilities), 0.0
    factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, platforms + 1)))))
    for rows in multisets(len(drawn), platforms, max(1, _BLOCK_STEPS // (platforms * market.num_users))):
        cells = np.arange(len(rows))[:, None] * len(drawn) + rows
        counts = np.bincount(cells.ravel(), minlength=len(rows) * len(drawn)).reshape(len(rows), -1)
        chance = np.exp(factorials[-1] - factorials[counts].sum(axis=1) + counts @ logs)
        asked = market.scores, market.masses, drawn[rows], game.choice
        total += float(chance @ (kernel.surplus(*asked) - kernel.welfare(*asked)))
    return total
