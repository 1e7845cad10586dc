"""How often something happened in independent draws, and how sure the probability behind it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from ..arguments import checked_integer, real_number


@dataclass(frozen=True)
class Frequency:
    """How many of a number of independent draws had a property.

    Attributes:
        count: how many had it, in [0, draws].
        draws: how many there were, >= 1.
        probability: count / draws.
        low: the lower end of the Wilson score interval of the probability behind the draws.
        high: the upper end of it.
    """

    count: int
    draws: int
    probability: float
    low: float
    high: float


def frequency(count: int, draws: int, *, level: float = 0.95) -> Frequency:
    """The share of draws that had a property, with the Wilson score interval of its probability.

    The interval covers the error of a finite number of draws, not that of the law they were drawn from. It stays in
    [0, 1] and is sensible at counts of 0 and of all draws, where it does not shrink to a point (Wilson 1927).

    Args:
        count: in [0, draws].
        draws: >= 1.
        level: of confidence, in (0, 1).

    Raises:
        ValueError: a number is out of range.
        TypeError: `count` or `draws` is not an integer, or `level` no number.

    Example:
        >>> share = frequency(0, 1000)
        >>> share.probability, share.low, round(share.high, 4)
        (0.0, 0.0, 0.0038)
    """
    draws = checked_integer("draws", draws, 1)
    count = checked_integer("count", count, 0, draws)
    share = count / draws
    return Frequency(count, draws, share, *wilson_interval(share, draws, level))


def wilson_interval(share: float, draws: int, level: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a mean of `draws` independent numbers in [0, 1] that is `share`.

    It is that of numbers which are 0 or 1; of all others with the same mean the variance is smaller, and the interval
    wider than need be.

    Example:
        >>> low, high = wilson_interval(0.5, 100)
        >>> round(low, 3), round(high, 3)
        (0.404, 0.596)
    """
    quantile = NormalDist().inv_cdf((1 + checked_level(level)) / 2)
    spread = quantile**2 / draws
    centre = (share + spread / 2) / (1 + spread)
    reach = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    # At the ends one of the bounds is the end itself, which rounding misses.
    low = 0.0 if share == 0 else max(0.0, centre - reach)
    high = 1.0 if share == 1 else min(1.0, centre + reach)
    return low, high


def checked_level(level: float) -> float:
    """`level` as a float in (0, 1).

    Raises:
        TypeError: it is not a real number.
        ValueError: it is NaN or out of range.

    Example:
        >>> checked_level(95)
        Traceback (most recent call last):
        ValueError: level is 95; it must be in (0, 1), such as 0.95
    """
    number = real_number("level", level)
    if not 0 < number < 1:
        raise ValueError(f"level is {level}; it must be in (0, 1), such as 0.95")
    return number
