"""Mixed play: what platforms can expect when each draws its model from a policy of its own, independently.

Policies are `(*batch, platforms, models)`; `policies[i, j]` is the probability that platform `i` deploys model `j`.
The expectation is over the draws of all platforms, and exact, not sampled:

* HardMax, with or without an outside option: in closed form, at any size (`genmarket_env.compiled.mixed`);
* Logit, likewise: by a quadrature whose error is below 1e-14 + 1e-16 / temperature (`.separable`);
* any other rule: all `M^N` profiles through the kernel.

Source: derived; the paper has pure play only.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..arguments import plain_array, without_rounding
from ..choice import ChoiceRule, HardMax
from ..compiled import HARDMAX, RuleParameters, parameters
from ..game import check_batches, check_game
from ..market import FloatArray, IntArray, Market
from ..offers import worths_of
from ..tolerances import GIVEN
from .checks import check_mixed_platforms, check_profiles
from .per_market import latest_per_market
from .separable import is_separable, logit_expansions, products_of_others
from .tie_expansion import small_tie_expansion, unit_gauss_legendre

if TYPE_CHECKING:
    from .market_game import MarketGame

_BLOCK = 2**14


def expected_payoffs(market: Market, policies: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The expected payoff of each platform, `(*batch, platforms)`, in [0, 1].

    Args:
        market: one market or a batch; its batch and that of the policies broadcast.
        policies: `(*batch, platforms, models)`, >= 0; every row sums to 1. Rounding up to 1e-6 is put right: entries
            are clipped to >= 0 and divided by their sum.
        choice: how users choose.

    Raises:
        ValueError: a row is not a probability distribution over the models, batches do not broadcast, there are more
            than 2000 platforms, or the rule is of a kind that has to be enumerated and has too many profiles.
        TypeError: the policies are not real numbers, `market` is no Market, or `choice` no rule.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> expected_payoffs(market, [[0.5, 0.5], [1.0, 0.0]])
        array([0.305, 0.415])
    """
    policies = checked_policies(market, policies, choice)
    return (policies * _deviations(market, policies, choice)).sum(axis=-1)


def expected_deviation_payoffs(market: Market, policies: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """Expected payoff of platform `i` with model `j`, the others on their policies: `(*batch, platforms, models)`.

    Arguments and errors are those of `expected_payoffs`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> expected_deviation_payoffs(market, [[0.5, 0.5], [1.0, 0.0]])
        array([[0.29 , 0.32 ],
               [0.415, 0.27 ]])
    """
    return _deviations(market, checked_policies(market, policies, choice), choice)


def mixed_nash_conv(market: Market, policies: ArrayLike, choice: ChoiceRule = HardMax()) -> Any:
    """The sum of the platforms' regrets in mixed play, `(*batch,)`, >= 0; 0 exactly at a Nash equilibrium.

    A platform's regret is what its best model would earn against the others' policies, minus its expected payoff.
    Arguments and errors are those of `expected_payoffs`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> round(float(mixed_nash_conv(market, [[0.5, 0.5], [1.0, 0.0]])), 3)
        0.015
    """
    policies = checked_policies(market, policies, choice)
    return nash_conv_of(policies, _deviations(market, policies, choice))


def nash_conv_of(policies: FloatArray, deviations: FloatArray) -> Any:
    """The NashConv `(*batch,)` that expected deviation payoffs imply; both are `(*batch, platforms, models)`."""
    regrets = deviations.max(axis=-1) - (policies * deviations).sum(axis=-1)
    # An average cannot exceed the maximum by more than rounding.
    return np.maximum(regrets, 0.0).sum(axis=-1)


def symmetric_play(game: MarketGame, mixture: FloatArray) -> tuple[FloatArray, float]:
    """What each model earns `(models,)`, and the NashConv, if all platforms play the mixture.

    In a small market without the compiled twin of `expected_deviation_payoffs`.
    """
    policies = checked_policies(game.offers, np.tile(mixture, (game.num_platforms, 1)), game.choice)
    expansion = small_tie_expansion(game.offers, game.num_platforms, game.rule)
    if expansion is None:
        deviations = expected_deviation_payoffs(game.offers, policies, game.choice)
    else:
        deviations = expansion.deviation_payoffs(policies[None])[0]
    return deviations[0], float(nash_conv_of(policies, deviations))


def checked_policies(market: Market, policies: ArrayLike, choice: ChoiceRule) -> FloatArray:
    """`policies` as normalised float64 rows, once they are known to be distributions over this market's models.

    Raises:
        TypeError: they are not real numbers, `market` is no Market, or `choice` no rule.
        ValueError: the shape does not fit, there are too many platforms, a row is not a distribution, or batches do
            not broadcast.
    """
    check_game(market, choice)
    array = plain_array("policies", policies)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"policies must be real numbers; got {array.dtype}")
    if array.ndim < 2 or array.shape[-2] < 1 or array.shape[-1] != market.num_models:
        raise ValueError(
            f"policies need the axes (*batch, platforms, models) with {market.num_models} models; "
            f"got the shape {array.shape}"
        )
    check_mixed_platforms(array.shape[-2])
    check_batches(market, "policies", array.shape[:-2])
    array = array.astype(np.float64)
    sums = array.sum(axis=-1, keepdims=True)
    # Written so that NaN fails it.
    good = (array >= -GIVEN).all(axis=-1, keepdims=True) & (np.abs(sums - 1) <= GIVEN)
    if not good.all():
        index = tuple(int(i) for i in np.argwhere(~good[..., 0])[0])
        raise ValueError(
            f"policies{list(index)} is not a distribution over the models: it sums to {sums[index][0]:.9g} and its "
            f"least entry is {array[index].min():.9g}; they must be finite, >= 0 and sum to 1, to within {GIVEN:g}"
        )
    array = without_rounding(array)
    return array / array.sum(axis=-1, keepdims=True)


def _deviations(market: Market, policies: FloatArray, choice: ChoiceRule) -> FloatArray:
    batch = np.broadcast_shapes(market.batch_shape, policies.shape[:-2])
    market_of, policies_of = _flat_indices(market.batch_shape, batch), _flat_indices(policies.shape[:-2], batch)
    flat = policies.reshape(-1, *policies.shape[-2:])
    rule = parameters(choice, market.num_users)
    if rule is not None and rule.kind == HARDMAX:
        out = _hardmax(market, rule, market_of, flat, policies_of)
    else:
        out = np.empty((market_of.size, *policies.shape[-2:]))
        for number, index in enumerate(np.ndindex(market.batch_shape)):
            chosen = market_of == number
            out[chosen] = _one_market(market[index] if index else market, rule, flat[policies_of[chosen]], choice)
    return out.reshape(*batch, *policies.shape[-2:])


@lru_cache(maxsize=64)
def _flat_indices(axes: tuple[int, ...], batch: tuple[int, ...]) -> IntArray:
    """For each element of a flattened batch, its index into an array that broadcasts to it from `axes`."""
    indices = np.broadcast_to(np.arange(math.prod(axes)).reshape(axes), batch).ravel()
    indices.flags.writeable = False
    return indices


def _hardmax(
    market: Market, rule: RuleParameters, market_of: IntArray, policies: FloatArray, policies_of: IntArray
) -> FloatArray:
    from ..compiled import mixed

    nodes, weights = unit_gauss_legendre(-(-policies.shape[1] // 2))
    weighted = market.weighted_scores_by_user.reshape(-1, market.num_users, market.num_models)
    return mixed.expected_deviation_payoffs(
        tie_terms_of(market, rule), weighted, market_of, policies, policies_of, nodes, weights
    )


@latest_per_market
def tie_terms_of(market: Market, rule: RuleParameters) -> Any:
    """The `TieTerms` of a market, or of a flattened batch of markets, under a HardMax rule."""
    from ..compiled import mixed

    scores = market.scores_by_user.reshape(-1, market.num_users, market.num_models)
    return mixed.tie_terms(scores, rule.scale, rule.reservation)


def _one_market(market: Market, rule: RuleParameters | None, policies: FloatArray, choice: ChoiceRule) -> FloatArray:
    if rule is not None and is_separable(market, rule):
        out = np.zeros_like(policies)
        for expansion in logit_expansions(market, rule):
            out += expansion.deviation_payoffs(policies)
        return out
    return _enumerated(market, policies, choice)


def _enumerated(market: Market, policies: FloatArray, choice: ChoiceRule) -> FloatArray:
    """The expectation over all profiles, with payoffs from the kernel; policies `(batch, N, M)`."""
    from .market_game import MarketGame

    batch, platforms, models = policies.shape
    profiles = models**platforms
    check_profiles(MarketGame(market, platforms, choice), profiles)
    out = np.zeros_like(policies)
    for start in range(0, profiles, _BLOCK):
        numbers = np.arange(start, min(start + _BLOCK, profiles))
        profile = np.stack(np.unravel_index(numbers, (models,) * platforms), axis=-1)
        earned = kernel.payoffs(market.scores, market.masses, profile, choice, worths_of(market))
        for b in range(batch):
            drawn = policies[b][np.arange(platforms), profile]
            expected = products_of_others(drawn, axis=-1) * earned
            for i in range(platforms):
                out[b, i] += np.bincount(profile[:, i], weights=expected[:, i], minlength=models)
    return out
