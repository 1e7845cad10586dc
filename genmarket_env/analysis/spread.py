"""A figure over redrawn markets, and what platforms deploy in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..intervals import wilson_interval
from ..market import FloatArray

QUANTILES = (0.05, 0.95)
"""Between these quantiles of the draws lies the range of a `Spread`."""

LEVEL = 0.95
"""The confidence level of the intervals of probabilities."""


@dataclass(frozen=True)
class Spread:
    """A figure over redrawn markets.

    Attributes:
        mean: of the draws.
        low: the 5 % quantile of the draws.
        high: the 95 % quantile.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class ModelOutlook:
    """How likely a model is deployed, and how many users it serves.

    Attributes:
        model: its index.
        deployed: the probability that some platform deploys it, in [0, 1].
        low: the lower end of the Wilson score interval of that probability behind the draws.
        high: the upper end.
        share: of all users, served by the platforms that deploy it; 0 in a market where none does.
    """

    model: int
    deployed: float
    low: float
    high: float
    share: Spread


def spread(values: FloatArray) -> Spread:
    """The mean and the 5 % and 95 % quantiles of values, one a draw.

    Example:
        >>> spread(np.arange(101.0))
        Spread(mean=50.0, low=5.0, high=95.0)
    """
    low, high = np.quantile(values, QUANTILES)
    return Spread(float(values.mean()), float(low), float(high))


def models_of(deployed: FloatArray, shares: FloatArray, level: float) -> tuple[ModelOutlook, ...]:
    """The models deployed in some draw, the likeliest first.

    Args:
        deployed: how much of each draw each model is deployed, `(draws, models)`, in [0, 1].
        shares: of all users, whom each serves, `(draws, models)`.
        level: the confidence level of the intervals of probabilities.

    Example:
        >>> (found,) = models_of(np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0.0, 0.5], [0.0, 0.7]]), 0.95)
        >>> found.model, found.deployed, found.share.mean
        (1, 1.0, 0.6)
    """
    probabilities = deployed.mean(axis=0)
    return tuple(
        ModelOutlook(
            model,
            float(probabilities[model]),
            *wilson_interval(float(probabilities[model]), len(deployed), level),
            spread(shares[:, model]),
        )
        for model in np.argsort(-probabilities.round(12), kind="stable").tolist()
        if probabilities[model] > 0
    )
