"""What the kernel says of a profile, summed over users block by block, so that no more than a block is in memory.

Every function is the one of `genmarket_env` of the same name, for `Users` in the place of a `Market` and one profile:
the kernel on blocks of users, or its compiled twin. Under `HardMax` deviations take one pass over the scores; under
other rules a pass in float64, which takes longer, under rules of one's own the kernel. A rule sees the users of one
block, so that it may not tell one user from another: an `OutsideOption` has one reservation for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..best_reply import best_reply
from ..choice import ChoiceRule, HardMax, OutsideOption, check_rule
from ..compiled import RuleParameters, parameters
from ..game import asked_rule, integer_profile
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from .data import Users
from .hardmax import hardmax_matrix_alone, hardmax_replies
from .sums import pieces, total

PIECE = 1 << 18
"""So many deployed scores, or scores in float64, are in memory for each thread."""


def market_shares(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The share of all users that each platform serves, `(platforms,)`, in [0, 1].

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> market_shares(users, [0, 1])
        array([0.5, 0.5])
    """
    return _by_kernel(users, kernel.market_shares, profile, choice)


def payoffs(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """The payoff of each platform, `(platforms,)`, in [0, 1]: the score its users get, by mass.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> payoffs(users, [0, 1])
        array([0.375, 0.5  ])
    """
    return _by_kernel(users, kernel.payoffs, profile, choice)


def welfare(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float:
    """The score that users get, by mass, in [0, 1].

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> welfare(users, [0, 1])
        0.875
    """
    return float(_by_kernel(users, kernel.welfare, profile, choice))


def surplus(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float:
    """The welfare, plus what users who stay away have elsewhere, by mass, in units of the score.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> surplus(users, [0], OutsideOption(HardMax(), 0.625))
        0.6875
    """
    return float(_by_kernel(users, kernel.surplus, profile, choice))


def coverage(users: Users, profile: ArrayLike) -> float:
    """The value if every user had the best deployed model, in [0, 1].

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> coverage(users, [1, 1])
        0.625
    """
    return float(_by_kernel(users, _coverage, profile, HardMax()))


def model_hhi(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float:
    """The concentration of users on models; 1 if one model serves everybody served.

    Example:
        >>> model_hhi(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [0, 1])
        0.5
    """
    deployed = checked_profile(users, profile)
    return float(kernel.hhi_of_models(market_shares(users, deployed, choice), deployed, users.num_models))


def platform_hhi(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float:
    """The sum of the platforms' squared market shares, in [0, 1].

    Example:
        >>> platform_hhi(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [0, 0])
        0.5
    """
    return float((market_shares(users, profile, choice) ** 2).sum())


def average_scores(users: Users) -> FloatArray:
    """The average score of each model, by mass, `(models,)`.

    Example:
        >>> average_scores(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)))
        array([0.625, 0.625])
    """
    return total(users, _averages)[0]


def replies(users: Users, profile: ArrayLike, platform: int, choice: ChoiceRule = HardMax()) -> FloatArray:
    """What one platform would get with each model, the others unchanged, `(models,)`: a row of `deviation_payoffs`.

    Under `HardMax` it takes one pass over the scores.

    Example:
        >>> replies(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [0, 1], 0)
        array([0.375 , 0.3125])
    """
    deployed = checked_profile(users, profile)
    if not 0 <= platform < len(deployed):
        raise ValueError(f"platform is {platform}; there are the platforms 0 to {len(deployed) - 1}")
    rule = checked_choice(users, choice, len(deployed))
    if isinstance(rule, HardMax):
        return total(users, hardmax_replies, deployed, platform, rule.tie_tol)[0][0]
    return total(users, _replies, deployed, (platform,), choice)[0][0]


def best_response(users: Users, profile: ArrayLike, platform: int, choice: ChoiceRule = HardMax()) -> int:
    """The model that a platform moves to: its own if that is a best reply, else the best one of the lowest index.

    Example:
        >>> best_response(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [1, 1], 0)
        0
    """
    deployed = checked_profile(users, profile)
    return best_reply(replies(users, deployed, platform, choice), int(deployed[platform]))


def deviation_payoffs(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """What platform `i` would get with model `j`, the others unchanged: `[i, j]` of `(platforms, models)`.

    Example:
        >>> deviation_payoffs(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [0, 1])
        array([[0.375 , 0.3125],
               [0.3125, 0.5   ]])
    """
    deployed = checked_profile(users, profile)
    rule = checked_choice(users, choice, len(deployed))
    if isinstance(rule, HardMax):
        base, gains = total(users, hardmax_matrix_alone, deployed, rule.tie_tol)
        return base + gains
    return total(users, _replies, deployed, tuple(range(len(deployed))), choice)[0]


def regret(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> FloatArray:
    """Best deviation payoff minus payoff, of each platform: `(platforms,)`, >= 0.

    A profile is a pure Nash equilibrium if none is above 1e-12.

    Example:
        >>> regret(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [1, 1])
        array([0.0625, 0.0625])
    """
    deployed = checked_profile(users, profile)
    return kernel.regret_of(deviation_payoffs(users, deployed, choice), deployed)


def nash_conv(users: Users, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> float:
    """The sum of the platforms' regrets; 0 exactly at a pure Nash equilibrium.

    Example:
        >>> nash_conv(Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)), [1, 1])
        0.125
    """
    return float(regret(users, profile, choice).sum())


def checked_profile(users: Users, profile: ArrayLike) -> IntArray:
    """`profile` as an int64 array `(platforms,)`, once it is known to be one of these models.

    Raises:
        TypeError: `users` are none, or the profile is not integer.
        ValueError: it is empty, has a batch, or an index is out of range.
    """
    if not isinstance(users, Users):
        raise TypeError(f"users must be Users, as markets.open_users gives them; got {shown(users)}")
    array = integer_profile(profile)
    if array.ndim != 1:
        raise ValueError(f"a profile of users has the axis (platforms,); got the shape {array.shape}")
    outside = np.flatnonzero((array < 0) | (array >= users.num_models))
    if len(outside):
        i = int(outside[0])
        raise ValueError(f"profile[{i}] is {array[i]}, but there are the models 0 to {users.num_models - 1}")
    return array.astype(np.int64)


def checked_choice(users: Users, choice: ChoiceRule, platforms: int) -> ChoiceRule:
    """The rule as the kernel is to ask it for a block of users.

    Raises:
        TypeError: it is no rule.
        ValueError: it has a reservation for each user.
    """
    check_rule("choice", choice)
    inner = choice
    while isinstance(inner, OutsideOption):
        if isinstance(inner.reservation, tuple):
            raise ValueError("choice has one reservation a user; users in blocks take one number for all")
        inner = inner.rule
    if type(choice) is HardMax or parameters(choice, 1) is not None:
        return choice
    return asked_rule(_block(users, 0, 1, np.arange(1)), platforms, choice)


def _block(users: Users, start: int, stop: int, models: IntArray | None) -> Market:
    """Some users as a market whose masses do not sum to 1: what the kernel takes, unchecked."""
    market = object.__new__(Market)
    object.__setattr__(market, "scores", users.values(start, stop, models))
    object.__setattr__(market, "masses", users.masses[start:stop])
    return market


def _by_kernel(users: Users, function: Callable[..., Any], profile: ArrayLike, choice: ChoiceRule) -> FloatArray:
    deployed = checked_profile(users, profile)
    return total(users, _kernel_sum, function, deployed, checked_choice(users, choice, len(deployed)))[0]


def _coverage(scores: FloatArray, masses: FloatArray, profile: IntArray, _: ChoiceRule) -> FloatArray:
    return kernel.coverage(scores, masses, profile)


def _kernel_sum(
    users: Users, start: int, stop: int, function: Callable[..., Any], deployed: IntArray, choice: ChoiceRule
) -> tuple[FloatArray]:
    """A function of the kernel that is a sum over users, in the market of the deployed models."""
    everyone = np.arange(len(deployed))
    found: Any = 0.0
    for first, last in pieces(start, stop, max(1, PIECE // len(deployed))):
        found = found + function(users.values(first, last, deployed), users.masses[first:last], everyone, choice)
    return (np.asarray(found),)


def _averages(users: Users, start: int, stop: int) -> tuple[FloatArray]:
    found = np.zeros(users.num_models)
    for first, last in pieces(start, stop, max(1, PIECE // users.num_models)):
        found += (users.masses[first:last] * users.values(first, last)).sum(axis=1)
    return (found,)


def _replies(
    users: Users, start: int, stop: int, deployed: IntArray, platforms: tuple[int, ...], choice: ChoiceRule
) -> tuple[FloatArray]:
    """The replies of some platforms under any rule, in float64."""
    rule = parameters(choice, 1)
    found = np.zeros((len(platforms), users.num_models))
    if rule is None:
        asked = checked_choice(users, choice, len(deployed))
        for first, last in pieces(start, stop, max(1, PIECE // (len(deployed) ** 2 * users.num_models))):
            scores, masses = users.values(first, last), users.masses[first:last]
            found += kernel.deviation_payoffs(scores, masses, deployed, asked)[list(platforms)]
        return (found,)
    for first, last in pieces(start, stop, max(1, PIECE // users.num_models)):
        found += _by_twin(users.values(first, last), users.masses[first:last], deployed, platforms, rule)
    return (found,)


def _by_twin(
    scores: FloatArray, masses: FloatArray, deployed: IntArray, platforms: tuple[int, ...], rule: RuleParameters
) -> FloatArray:
    from ..compiled.deviation import fill_replies, logit_weights

    by_user = np.ascontiguousarray(scores.T)
    numbers = rule._replace(reservation=np.full(len(by_user), rule.reservation[0]))
    weighted = masses[:, None] * by_user
    weights = logit_weights(by_user, rule.kind, rule.scale, rule.outside)
    out = np.empty((len(platforms), by_user.shape[1]))
    for place, platform in enumerate(platforms):
        fill_replies(by_user, weighted, *weights, deployed, platform, *numbers, out, place)
    return out
