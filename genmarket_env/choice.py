"""User choice rules: which platforms the users of each type go to, given the scores on offer.

A rule is a callable `rule(scores) -> demand` on arrays of shape `(*batch, platforms, users)`. It works on any
backend of the Python array API standard. A column of `demand` sums to 1, or to less where users stay away. Rules of
the user's own are tried on a batch of two markets when they enter, and every answer is checked; whether answers may be
remembered is the rule's to say, see `is_pure`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from array_api_compat import device
from numpy.typing import ArrayLike, NDArray

from .arguments import plain_array, real_number
from .messages import shown
from .namespaces import array_namespace
from .tolerances import EQUAL, GIVEN

FloatArray = NDArray[np.float64]

Array = Any
"""An array of a backend of the Python array API standard: NumPy, torch, array-api-strict, ..."""

REPEATS = 50
"""How often a rule that seems to mix markets is asked again: one that draws gives another answer in one of them."""

LOG_ZERO = -800.0
"""exp of this is 0 in float64 and float32."""


@runtime_checkable
class ChoiceRule(Protocol):
    """What every choice rule does: scores `(*batch, platforms, users)` -> demand of the same shape."""

    def __call__(self, scores: Array) -> Array:
        """The share of each user type that each platform serves."""


@runtime_checkable
class HasOutsideValue(Protocol):
    """What a choice rule adds under which users can get something elsewhere."""

    def outside_value(self, scores: Array) -> Array:
        """What a user of each type gets elsewhere, by the share that stays away: `(*batch, users)`."""


@dataclass(frozen=True)
class HardMax:
    """Every user goes to a platform with the highest score; platforms within `tie_tol` of it share equally.

    Args:
        tie_tol: how far below the highest score still counts as a tie, >= 0.

    Raises:
        ValueError: `tie_tol` is negative or not finite.

    Example:
        >>> HardMax()(np.array([[0.9, 0.5], [0.2, 0.5]]))
        array([[1. , 0.5],
               [0. , 0.5]])
    """

    tie_tol: float = EQUAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "tie_tol", real_number("tie_tol", self.tie_tol))
        if not 0 <= self.tie_tol < math.inf:
            raise ValueError(f"tie_tol is {self.tie_tol}; it must be finite and >= 0")

    def __call__(self, scores: Array) -> Array:
        """The equal split among the best platforms, `(*batch, platforms, users)`."""
        xp = array_namespace(scores)
        best = xp.max(scores, axis=-2, keepdims=True)
        tied = xp.astype(scores >= best - self.tie_tol, scores.dtype)
        return tied / xp.sum(tied, axis=-2, keepdims=True)


@dataclass(frozen=True)
class Logit:
    """Shares proportional to `exp(score / temperature)`: the softmax, or multinomial logit, rule.

    Its limit as the temperature goes to 0 is `HardMax`, equal split of ties included. Where a paper uses an
    inverse temperature, `beta = 1 / temperature`.

    Args:
        temperature: in units of the score, > 0.
        outside_utility: the utility of an outside alternative that users may take instead; none by default.

    Raises:
        ValueError: `temperature` is not a finite number > 0, or `outside_utility` is not finite.

    Example:
        >>> Logit(0.1)(np.array([[0.9], [0.8]])).round(3)
        array([[0.731],
               [0.269]])
    """

    temperature: float
    outside_utility: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature", real_number("temperature", self.temperature))
        if not 0 < self.temperature < math.inf:
            raise ValueError(
                f"temperature is {self.temperature}; it must be finite and > 0 (HardMax is its limit at 0)"
            )
        if self.outside_utility is not None:
            object.__setattr__(self, "outside_utility", real_number("outside_utility", self.outside_utility))
            if not math.isfinite(self.outside_utility):
                raise ValueError(f"outside_utility is {self.outside_utility}; it must be finite, or None for none")

    def __call__(self, scores: Array) -> Array:
        """The softmax over platforms, `(*batch, platforms, users)`."""
        xp = array_namespace(scores)
        best = xp.max(scores, axis=-2, keepdims=True)
        if self.outside_utility is not None:
            best = xp.clip(best, min=self.outside_utility)
        weights = self._weights(scores - best)
        total = xp.sum(weights, axis=-2, keepdims=True)
        if self.outside_utility is not None:
            total = total + self._weights(self.outside_utility - best)
        return weights / total

    def inclusive_value(self, scores: Array) -> Array:
        """What a user of each type expects of choosing, `tau log sum_i exp(u_i / tau)`, `(*batch, users)`.

        The outside alternative is one of those summed over. In units of the score, up to a constant of the taste shocks
        (Small and Rosen, Econometrica 49, 1981); at temperatures near 0 the best score.

        Example:
            >>> Logit(0.5)(np.array([[1.0], [1.0]])), Logit(0.5).inclusive_value(np.array([[1.0], [1.0]])).round(4)
            (array([[0.5],
                   [0.5]]), array([1.3466]))
        """
        xp = array_namespace(scores)
        best = xp.max(scores, axis=-2, keepdims=True)
        if self.outside_utility is not None:
            best = xp.clip(best, min=self.outside_utility)
        total = xp.sum(self._weights(scores - best), axis=-2)
        best = best[..., 0, :]
        if self.outside_utility is not None:
            total = total + self._weights(self.outside_utility - best)
        return best + self.temperature * xp.log(total)

    def outside_value(self, scores: Array) -> Array:
        """The share of each type on the outside alternative times its utility, 0 without one: `(*batch, users)`."""
        xp = array_namespace(scores)
        away = 1.0 - xp.sum(self(scores), axis=-2)
        return xp.zeros_like(away) if self.outside_utility is None else away * self.outside_utility

    def _weights(self, below: Array) -> Array:
        """`exp(below / temperature)` of utilities relative to the best, <= 0, in range at any temperature."""
        xp = array_namespace(below)
        temperature = max(self.temperature, float(xp.finfo(below.dtype).smallest_normal))
        return xp.exp(xp.clip(below, min=LOG_ZERO * temperature) / temperature)


@dataclass(frozen=True)
class OutsideOption:
    """Users stay away where no platform reaches their reservation value; elsewhere they follow `rule`.

    Args:
        rule: the rule of those who stay in the market.
        reservation: the least best score at which a type stays, a number or one a user type, finite.

    Raises:
        ValueError: a reservation is not finite, or is neither a scalar nor one-dimensional.
        TypeError: `rule` is not callable, or a reservation is not a number.

    Example:
        >>> OutsideOption(HardMax(), 0.6)(np.array([[0.9, 0.5], [0.2, 0.4]]))
        array([[1., 0.],
               [0., 0.]])
    """

    rule: ChoiceRule
    reservation: float | tuple[float, ...]

    def __init__(self, rule: ChoiceRule, reservation: ArrayLike) -> None:
        check_rule("rule", rule)
        try:
            values = np.asarray(reservation)
        except (ValueError, TypeError, RuntimeError):
            raise TypeError(f"reservation must be a number, or one a user type; got {shown(reservation)}") from None
        if values.dtype.kind not in "fiu":
            raise TypeError(f"reservation must be a number, or one a user type; got {shown(reservation)}")
        if values.ndim > 1 or not np.isfinite(values).all():
            raise ValueError(f"reservation must be one finite number, or one a user type; got {shown(reservation)}")
        plain = float(values) if values.ndim == 0 else tuple(float(value) for value in values)
        object.__setattr__(self, "rule", rule)
        object.__setattr__(self, "reservation", plain)

    def __call__(self, scores: Array) -> Array:
        """The demand of `rule`, and 0 for the types that stay away, `(*batch, platforms, users)`."""
        xp = array_namespace(scores)
        stays = xp.max(scores, axis=-2, keepdims=True) >= self._reservation(scores)
        demand = self.rule(scores)
        return xp.where(stays, demand, xp.zeros_like(demand))

    def outside_value(self, scores: Array) -> Array:
        """The reservation of the types that stay away; of the others what `rule` gives elsewhere: `(*batch, users)`."""
        xp = array_namespace(scores)
        best = xp.max(scores, axis=-2)
        elsewhere = self.rule.outside_value(scores) if isinstance(self.rule, HasOutsideValue) else xp.zeros_like(best)
        reservation = self._reservation(scores)
        return xp.where(best >= reservation, elsewhere, reservation)

    def _reservation(self, scores: Array) -> Array:
        """The reservation, a scalar or `(users,)`, on the backend of `scores`."""
        if isinstance(self.reservation, tuple) and len(self.reservation) != scores.shape[-1]:
            raise ValueError(f"{len(self.reservation)} reservation values for {scores.shape[-1]} user types")
        xp = array_namespace(scores)
        return xp.asarray(self.reservation, dtype=scores.dtype, device=device(scores))


def check_rule(name: str, rule: Any) -> None:
    """Raise TypeError unless `rule` is callable, and not a class of rules."""
    if isinstance(rule, type) or not callable(rule):
        raise TypeError(f"{name} must be a choice rule such as HardMax(); got {shown(rule)}")


def is_pure(rule: ChoiceRule) -> bool:
    """Whether a rule gives the same scores the same demand whenever it is asked, so that answers can be remembered.

    True of `HardMax`, `Logit` and an `OutsideOption` of a pure rule; any other rule says so by an attribute `pure` that
    is True. A rule that draws, or that changes from call to call, must not have it.

    Example:
        >>> is_pure(Logit(0.1)), is_pure(lambda scores: scores / scores.sum(axis=-2, keepdims=True))
        (True, False)
    """
    # Exact types: a subclass may choose differently.
    if type(rule) in (HardMax, Logit):
        return True
    if type(rule) is OutsideOption:
        return is_pure(rule.rule)
    return getattr(rule, "pure", False) is True


@dataclass(frozen=True)
class CheckedRule:
    """A rule of the user's own on NumPy scores, every answer of which is checked before it is used.

    Args:
        rule: the rule.

    Raises:
        ValueError: by the call, if what the rule returns is no demand; one line that names the rule.

    Example:
        >>> CheckedRule(lambda scores: scores * float("nan"))(np.ones((1, 1)))
        Traceback (most recent call last):
        ValueError: the choice rule <function <lambda> at 0x...> returns shares that are NaN or infinite; ...
    """

    rule: ChoiceRule

    def __call__(self, scores: Array) -> Array:
        """The demand of the rule, `(*batch, platforms, users)`."""
        demand = self.rule(scores)
        wrong = _wrong_demand(demand, scores)
        if wrong:
            raise ValueError(
                f"the choice rule {shown(self.rule)} returns {wrong}; it must return the share of each user type (a "
                f"column) that each platform (a row) serves"
            )
        return np.asarray(demand)

    def outside_value(self, scores: Array) -> Array:
        """What the rule says that users get elsewhere, 0 where it says nothing: `(*batch, users)`."""
        if isinstance(self.rule, HasOutsideValue):
            return self.rule.outside_value(scores)
        return np.zeros((*scores.shape[:-2], scores.shape[-1]))


def check_demand(rule: ChoiceRule, scores: Array) -> None:
    """Try a rule on NumPy scores `(*batch, platforms, users)`, and on two different markets at once.

    The rule is asked several times. One that answers the same scores differently, because it draws, is not held to
    answering a batch as it answers each market of it, which cannot be told then.

    Raises:
        ValueError: what it returns is no demand (not numbers of the shape of the scores, NaN, negative, or shares of a
            user type that sum to more than 1), or it mixes the markets of a batch.

    Example:
        >>> check_demand(HardMax(), np.zeros((3, 2)))
        >>> check_demand(lambda scores: scores / scores.sum(axis=0), np.array([[0.9], [0.6]]))
        Traceback (most recent call last):
        ValueError: the choice rule <function <lambda> at 0x...> does not keep batch axes: ...
    """
    asked = CheckedRule(rule)
    one = scores[(0,) * (scores.ndim - 2)]
    pair = np.stack([one, 0.7 * generic_scores(*one.shape)[::-1, ::-1]])
    if _mixes(asked, pair) and all(_mixes(asked, pair) for _ in range(REPEATS)):
        raise _mixes_markets(rule, "two markets together get other shares than each alone")
    if scores.ndim > 2:
        asked(scores)


def _mixes(asked: CheckedRule, pair: FloatArray) -> bool:
    """Whether a rule that repeats its answers gives two markets in a batch other shares than each alone."""
    alone = np.stack([asked(market) for market in pair]).astype(float)
    # With one batch axis and, as for deviations, with more.
    orders = np.array([[0, 1], [1, 0]])
    together = [_of_batch(asked.rule, pair), _of_batch(asked.rule, pair[orders])]
    differ = max(np.abs(together[0] - alone).max(), np.abs(together[1] - alone[orders]).max()) > GIVEN
    return bool(differ) and all(np.array_equal(asked(market), told) for market, told in zip(pair, alone, strict=True))


def generic_scores(platforms: int, users: int) -> FloatArray:
    """Scores `(platforms, users)` to try a rule on: in [.6, 1], all different, those of the first platform the highest.

    Shares proportional to these scores are a demand, the scores themselves are none.
    """
    return np.linspace(1.0, 0.6, platforms * users).reshape(platforms, users)


def _of_batch(rule: ChoiceRule, scores: FloatArray) -> FloatArray:
    try:
        demand = rule(scores)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise _mixes_markets(rule, f"it raises {type(error).__name__} on scores {scores.shape}: {reason}") from None
    wrong = _wrong_demand(demand, scores)
    if wrong:
        raise _mixes_markets(rule, f"on two markets together it returns {wrong}")
    return np.asarray(demand, dtype=float)


def _mixes_markets(rule: ChoiceRule, what: str) -> ValueError:
    return ValueError(
        f"the choice rule {shown(rule)} does not keep batch axes: {what}; scores are (*batch, platforms, users), so "
        f"compare the platforms along axis=-2, as in scores / scores.sum(axis=-2, keepdims=True)"
    )


def _wrong_demand(demand: Any, scores: FloatArray) -> str | None:
    """What is wrong with the demand of a rule, which may be anything; None if nothing is."""
    try:
        array = plain_array("shares", demand)
    except (TypeError, ValueError) as error:
        return f"no demand: {error}"
    if array.shape != scores.shape or array.dtype.kind not in "fiu":
        return f"{array.dtype} of the shape {array.shape}, for scores of the shape {scores.shape}"
    if not np.isfinite(array).all():
        return "shares that are NaN or infinite"
    if (array < -GIVEN).any():
        return f"a negative share, {array.min():.6g}"
    sums = array.sum(axis=-2)
    if (sums > 1 + GIVEN).any():
        return f"shares of a user type that sum to {sums.max():.6g}, more than 1"
    return None
