"""Every interval of the package by its name: Wilson's, Student's, the normal and the bootstrap one.

| what is known | interval | function |
|---|---|---|
| how often something happened in independent draws | Wilson's score interval | `frequency`, `wilson_interval` |
| independent numbers, about normal or many | Student's t | `student_mean` |
| many draws of a number with known ends | normal, within the values | `normal_interval` |
| few seeds, of any law | percentile bootstrap | `bootstrap_mean`, `bootstrap_interquartile_mean` |
| few seeds on each of several tasks | the same within tasks | `stratified_mean` |

Each covers the error of a finite number of draws, not that of the law they were drawn from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked_integer, real_number
from .number_format import number

FloatArray = NDArray[np.float64]

LEVEL = 0.95
"""The level of confidence of what is shown."""


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


@dataclass(frozen=True)
class MeanEstimate:
    """A mean over independent draws with the interval of the expectation behind it.

    Attributes:
        mean: over the draws.
        low: the lower end of the interval.
        high: the upper end of the interval.
        draws: over how many draws, seeds or markets.
    """

    mean: float
    low: float
    high: float
    draws: int

    def __str__(self) -> str:
        return f"{number(self.mean)} [{number(self.low)}, {number(self.high)}]"


def student_mean(values: ArrayLike) -> MeanEstimate:
    """The mean of at least two independent values, with Student's 95 % interval.

    Raises:
        ValueError: there are fewer than two values, or one is not finite.

    Example:
        >>> print(student_mean([0.0, 1.0, 2.0]))
        1.0000 [-1.4841, 3.4841]
    """
    from scipy.special import stdtrit

    sample = _rows(values)
    if sample.size < 2:
        raise ValueError("Student's interval needs at least two values")
    mean = float(sample.mean())
    reach = float(stdtrit(sample.size - 1, (1 + LEVEL) / 2) * sample.std(ddof=1) / np.sqrt(sample.size))
    return MeanEstimate(mean, mean - reach, mean + reach, sample.size)


def normal_interval(values: ArrayLike) -> tuple[float, float]:
    """The normal 95 % interval of a mean over draws, within the range of the values.

    Raises:
        ValueError: there is no value, or one is not finite.

    Example:
        >>> low, high = normal_interval([0.0, 1.0] * 50)
        >>> round(low, 3), round(high, 3)
        (0.402, 0.598)
    """
    sample = _rows(values)
    mean, quantile = float(sample.mean()), NormalDist().inv_cdf((1 + LEVEL) / 2)
    error = quantile * float(sample.std(ddof=1)) / math.sqrt(len(sample)) if len(sample) > 1 else math.inf
    return max(mean - error, float(sample.min())), min(mean + error, float(sample.max()))


@dataclass(frozen=True)
class InterquartileEstimate:
    """An interquartile mean over seeds with its percentile bootstrap interval; arrays of one shape, or floats.

    Attributes:
        iqm: the interquartile mean: the mean without the lowest and the highest quarter of the seeds.
        low: the lower end of the interval.
        high: the upper end of the interval.
        seeds: over how many seeds.
    """

    iqm: FloatArray
    low: FloatArray
    high: FloatArray
    seeds: int


def interquartile_mean(values: ArrayLike, axis: int = 0) -> FloatArray:
    """The mean of what is left when a quarter of the values (rounded down) is cut at each end.

    Source: Agarwal et al., "Deep RL at the Edge of the Statistical Precipice" (NeurIPS 2021).

    Example:
        >>> float(interquartile_mean([0.0, 1.0, 2.0, 100.0]))
        1.5
    """
    from scipy import stats

    return np.asarray(stats.trim_mean(np.asarray(values, dtype=float), 0.25, axis=axis))


def bootstrap_interquartile_mean(
    values: ArrayLike, *, level: float = LEVEL, resamples: int = 2000, seed: int = 0
) -> InterquartileEstimate:
    """The interquartile mean over the first axis, with a percentile bootstrap interval.

    Args:
        values: `(seeds, ...)`, finite. Seeds are drawn with replacement, a whole row at a time, so curves
            over time keep their correlation. With one seed the interval is that one value.
        level: the coverage aimed at, in (0, 1).
        resamples: how many bootstrap samples.
        seed: of the bootstrap's own generator: the same values give the same interval.

    Raises:
        ValueError: there is no seed, or a value is not finite.

    Example:
        >>> result = bootstrap_interquartile_mean([[0.1], [0.2], [0.3], [0.4]])
        >>> round(float(result.iqm[0]), 3), result.seeds
        (0.25, 4)
    """
    rows = _rows(values)
    low, high = _bootstrapped(rows, interquartile_mean, level, resamples, seed)
    return InterquartileEstimate(interquartile_mean(rows), low, high, len(rows))


def bootstrap_mean(values: ArrayLike, *, level: float = LEVEL, resamples: int = 2000, seed: int = 0) -> MeanEstimate:
    """The mean of `(draws,)` numbers, with a percentile bootstrap interval, as of `bootstrap_interquartile_mean`.

    The mean, not the interquartile one, is what a share is, and what feels the draws in which a method fails.

    Example:
        >>> bootstrap_mean([0.0, 1.0, 1.0, 1.0]).mean
        0.75
    """
    rows = _rows(values)
    low, high = _bootstrapped(rows, _mean, level, resamples, seed)
    return MeanEstimate(float(rows.mean()), float(low), float(high), len(rows))


def stratified_mean(
    groups: Sequence[ArrayLike], *, level: float = LEVEL, resamples: int = 2000, seed: int = 0
) -> MeanEstimate:
    """The mean of the means of groups, such as of tasks with seeds each, with a stratified bootstrap interval.

    Values are drawn with replacement within each group, so that the interval is that of other seeds on the same tasks.

    Args:
        groups: `(seeds,)` finite numbers each, at least one group.
        level: as of `bootstrap_interquartile_mean`.
        resamples: alike.
        seed: alike.

    Source: Agarwal et al., "Deep RL at the Edge of the Statistical Precipice" (NeurIPS 2021), Section 4.1.

    Raises:
        ValueError: there is no group, one is empty, or a value is not finite.

    Example:
        >>> found = stratified_mean([[0.0, 0.0], [1.0, 1.0]])
        >>> found.mean, found.low, found.high
        (0.5, 0.5, 0.5)
    """
    rows = [_rows(group) for group in groups]
    if not rows:
        raise ValueError("a mean over groups needs at least one group")
    rng = np.random.default_rng(checked_integer("seed", seed, 0))
    means = [one[rng.integers(0, len(one), (resamples, len(one)))].mean(axis=1) for one in rows]
    tail = (1 - checked_level(level)) / 2
    low, high = np.quantile(np.mean(means, axis=0), [tail, 1 - tail])
    mean = float(np.mean([one.mean() for one in rows]))
    return MeanEstimate(mean, float(low), float(high), sum(len(one) for one in rows))


def _mean(values: FloatArray, axis: int) -> FloatArray:
    return np.asarray(values.mean(axis=axis))


def _rows(values: ArrayLike) -> FloatArray:
    rows = np.asarray(values, dtype=float)
    if rows.ndim < 1 or len(rows) == 0:
        raise ValueError("an estimate needs the values of at least one seed")
    if not np.isfinite(rows).all():
        raise ValueError("an estimate needs finite values")
    return rows


def _bootstrapped(
    rows: FloatArray, centre: Callable[..., FloatArray], level: float, resamples: int, seed: int
) -> FloatArray:
    """The lower and the upper end of the percentile bootstrap interval of `centre` over the first axis."""
    draws = np.random.default_rng(seed).integers(0, len(rows), (resamples, len(rows)))
    tail = (1 - level) / 2
    return np.quantile(centre(rows[draws], axis=1), [tail, 1 - tail], axis=0)
