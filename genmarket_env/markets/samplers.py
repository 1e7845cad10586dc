"""Markets drawn at random, one or many at once: what an environment plays that takes a new market in every episode.

An environment takes any sampler `rng -> Market`. One that also has `many` gives the batched environments all their
markets in one call, which for small markets takes a hundredth of the time of drawing them one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ..arguments import checked_integer, checked_real
from ..market import Market


@runtime_checkable
class MarketSampler(Protocol):
    """A distribution of markets of one size."""

    def __call__(self, rng: np.random.Generator) -> Market:
        """One market."""

    def many(self, rng: np.random.Generator, count: int) -> Market:
        """`count` markets, as a batch `(count,)`."""


@dataclass(frozen=True)
class RandomMarkets:
    """Markets whose scores are uniform on [0, 1] and whose masses are uniform on the simplex, all independent.

    Args:
        num_models: M >= 1.
        num_users: K >= 1.

    Raises:
        ValueError: a number is below 1.
        TypeError: a number is no integer.

    Example:
        >>> RandomMarkets(5, 6).many(np.random.default_rng(0), 512)
        Market(batch=(512,), models=5, users=6)
    """

    num_models: int
    num_users: int

    def __post_init__(self) -> None:
        checked_integer("num_models", self.num_models, 1)
        checked_integer("num_users", self.num_users, 1)

    def __call__(self, rng: np.random.Generator) -> Market:
        """One market."""
        return Market(rng.random((self.num_models, self.num_users)), rng.dirichlet(np.ones(self.num_users)))

    def many(self, rng: np.random.Generator, count: int) -> Market:
        """`count` markets, as a batch `(count,)`."""
        scores = rng.random((count, self.num_models, self.num_users))
        return Market(scores, rng.dirichlet(np.ones(self.num_users), count))


@dataclass(frozen=True, eq=False)
class ResampledMarkets:
    """Markets that the truth may be, given what was measured: an agent that plays them learns what errors leave open.

    Args:
        market: one market with standard errors, or with a concentration of its masses.
        shared_error: as `Market.resample` takes it.
        mass_concentration: as `Market.resample` takes it.

    Raises:
        ValueError: a batch of markets, a market of which nothing is uncertain, or a number out of range.
        TypeError: no Market, or a number of another type.

    Example:
        >>> market = Market([[0.6, 0.5]], [0.5, 0.5], standard_errors=[[0.1, 0.0]])
        >>> ResampledMarkets(market).many(np.random.default_rng(0), 4).scores[:, 0, 1]
        array([0.5, 0.5, 0.5, 0.5])
    """

    market: Market
    shared_error: float = 0.0
    mass_concentration: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.market, Market):
            raise TypeError(f"ResampledMarkets needs a Market; got {self.market!r}")
        if self.market.batch_shape:
            raise ValueError(f"ResampledMarkets takes one market; got a batch {self.market.batch_shape}")
        checked_real("shared_error", self.shared_error, 0, 1)
        self.many(np.random.default_rng(0), 1)

    def __call__(self, rng: np.random.Generator) -> Market:
        """One market."""
        return self.many(rng, 1)[0]

    def many(self, rng: np.random.Generator, count: int) -> Market:
        """`count` markets, as a batch `(count,)`."""
        return self.market.resample(
            rng, count, shared_error=self.shared_error, mass_concentration=self.mass_concentration
        )
