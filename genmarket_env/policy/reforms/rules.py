"""Reforms of the rules: caps, taxes and fees, and what may be deployed at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...arguments import real_number
from ...messages import magnitude
from ..scenario import Scenario


@dataclass(frozen=True)
class PriceCap:
    """No model may be sold at a higher price.

    Args:
        price: the highest, in money, >= 0.
    """

    price: float

    def apply(self, scenario: Scenario) -> Scenario:
        """With the cap."""
        return replace(scenario, price_cap=self.price)

    def __str__(self) -> str:
        return f"prices are capped at {self.price:g}"


@dataclass(frozen=True)
class Tax:
    """A platform pays for each user that it serves; where prices are given they stay, so that platforms bear it.

    Args:
        amount: in money a user; below 0 it is a subsidy.
    """

    amount: float

    def apply(self, scenario: Scenario) -> Scenario:
        """With the tax on top of that there is."""
        if not np.isfinite(real_number("the tax", self.amount)):
            raise ValueError(f"the tax is {self.amount}; it must be finite")
        return replace(scenario, tax=scenario.tax + self.amount)

    def __str__(self) -> str:
        what = "tax" if self.amount >= 0 else "subsidy"
        return f"platforms {'pay' if self.amount >= 0 else 'get'} a {what} of {abs(self.amount):g} a user"


@dataclass(frozen=True)
class EntryFee:
    """Every platform pays for taking part; those that would earn less stay out.

    Args:
        amount: in units of what platforms earn, >= 0.
    """

    amount: float

    def apply(self, scenario: Scenario) -> Scenario:
        """With the fee."""
        return replace(scenario, fee=self.amount)

    def __str__(self) -> str:
        return f"a platform pays {self.amount:g} for taking part"


@dataclass(frozen=True)
class PortfolioCap:
    """A platform may deploy at most so many models at once; each user type gets the best of them.

    Args:
        size: at least 1.
    """

    size: int

    def apply(self, scenario: Scenario) -> Scenario:
        """With the cap in the place of the one there is."""
        if self.size > scenario.market.num_models:
            raise ValueError(
                f"a portfolio of {magnitude(self.size)} models is larger than the pool of {scenario.market.num_models}"
            )
        return replace(scenario, portfolio=self.size)

    def __str__(self) -> str:
        return f"a platform deploys at most {self.size} model{'s' if self.size != 1 else ''}"


@dataclass(frozen=True)
class Distinct:
    """No two platforms may deploy the same model."""

    def apply(self, scenario: Scenario) -> Scenario:
        """With that rule."""
        return replace(scenario, distinct=True)

    def __str__(self) -> str:
        return "no two platforms may deploy the same model"
