"""Aggregates over seeds or markets: the interquartile mean or the mean, and its bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from genmarket_env.market import FloatArray


@dataclass(frozen=True)
class Estimate:
    """An interquartile mean over seeds with its interval; arrays of one shape, or floats.

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
    return np.asarray(stats.trim_mean(np.asarray(values, dtype=float), 0.25, axis=axis))


def estimate(values: ArrayLike, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0) -> Estimate:
    """The interquartile mean over the first axis, with a percentile bootstrap interval.

    Args:
        values: `(seeds, ...)`, finite. Seeds are drawn with replacement, a whole row at a time, so curves
            over time keep their correlation. With one seed the interval is that one value.
        confidence: the coverage aimed at, in (0, 1).
        resamples: how many bootstrap samples.
        seed: of the bootstrap's own generator: the same values give the same interval.

    Raises:
        ValueError: there is no seed, or a value is not finite.

    Example:
        >>> result = estimate([[0.1], [0.2], [0.3], [0.4]])
        >>> round(float(result.iqm[0]), 3), result.seeds
        (0.25, 4)
    """
    rows = _rows(values)
    low, high = _interval(rows, interquartile_mean, confidence, resamples, seed)
    return Estimate(interquartile_mean(rows), low, high, len(rows))


@dataclass(frozen=True)
class MeanEstimate:
    """A mean with its interval.

    Attributes:
        mean: over the draws.
        low: the lower end of the interval.
        high: the upper end of the interval.
        draws: over how many seeds or markets.
    """

    mean: float
    low: float
    high: float
    draws: int


def mean_estimate(values: ArrayLike, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0) -> MeanEstimate:
    """The mean of `(draws,)` numbers, with a percentile bootstrap interval; the arguments are those of `estimate`.

    The mean, not the interquartile one, is what a share is, and what feels the draws in which a method fails.

    Example:
        >>> mean_estimate([0.0, 1.0, 1.0, 1.0]).mean
        0.75
    """
    rows = _rows(values)
    low, high = _interval(rows, _mean, confidence, resamples, seed)
    return MeanEstimate(float(rows.mean()), float(low), float(high), len(rows))


def _mean(values: FloatArray, axis: int) -> FloatArray:
    return np.asarray(values.mean(axis=axis))


def _rows(values: ArrayLike) -> FloatArray:
    rows = np.asarray(values, dtype=float)
    if rows.ndim < 1 or len(rows) == 0:
        raise ValueError("an estimate needs the values of at least one seed")
    if not np.isfinite(rows).all():
        raise ValueError("an estimate needs finite values")
    return rows


def _interval(
    rows: FloatArray, centre: Callable[..., FloatArray], confidence: float, resamples: int, seed: int
) -> FloatArray:
    """The lower and the upper end of the percentile bootstrap interval of `centre` over the first axis."""
    draws = np.random.default_rng(seed).integers(0, len(rows), (resamples, len(rows)))
    tail = (1 - confidence) / 2
    return np.quantile(centre(rows[draws], axis=1), [tail, 1 - tail], axis=0)
