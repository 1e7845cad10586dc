"""What each of many models earns when all other platforms play one mixture: without a table of pairs of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..compiled import HARDMAX, RuleParameters
from ..exact.effort import check_size
from ..market import FloatArray, IntArray
from .checks import check_mixed_platforms
from .separable import is_separable, logit_expansions
from .symmetric_payoffs import symmetric_payoffs
from .tie_expansion import tie_ranges

if TYPE_CHECKING:
    from .market_game import MarketGame

NODES, MOST_NODES = 200, 50_000_000
"""About so many nodes of the quadrature for Logit have a user type and a model; the most there may be, 800 MB."""


def payoffs_against_mixture(game: MarketGame) -> Callable[[FloatArray], FloatArray]:
    """What each model earns if all other platforms play a mixture: a function of the mixture, both `(models,)`.

    Under HardMax it takes `users * models` steps and no table of pairs.
    """
    market, platforms, rule = game.offers, game.num_platforms, game.rule
    check_mixed_platforms(platforms)
    if rule is not None and is_separable(market, rule):
        return _by_quadrature(game, rule)
    if rule is None or rule.kind != HARDMAX:
        payoffs = symmetric_payoffs(game)
        return lambda mixture: payoffs(mixture)[0]
    order = np.argsort(market.scores_by_user, axis=1, kind="stable")
    terms = [_terms_of(market.scores_by_user[k][order[k]], rule, k) for k in range(market.num_users)]

    def earned(mixture: FloatArray) -> FloatArray:
        out = np.zeros(market.num_models)
        for k, (low, high, sign, positions) in enumerate(terms):
            below = np.concatenate(([0.0], np.cumsum(mixture[order[k]])))
            values = sign * _tied_share(below[low], below[high + 1], platforms)
            share = np.bincount(positions, np.repeat(values, high - low + 1), minlength=market.num_models)
            out[order[k]] += market.weighted_scores_by_user[k, order[k]] * share
        return out

    return earned


def _by_quadrature(game: MarketGame, rule: RuleParameters) -> Callable[[FloatArray], FloatArray]:
    nodes = game.num_users * game.num_models * NODES
    check_size(game, nodes, MOST_NODES, "nodes of the quadrature for mixed play")
    expansions = list(logit_expansions(game.offers, rule))
    return lambda mixture: sum(
        ((expansion.factor @ mixture) ** (game.num_platforms - 1) @ expansion.gain for expansion in expansions),
        start=np.zeros(game.num_models),
    )


def _terms_of(
    ascending: FloatArray, rule: RuleParameters, user: int
) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
    """The first and last position and the sign of each range of ties of a type, and all positions of all in a row."""
    _, low, high, sign = tie_ranges(ascending[None], rule._replace(reservation=rule.reservation[user : user + 1]))
    lengths = high - low + 1
    starts = np.repeat(low - np.cumsum(lengths) + lengths, lengths)
    return low, high, sign, starts + np.arange(lengths.sum())


def _tied_share(below: FloatArray, top: FloatArray, platforms: int) -> FloatArray:
    """`(top^N - below^N) / (N (top - below))`, the expected share of a range; accurate where the two are close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tied = np.where(top > 0, (top - below) / top, 0.0)
        powers = np.where(tied > 0, -np.expm1(platforms * np.log1p(-tied)) / tied, platforms)
    return top ** (platforms - 1) * powers / platforms
