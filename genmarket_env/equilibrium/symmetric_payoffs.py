"""What each model earns when all other platforms play one mixture, and how that changes with the mixture.

With `N - 1` opponents who draw from `x` independently, the expected payoff `u_j(x)` of model `j` is a homogeneous
polynomial of degree `N - 1` in `x`: `u = D x / (N - 1)` with the Jacobian `D[j, l] = du_j / dx_l`, and `D[j, l]` is
`N - 1` times what `j` earns if one opponent deploys `l` and the others draw from `x`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .. import kernel
from ..compiled import HARDMAX, RuleParameters
from ..exact.abilities import MixturePayoffs
from ..exact.multisets import all_multisets, orders
from ..market import FloatArray, IntArray, Market
from ..offers import worths_of
from .checks import check_choice, check_mixed_platforms, check_profiles
from .mixed import tie_terms_of
from .separable import is_separable, logit_expansions
from .tie_expansion import small_tie_expansion

if TYPE_CHECKING:
    from .market_game import MarketGame

_Jacobian: TypeAlias = Callable[[FloatArray], FloatArray]


def symmetric_payoffs(game: MarketGame) -> MixturePayoffs:
    """The payoffs of one market with that many platforms, all of which but one play the mixture.

    Raises:
        ValueError: there are more than 2000 platforms, or the rule has to be enumerated and has too many profiles, or
            returns no demand.
    """
    platforms = game.num_platforms
    check_mixed_platforms(platforms)
    if platforms == 1:
        models = game.num_models
        offers = game.offers
        check_choice(offers, np.zeros(1, np.int64), game.choice)
        profiles = np.arange(models)[:, None]
        alone = kernel.payoffs(offers.scores, offers.masses, profiles, game.choice, worths_of(offers))[:, 0]
        return lambda _: (alone, np.zeros((models, models)))
    jacobian = _jacobian(game)

    def payoffs(mixture: FloatArray) -> tuple[FloatArray, FloatArray]:
        derivatives = jacobian(mixture)
        return derivatives @ mixture / (platforms - 1), derivatives

    return payoffs


def _jacobian(game: MarketGame) -> _Jacobian:
    rule = game.rule
    if rule is not None and rule.kind == HARDMAX:
        return _hardmax_jacobian(game.offers, game.num_platforms, rule)
    if rule is not None and is_separable(game.offers, rule):
        return _logit_jacobian(game.offers, game.num_platforms, rule)
    return _enumerated_jacobian(game)


def _hardmax_jacobian(market: Market, platforms: int, rule: RuleParameters) -> _Jacobian:
    expansion = small_tie_expansion(market, platforms, rule)
    if expansion is not None:
        return lambda mixture: expansion.symmetric_jacobian(mixture, platforms)
    from ..compiled.mixed import symmetric_jacobian

    terms, weighted_scores = tie_terms_of(market, rule), market.weighted_scores_by_user
    return lambda mixture: symmetric_jacobian(terms, weighted_scores, mixture, platforms)


def _logit_jacobian(market: Market, platforms: int, rule: RuleParameters) -> _Jacobian:
    expansions = list(logit_expansions(market, rule))
    return lambda mixture: sum(
        (expansion.symmetric_jacobian(mixture, platforms) for expansion in expansions),
        start=np.zeros((market.num_models, market.num_models)),
    )


def _enumerated_jacobian(game: MarketGame) -> _Jacobian:
    """By the kernel's payoffs of every model against every multiset of opponents, one of whom is singled out."""
    models, others = game.num_models, game.num_platforms - 2
    count = math.comb(models + others - 1, others)
    game.check_alike()
    check_profiles(game, count * models**2)
    rest = all_multisets(models, others)
    earned = np.stack([_payoffs_against(game, opponents) for opponents in rest])
    ways = orders(rest)

    def jacobian(mixture: FloatArray) -> FloatArray:
        probabilities = ways * mixture[rest].prod(axis=1)
        return (game.num_platforms - 1) * np.tensordot(probabilities, earned, axes=1)

    return jacobian


def _payoffs_against(game: MarketGame, opponents: IntArray) -> FloatArray:
    """`[j, l]`: what the first platform earns with model `j` against `l` and `opponents`."""
    models = game.num_models
    profile = np.empty((models, models, len(opponents) + 2), np.int64)
    profile[..., 0] = np.arange(models)[:, None]
    profile[..., 1] = np.arange(models)
    profile[..., 2:] = opponents
    offers = game.offers
    return kernel.payoffs(offers.scores, offers.masses, profile, game.choice, worths_of(offers))[..., 0]
