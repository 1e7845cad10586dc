"""User choice rules: which platforms the users of each type go to, given the scores on offer.

A rule is a callable `rule(scores) -> demand` on arrays of shape `(*batch, platforms, users)`. It works on any
backend of the Python array API standard. A column of `demand` sums to 1, or to less where users stay away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import ArrayLike

from .arguments import plain_array, real_number
from .messages import shown

Array = Any
"""An array of a backend of the Python array API standard: NumPy, torch, array-api-strict, ..."""

DEMAND_TOL = 1e-6
"""By how much the demand of a rule may be below 0, or sum to more than 1: that of a float32 rule does."""

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

    tie_tol: float = 1e-12

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


def check_demand(rule: ChoiceRule, scores: Array) -> None:
    """Try a rule on NumPy scores `(*batch, platforms, users)`.

    Raises:
        ValueError: what it returns is no demand: not numbers of the shape of the scores, NaN, negative, or shares of a
            user type that sum to more than 1.

    Example:
        >>> check_demand(HardMax(), np.zeros((3, 2)))
    """
    demand = rule(scores)
    try:
        array = plain_array("shares", demand)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the choice rule {shown(rule)} returns no demand: {error}") from None
    if array.shape != scores.shape or array.dtype.kind not in "fiu":
        wrong = f"{array.dtype} of the shape {array.shape}, for scores of the shape {scores.shape}"
    elif not np.isfinite(array).all():
        wrong = "shares that are NaN or infinite"
    elif (array < -DEMAND_TOL).any():
        wrong = f"a negative share, {array.min():.6g}"
    elif (array.sum(axis=-2) > 1 + DEMAND_TOL).any():
        wrong = f"shares of a user type that sum to {array.sum(axis=-2).max():.6g}, more than 1"
    else:
        return
    raise ValueError(
        f"the choice rule {shown(rule)} returns {wrong}; it must return the share of each user type (a column) that "
        f"each platform (a row) serves"
    )
