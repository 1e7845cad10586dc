"""Means over independent markets, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .contents import Claim, shown_cell


@dataclass(frozen=True)
class Estimate:
    """A mean over independent draws and the 95 % confidence interval of the expectation behind it."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        mean, low, high = (shown_cell(value) for value in (self.mean, self.low, self.high))
        return f"{mean} [{low}, {high}]"


def mean_estimate(values: ArrayLike) -> Estimate:
    """The mean of at least two independent values, with Student's 95 % interval.

    Example:
        >>> print(mean_estimate([0.0, 1.0, 2.0]))
        1.0000 [-1.4841, 3.4841]
    """
    from scipy.special import stdtrit

    sample = np.asarray(values, dtype=float)
    mean = float(sample.mean())
    reach = float(stdtrit(sample.size - 1, 0.975) * sample.std(ddof=1) / np.sqrt(sample.size))
    return Estimate(mean, mean - reach, mean + reach)


def on_average(statement: str, source: str, changes: Sequence[Estimate], measured: str, sign: int = 1) -> Claim:
    """A claim that all means have a sign: by their intervals, and undecided where one of them contains 0.

    Example:
        >>> on_average("A is larger", "asked here", [Estimate(0.1, -0.1, 0.3)], "a difference").verdict
        'undecided'
    """
    lows = [min(sign * change.low, sign * change.high) for change in changes]
    highs = [max(sign * change.low, sign * change.high) for change in changes]
    holds = None
    if changes and min(lows) > 0:
        holds = True
    elif changes and min(highs) < 0:
        holds = False
    return Claim(statement, source, measured, holds)
