"""What each model earns when all other platforms play one mixture, and how that changes with the mixture.

With `N - 1` opponents who draw from `x` independently, the expected payoff `u_j(x)` of model `j` is a homogeneous
polynomial of degree `N - 1` in `x`: `u = D x / (N - 1)` with the Jacobian `D[j, l] = du_j / dx_l`, and `D[j, l]` is
`N - 1` times what `j` earns if one opponent deploys `l` and the others draw from `x`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations_with_replacement

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..compiled import HARDMAX, LOGIT, RuleParameters, parameters
from ..market import FloatArray, IntArray, Market
from .checks import check_alike, check_choice, check_enumerable
from .mixed import tie_terms_of
from .separable import SHARPEST_TEMPERATURE, logit_expansions
from .tie_expansion import small_tie_expansion

SymmetricPayoffs = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""A mixture `(models,)` -> the payoff of each model `(models,)` and the Jacobian `(models, models)`."""

_Jacobian = Callable[[FloatArray], FloatArray]


def symmetric_payoffs(market: Market, platforms: int, choice: ChoiceRule) -> SymmetricPayoffs:
    """The payoffs of one market with that many platforms, all of which but one play the mixture.

    Raises:
        ValueError: the rule has to be enumerated and has too many profiles, or returns no demand.
    """
    if platforms == 1:
        models = market.num_models
        check_choice(market, np.zeros(1, np.int64), choice)
        alone = kernel.payoffs(market.scores, market.masses, np.arange(models)[:, None], choice)[:, 0]
        return lambda _: (alone, np.zeros((models, models)))
    jacobian = _jacobian(market, platforms, choice)

    def payoffs(mixture: FloatArray) -> tuple[FloatArray, FloatArray]:
        derivatives = jacobian(mixture)
        return derivatives @ mixture / (platforms - 1), derivatives

    return payoffs


def _jacobian(market: Market, platforms: int, choice: ChoiceRule) -> _Jacobian:
    rule = parameters(choice, market.num_users)
    if rule is not None and rule.kind == HARDMAX:
        return _hardmax_jacobian(market, platforms, rule)
    if rule is not None and rule.kind == LOGIT and rule.scale >= SHARPEST_TEMPERATURE:
        return _logit_jacobian(market, platforms, rule)
    return _enumerated_jacobian(market, platforms, choice)


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


def _enumerated_jacobian(market: Market, platforms: int, choice: ChoiceRule) -> _Jacobian:
    """By the kernel's payoffs of every model against every multiset of opponents, one of whom is singled out."""
    models, others = market.num_models, platforms - 2
    count = math.comb(models + others - 1, others)
    check_alike(market, platforms, choice)
    check_enumerable(market, platforms, choice, count * models**2)
    rest = np.array(list(combinations_with_replacement(range(models), others)), dtype=np.int64)
    earned = np.stack([_payoffs_against(market, opponents, choice) for opponents in rest])
    orders = np.array([_orders(opponents) for opponents in rest])

    def jacobian(mixture: FloatArray) -> FloatArray:
        probabilities = orders * mixture[rest].prod(axis=1)
        return (platforms - 1) * np.tensordot(probabilities, earned, axes=1)

    return jacobian


def _payoffs_against(market: Market, opponents: IntArray, choice: ChoiceRule) -> FloatArray:
    """`[j, l]`: what the first platform earns with model `j` against `l` and `opponents`."""
    models = market.num_models
    profile = np.empty((models, models, len(opponents) + 2), np.int64)
    profile[..., 0] = np.arange(models)[:, None]
    profile[..., 1] = np.arange(models)
    profile[..., 2:] = opponents
    return kernel.payoffs(market.scores, market.masses, profile, choice)[..., 0]


def _orders(multiset: IntArray) -> int:
    """In how many orders a multiset can be drawn."""
    _, counts = np.unique(multiset, return_counts=True)
    return math.factorial(len(multiset)) // math.prod(math.factorial(count) for count in counts.tolist())
