"""Reforms of which models there are, and who may deploy them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arguments import real_number
from ...messages import printable, shown
from ..scenario import Scenario


@dataclass(frozen=True)
class Withdraw:
    """A model leaves the market.

    Args:
        model: its name.
    """

    model: str

    def apply(self, scenario: Scenario) -> Scenario:
        """Without the model."""
        gone = scenario.model(self.model)
        kept = [index for index in range(scenario.market.num_models) if index != gone]
        if not kept:
            raise ValueError(f"{shown(self.model)} is the only model; it cannot be withdrawn")
        bare = np.flatnonzero(~_access(scenario)[:, kept].any(axis=1))
        if len(bare):
            raise ValueError(f"without {shown(self.model)} platform {bare[0] + 1} would have no model left")
        return scenario.with_models(kept)

    def __str__(self) -> str:
        return f"{self.model} is withdrawn"


@dataclass(frozen=True)
class Enter:
    """A model enters that is like another one: its scores, with the same errors, at another price and cost.

    Args:
        model: the name of the new one.
        like: the name of the model that it is like.
        factor: its scores are so many times those of the other, but at most 1; >= 0.
        price: its price, in money; by default `price_factor` times the other's.
        price_factor: >= 0.
    """

    model: str
    like: str
    factor: float = 1.0
    price: float | None = None
    price_factor: float = 1.0

    def apply(self, scenario: Scenario) -> Scenario:
        """With the new model, which all platforms may deploy."""
        market, like = scenario.market, scenario.model(self.like)
        if not self.model:
            raise ValueError("the new model has no name; give it one")
        if printable(self.model) != self.model:
            raise ValueError(f"the name {shown(self.model)} of the new model cannot be printed; give it another")
        if self.model in market.model_names:
            raise ValueError(f"a model is called {shown(self.model)} already; give the new one another name")
        for name in ("factor", "price_factor"):
            if not real_number(name, getattr(self, name)) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be >= 0")
        if self.price is not None and market.prices is None:
            raise ValueError("a price of the new model needs prices of the others, and this market has none")
        parts: dict[str, Any] = {
            "scores": np.minimum(self.factor * market.scores[like], 1.0),
            "standard_errors": None if market.standard_errors is None else self.factor * market.standard_errors[like],
            "common_errors": None if market.common_errors is None else self.factor * market.common_errors[like],
        }
        with np.errstate(over="ignore"):  # a market refuses what is not finite
            if market.prices is not None:
                parts["prices"] = self.price_factor * market.prices[like] if self.price is None else self.price
            if market.costs is not None:
                parts["costs"] = self.price_factor * market.costs[like]
        grown: dict[str, Any] = {
            name: None if part is None else np.concatenate([getattr(market, name), np.asarray(part)[None]])
            for name, part in parts.items()
        }
        access = scenario.access
        if access is not None:
            access = np.concatenate([access, np.ones((len(access), 1), np.bool_)], axis=1)
        entered = replace(market, **grown, model_names=(*market.model_names, self.model))
        return replace(scenario, market=entered, access=access)

    def __str__(self) -> str:
        scores = "" if self.factor == 1 else f" with {self.factor:g} times its scores"
        price = f" at the price {self.price:g}" if self.price is not None else ""
        if self.price is None and self.price_factor != 1:
            price = f" at {self.price_factor:g} times its price and cost"
        return f"{self.model} enters, which is like {self.like}{scores}{price}"


@dataclass(frozen=True)
class Exclusive:
    """One platform alone may deploy a model.

    Args:
        model: its name.
        platform: the platform's number.
    """

    model: str
    platform: int

    def apply(self, scenario: Scenario) -> Scenario:
        """With the model barred from all others."""
        model, platform = scenario.model(self.model), scenario.platform(self.platform)
        access = _access(scenario)
        access[:, model] = False
        access[platform, model] = True
        bare = np.flatnonzero(~access.any(axis=1))
        if len(bare):
            raise ValueError(f"platform {bare[0] + 1} would have no model left")
        return replace(scenario, access=access)

    def __str__(self) -> str:
        return f"{self.model} is exclusive to platform {self.platform}"


@dataclass(frozen=True)
class Open:
    """All platforms may deploy a model: an exclusive deal on it is forbidden.

    Args:
        model: its name.
    """

    model: str

    def apply(self, scenario: Scenario) -> Scenario:
        """With the model open to all."""
        model, access = scenario.model(self.model), _access(scenario)
        if access[:, model].all():
            raise ValueError(f"{shown(self.model)} is open to all platforms already; make it exclusive before")
        access[:, model] = True
        return replace(scenario, access=None if access.all() else access)

    def __str__(self) -> str:
        return f"{self.model} is open to all platforms"


def _access(scenario: Scenario) -> NDArray[np.bool_]:
    if scenario.access is None:
        return np.ones((scenario.num_platforms, scenario.market.num_models), np.bool_)
    return scenario.access.copy()
