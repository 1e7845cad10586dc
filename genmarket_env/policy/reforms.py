"""What a reform changes: one class for each kind, all with a line in `REFORMS`.

A reform is applied to a scenario and gives another. Several are applied one after the other. Platforms are numbered
from 1 where people name them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arguments import real_number
from ..messages import listed, magnitude, printable, shown
from .scenario import Scenario


class Reform(Protocol):
    """A change of the rules, or of who is in the market."""

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario after it.

        Raises:
            ValueError: it does not fit the scenario.
        """

    def __str__(self) -> str:
        """What happens, in words, as a main clause without a full stop."""


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
class Merge:
    """Platforms get one owner, who moves all of them at once and maximises what they earn together.

    Args:
        platforms: their numbers, at least two different ones.
    """

    platforms: tuple[int, ...]

    def apply(self, scenario: Scenario) -> Scenario:
        """With one owner for them, and for all that their owners had."""
        numbers = [scenario.platform(number) for number in self.platforms]
        if len(set(numbers)) < len(numbers) or len(numbers) < 2:
            raise ValueError(
                f"a merger is of at least two different platforms; got {', '.join(map(str, self.platforms))}"
            )
        owners = scenario.owner_of
        joined = {owners[number] for number in numbers}
        if len(joined) == 1:
            raise ValueError(f"platforms {_and(self.platforms)} have one owner already")
        first = min(joined)
        return replace(scenario, owners=tuple(first if owner in joined else owner for owner in owners))

    def __str__(self) -> str:
        return f"platforms {_and(self.platforms)} merge"


@dataclass(frozen=True)
class Split:
    """A platform leaves its owner and is its own.

    Args:
        platform: its number.
    """

    platform: int

    def apply(self, scenario: Scenario) -> Scenario:
        """With an owner of its own for it."""
        number, owners = scenario.platform(self.platform), list(scenario.owner_of)
        if owners.count(owners[number]) == 1:
            raise ValueError(f"platform {self.platform} is its owner's only one; there is nothing to split")
        owners[number] = max(owners) + 1
        return replace(scenario, owners=tuple(owners))

    def __str__(self) -> str:
        return f"platform {self.platform} is split off from its owner"


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
    """A platform pays for each user that it serves; prices stay, so that platforms bear it.

    Args:
        amount: in money a user; below 0 it is a subsidy.
    """

    amount: float

    def apply(self, scenario: Scenario) -> Scenario:
        """With the tax on top of that there is."""
        return replace(scenario, tax=scenario.tax + real_number("amount", self.amount))

    def __str__(self) -> str:
        what = "tax" if self.amount >= 0 else "subsidy"
        return (
            f"platforms pay a {what} of {abs(self.amount):g} a user"
            if self.amount >= 0
            else (f"platforms get a {what} of {abs(self.amount):g} a user")
        )


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


REFORMS: dict[str, type[Any]] = {
    "withdraw": Withdraw,
    "enter": Enter,
    "merge": Merge,
    "split": Split,
    "exclusive": Exclusive,
    "open": Open,
    "price-cap": PriceCap,
    "tax": Tax,
    "entry-fee": EntryFee,
    "portfolio-cap": PortfolioCap,
    "distinct": Distinct,
}
"""The kinds of reforms by the names that files and command lines use."""


def reform_of(data: Any) -> Any:
    """A reform from plain data: `{"kind": "merge", "platforms": [1, 2]}`.

    Raises:
        ValueError: the kind is unknown, or an entry is missing, unknown or of another type.

    Example:
        >>> str(reform_of({"kind": "merge", "platforms": [1, 2]}))
        'platforms 1 and 2 merge'
        >>> reform_of({"kind": "tax"})
        Traceback (most recent call last):
        ValueError: a reform of the kind tax needs amount
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"a reform is an object with a kind; got {shown(data)}")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in REFORMS:
        raise ValueError(f"no reform is of the kind {shown(kind)}; the kinds are {listed(list(REFORMS))}")
    known = {part.name: part for part in fields(REFORMS[kind])}
    given = {name: value for name, value in data.items() if name != "kind"}
    for name in given:
        if name not in known:
            raise ValueError(f"a reform of the kind {kind} has no {shown(name)}; it has {listed(list(known))}")
    for name, part in known.items():
        if name not in given and part.default is MISSING:
            raise ValueError(f"a reform of the kind {kind} needs {name}")
    return REFORMS[kind](**{name: _typed(f"{kind}: {name}", str(known[name].type), one) for name, one in given.items()})


def to_data(reform: Reform) -> dict[str, Any]:
    """The reform as plain data, as `reform_of` takes it."""
    kind = next(name for name, made in REFORMS.items() if type(reform) is made)
    values = {part.name: getattr(reform, part.name) for part in fields(REFORMS[kind])}
    return {"kind": kind, **{name: list(one) if isinstance(one, tuple) else one for name, one in values.items()}}


def _typed(name: str, wanted: str, value: Any) -> Any:
    if wanted == "tuple[int, ...]":
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{name} must be a list of numbers of platforms; got {shown(value)}")
        return tuple(_integer(name, one) for one in value)
    if wanted == "int":
        return _integer(name, value)
    if wanted == "str":
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a name; got {shown(value)}")
        return value
    if value is None and "None" in wanted:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
        raise ValueError(f"{name} must be a finite number; got {shown(value)}")
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # of an integer that no float holds
        return False


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number; got {shown(value)}")
    return value


def _access(scenario: Scenario) -> NDArray[np.bool_]:
    if scenario.access is None:
        return np.ones((scenario.num_platforms, scenario.market.num_models), np.bool_)
    return scenario.access.copy()


def _and(numbers: tuple[int, ...]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last
