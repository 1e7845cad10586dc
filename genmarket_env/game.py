"""The market game of a `Market`: the kernel's functions behind checked input.

Every function takes one market or a batch and one profile or a batch; the batches broadcast. Profiles are
integers in [0, models), `(*batch, platforms)`. All raise `ValueError` for a profile index out of range, an empty or
ragged profile or batches that do not broadcast, and `TypeError` for a profile that is not integer, a market that is no
`Market`, or a choice that is no rule. The formulas and their sources are in `genmarket_env.kernel`; deviations, regrets
and large batches of payoffs under the rules of `genmarket_env.choice` come from its compiled twins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import kernel
from .arguments import checked_integer, plain_array
from .choice import CheckedRule, ChoiceRule, HardMax, check_demand, check_rule, generic_scores
from .compiled import parameters
from .market import FloatArray, IntArray, Market
from .messages import magnitude, shown
from .offers import worths_of

MAX_PLATFORMS = 1_000_000
"""More than any market has; what grows with their square, or with the profiles, is bounded where it is computed."""

LARGE_BATCH = 1 << 14
"""From so many deployed scores (profiles * platforms * users) on, payoffs come from the compiled twin."""


def demand(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The share of each user type that each platform serves, `(*batch, platforms, users)`, in [0, 1].

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> demand(market, [0, 1])
        array([[1., 0.],
               [0., 1.]])
    """
    check_game(market, choice)
    profile = checked_profile(market, profile)
    return kernel.demand(market.scores, profile, asked_rule(market, profile.shape[-1], choice))


def market_shares(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The share of all users that each platform serves, `(*batch, platforms)`, in [0, 1].

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> market_shares(market, [0, 1])
        array([0.6, 0.4])
    """
    return _by_kernel(kernel.market_shares, market, profile, choice)


def payoffs(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The payoff of each platform, `(*batch, platforms)`, in [0, 1]: the score its users get, by mass.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> payoffs(market, [0, 1])
        array([0.54, 0.32])
    """
    check_game(market, choice)
    profile = checked_profile(market, profile)
    rule = parameters(choice, market.num_users)
    if rule is not None and profile.size * market.num_users >= LARGE_BATCH:
        return _compiled().payoffs(market, profile, rule)
    choice = asked_rule(market, profile.shape[-1], choice)
    return kernel.payoffs(market.scores, market.masses, profile, choice)


def deviation_payoffs(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """What platform `i` would get with model `j`, the others unchanged: `[i, j]` of `(*batch, platforms, models)`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> deviation_payoffs(market, [0, 1])
        array([[0.54, 0.22],
               [0.29, 0.32]])
    """
    return _by_twin(kernel.deviation_payoffs, market, profile, choice)


def regret(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """Best deviation payoff minus payoff, of each platform: `(*batch, platforms)`, >= 0.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> regret(market, [1, 1]).round(2)
        array([0.32, 0.32])
    """
    return _by_twin(kernel.regret, market, profile, choice)


def nash_conv(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> Any:
    """The sum of the platforms' regrets, `(*batch,)`; 0 exactly at a pure Nash equilibrium.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> float(nash_conv(market, [0, 1]))
        0.0
    """
    return regret(market, profile, choice).sum(axis=-1)


def coverage(market: Market, profile: ArrayLike) -> Any:
    """The value if every user had the best deployed model (Def. 2.4): `(*batch,)`, in [0, 1].

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> round(float(coverage(market, [0, 1])), 2)
        0.86
    """
    check_game(market)
    return kernel.coverage(market.scores, market.masses, checked_profile(market, profile))


def welfare(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> Any:
    """The score that users get, by mass (Def. 2.5): `(*batch,)`, in [0, 1]; the sum of the payoffs.

    Example:
        >>> from genmarket_env import Logit
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> round(float(welfare(market, [0, 1], Logit(0.5))), 3)
        0.722
    """
    return _by_kernel(kernel.welfare, market, profile, choice)


def surplus(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> Any:
    """The welfare, plus what users who stay away have elsewhere, by mass: `(*batch,)`, in units of the score.

    Under `OutsideOption` a type that stays away counts its reservation; under `Logit` with an `outside_utility` the
    users on the alternative count that utility; under a rule of the user's own its `outside_value`, if it has one.
    Without an outside option it is the welfare. Derived.

    Example:
        >>> from genmarket_env import OutsideOption
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> choice = OutsideOption(HardMax(), 0.5)
        >>> float(welfare(market, [0, 0], choice)), float(surplus(market, [0, 0], choice))
        (0.54, 0.74)
    """
    return _by_kernel(kernel.surplus, market, profile, choice)


def model_hhi(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> Any:
    """The concentration of users on models (Def. 2.7): `(*batch,)`; 1 if one model serves everybody served.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> float(model_hhi(market, [0, 0]))
        1.0
    """
    return _by_kernel(kernel.model_hhi, market, profile, choice)


def platform_hhi(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> Any:
    """The sum of the platforms' squared market shares: `(*batch,)`, in [0, 1]; users who stay away are no platform's.

    It is at least 1 / platforms if all users are served.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> float(platform_hhi(market, [0, 0]))
        0.5
    """
    return _by_kernel(kernel.platform_hhi, market, profile, choice)


def support_size(market: Market, profile: ArrayLike) -> Any:
    """The number of distinct models deployed (Def. 2.8): `(*batch,)`, in [1, platforms].

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> int(support_size(market, [0, 1, 1]))
        2
    """
    check_game(market)
    profile = checked_profile(market, profile)
    batch = np.broadcast_shapes(market.batch_shape, profile.shape[:-1])
    return kernel.support_size(np.broadcast_to(profile, (*batch, profile.shape[-1])))


def check_game(market: Market, choice: ChoiceRule = HardMax()) -> None:
    """Raise TypeError unless `market` is a Market and `choice` a choice rule."""
    if not isinstance(market, Market):
        raise TypeError(f"market must be a Market, as markets.load gives one by name; got {shown(market)}")
    check_rule("choice", choice)


def integer_profile(profile: ArrayLike) -> IntArray:
    """`profile` as an array `(*batch, platforms)` of integers, of whatever market.

    Raises:
        TypeError: the profile is not integer.
        ValueError: it is empty or ragged.
    """
    array = plain_array("profiles", profile)
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"a profile needs one model a platform, and at least one platform; got {shown(profile)}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"a profile holds the integer index of a model for each platform; got {array.dtype}")
    return array


def checked_profile(market: Market, profile: ArrayLike) -> IntArray:
    """`profile` as an int64 array, once it is known to be one of this market.

    Raises:
        TypeError: the profile is not integer.
        ValueError: it is empty or ragged, an index is out of range, or its batch does not broadcast with the market's.
    """
    array = integer_profile(profile)
    outside = (array < 0) | (array >= market.num_models)
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(
            f"profile{list(index)} is {array[index]}, but the market has the models 0 to {market.num_models - 1}"
        )
    check_batches(market, "profiles", array.shape[:-1])
    return array.astype(np.int64, copy=False)


def check_batches(market: Market, what: str, batch: tuple[int, ...]) -> None:
    """Raise ValueError unless a batch of `what` broadcasts with that of the market."""
    if not (market.batch_shape and batch):
        return
    try:
        np.broadcast_shapes(market.batch_shape, batch)
    except ValueError:
        raise ValueError(
            f"the batch of {what} {batch} does not broadcast with that of markets {market.batch_shape}"
        ) from None


def checked_platforms(num_platforms: int) -> int:
    """`num_platforms` as an int, once it is known to be one that is at least 1.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is less than 1, or more than `MAX_PLATFORMS`.
    """
    platforms = checked_integer("num_platforms", num_platforms, 1)
    if platforms > MAX_PLATFORMS:
        raise ValueError(f"num_platforms is {magnitude(platforms)}; it must be at most {MAX_PLATFORMS:,}")
    return platforms


def asked_rule(market: Market, platforms: int, choice: ChoiceRule) -> ChoiceRule:
    """The rule as the kernel is to ask it: one that the twins do not know is tried first, and each answer is checked.

    Raises:
        ValueError: it returns no demand, or mixes the markets of a batch.
    """
    if parameters(choice, market.num_users) is not None:
        return choice
    try:
        hashable: Any = choice
        _try_rule(hashable, platforms, market.num_users)
    except TypeError:  # a rule that cannot be hashed, or that raises it
        _try_rule.__wrapped__(choice, platforms, market.num_users)
    return CheckedRule(choice)


@lru_cache(maxsize=64)
def _try_rule(choice: Any, platforms: int, users: int) -> None:
    check_demand(choice, generic_scores(platforms, users))


def _by_kernel(
    function: Callable[..., Any], market: Market, profile: ArrayLike, choice: ChoiceRule, *more: FloatArray | None
) -> Any:
    check_game(market, choice)
    profile = checked_profile(market, profile)
    rule = asked_rule(market, profile.shape[-1], choice)
    return function(market.scores, market.masses, profile, rule, *more)


def _by_twin(function: Callable[..., Any], market: Market, profile: ArrayLike, choice: ChoiceRule) -> FloatArray:
    """A function of the kernel by its compiled twin, always where there is one: answers repeat to the bit."""
    if type(market) is not Market:
        check_game(market, choice)
    rule = parameters(choice, market.num_users)
    if rule is None:  # perhaps no rule at all, which is checked there
        return _by_kernel(function, market, profile, choice, worths_of(market))
    of_one, of_batch = _twins()[function]
    array = profile if type(profile) is np.ndarray else integer_profile(profile)
    if array.ndim == 1 and array.size and array.dtype == np.int64 and market.scores.ndim == 2:
        one = of_one(market, array, rule)
        if one is not None:
            return one
    return of_batch(market, checked_profile(market, array), rule)


@cache
def _twins() -> Mapping[Callable[..., Any], tuple[Callable[..., Any], Callable[..., Any]]]:
    """The twins of the kernel's functions, for one legal profile of one market and for batches."""
    twins: Mapping[Callable[..., Any], tuple[Callable[..., Any], Callable[..., Any]]] = _compiled().TWINS
    return twins


@cache
def _compiled() -> ModuleType:
    # Imported by the first call that needs it: numba takes longer to import than a small market to solve.
    from .compiled import calls

    return calls
