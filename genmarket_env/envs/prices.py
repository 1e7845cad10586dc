"""Prices that platforms ask: what they may ask, what users mind, and actions of a model and a price as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_integer, real_array
from ..market import FloatArray, IntArray, Market
from ..messages import shown

POINTS = 33
"""How many prices of a range regrets are measured against by default."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Platforms deploy a model and ask a price: users choose by `S_j(k) - alpha_k p`, a platform earns `p - c_j`.

    From a `grid` of G prices an action is one number, `model * G + price`, of `Discrete(models * G)`, as
    `priced_models` numbers pairs. From a range, `between`, it is a vector of `Box(-1, 1, (models + 1,))`: the model is
    that of the largest of the first numbers (of those that tie the first), the price is the last one spread over the
    range. Numbers beyond the Box are clipped.

    Args:
        price_sensitivity: `alpha_k`, units of the score a unit of money, a number or `(users,)`, > 0.
        grid: the prices to choose from, `(G,)`, different finite numbers in money, ascending.
        between: the lowest and the highest price, in the place of a grid.
        costs: what a user served with a model costs, in money: a number, `(models,)` or `(platforms, models)`, the
            providers' models last. None takes those of the environment's market.
        points: against how many equally spaced prices of a range regrets are measured, >= 2.

    Raises:
        ValueError: neither or both of grid and range are given, or a number is out of range.
        TypeError: an argument is not numeric.

    Example:
        >>> prices = Prices(1.0, grid=[0.0, 0.5, 1.0], costs=0.25)
        >>> prices.space(num_models=2)
        Discrete(6)
        >>> prices.split(np.array([[4, 2]]))
        (array([[1, 0]]), array([[0.5, 1. ]]))
    """

    price_sensitivity: FloatArray
    grid: FloatArray | None = None
    between: FloatArray | None = None
    costs: FloatArray | None = None
    points: int = POINTS

    def __init__(
        self,
        price_sensitivity: ArrayLike,
        grid: ArrayLike | None = None,
        between: ArrayLike | None = None,
        costs: ArrayLike | None = None,
        points: int = POINTS,
    ) -> None:
        if (grid is None) == (between is None):
            raise ValueError("prices need either a grid, grid=[...], or a range, between=[lowest, highest]")
        sensitivity = _finite("price_sensitivity", price_sensitivity)
        if sensitivity.ndim > 1 or not sensitivity.size or not (sensitivity > 0).all():
            raise ValueError(
                f"price_sensitivity must be > 0, a number or one a user type; got {shown(price_sensitivity)}"
            )
        parts: dict[str, Any] = {
            "price_sensitivity": sensitivity,
            "grid": None if grid is None else _ascending("grid", grid),
            "between": None if between is None else _ascending("between", between),
            "costs": None if costs is None else _finite("costs", costs),
            "points": checked_integer("points", points, 2),
        }
        if parts["between"] is not None and len(parts["between"]) != 2:
            raise ValueError(f"between must be the lowest and the highest price; got {shown(between)}")
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    @cached_property
    def tried(self) -> FloatArray:
        """The prices of the grid, or those of the range that regrets are measured against, ascending."""
        return self.grid if self.grid is not None else np.linspace(self.low, self.high, self.points)

    @property
    def low(self) -> float:
        """The lowest price."""
        return float((self.grid if self.between is None else self.between)[0])  # type: ignore[index]

    @property
    def high(self) -> float:
        """The highest price."""
        return float((self.grid if self.between is None else self.between)[-1])  # type: ignore[index]

    @property
    def is_discrete(self) -> bool:
        """Whether prices are from a grid."""
        return self.grid is not None

    def space(self, num_models: int) -> Discrete | Box:
        """The space of a platform's actions, a new object."""
        if self.is_discrete:
            return Discrete(num_models * len(self.tried))
        return Box(-1.0, 1.0, (num_models + 1,), np.float32)

    def split(self, actions: NDArray[Any], allowed: NDArray[np.bool_] | None = None) -> tuple[IntArray, FloatArray]:
        """The models and the prices that legal actions are, `(*batch, platforms)` each.

        Args:
            actions: `(*batch, platforms)` ints of a grid, or `(*batch, platforms, models + 1)` of a range.
            allowed: whether each platform may deploy each model, `(platforms, models)`; of a range others are passed
                over.
        """
        if self.is_discrete:
            model, place = np.divmod(actions, len(self.tried))
            return model, self.tried[place]
        inside = np.clip(actions, -1.0, 1.0)
        ranks = inside[..., :-1] if allowed is None else np.where(allowed, inside[..., :-1], -np.inf)
        return ranks.argmax(axis=-1), self.low + (inside[..., -1] + 1.0) / 2.0 * (self.high - self.low)

    def joined(self, models: IntArray, asked: FloatArray, num_models: int) -> NDArray[Any]:
        """Actions that are these models and prices, as `split` takes them; of a grid the nearest price."""
        if self.is_discrete:
            return models * len(self.tried) + np.abs(asked[..., None] - self.tried).argmin(axis=-1)
        ranks = np.where(models[..., None] == np.arange(num_models), 1.0, -1.0)
        return np.concatenate([ranks, 2.0 * self.scaled(asked)[..., None] - 1.0], axis=-1)

    def scaled(self, asked: FloatArray) -> FloatArray:
        """Prices from the lowest, 0, to the highest, 1; 0 where there is but one."""
        width = self.high - self.low
        return np.clip((asked - self.low) / width, 0.0, 1.0) if width > 0 else np.zeros_like(asked)

    def fitted(self, num_platforms: int, num_models: int, num_users: int) -> Prices:
        """The same with sensitivities `(users,)` and costs `(platforms, models)`.

        Raises:
            ValueError: they are of another shape, or there are no costs.
        """
        if self.costs is None:
            raise ValueError("prices need costs, what a user served with each model costs: costs=..., a number or more")
        sizes = {"price_sensitivity": (num_users,), "costs": (num_platforms, num_models)}
        fitted = {}
        for name, size in sizes.items():
            part = getattr(self, name)
            try:
                fitted[name] = np.broadcast_to(part, size)
            except ValueError:
                wanted = (
                    "a number, or one a user type"
                    if name == "price_sensitivity"
                    else ("a number, one a model (the providers' last), or platforms x models")
                )
                raise ValueError(
                    f"{name} of the prices have the shape {part.shape}, not {size}: give {wanted}"
                ) from None
        return Prices(**{**self._arguments(), **fitted})

    def with_costs_of(self, market: Market | None) -> Prices:
        """The same with the costs of a market, unless there are costs already.

        Raises:
            ValueError: there are none.
        """
        if self.costs is not None:
            return self
        if market is None or market.costs is None:
            which = "markets that are drawn or differ" if market is None else "this market"
            raise ValueError(
                f"prices need costs, and {which} cannot tell them: give costs=..., a number or one a model"
            )
        return Prices(**{**self._arguments(), "costs": market.costs})

    def plain(self) -> dict[str, Any]:
        """The arguments by name, as plain data; those by default left out."""
        given = {name: part for name, part in self._arguments().items() if part is not None}
        if self.points == POINTS:
            del given["points"]
        return {name: part.tolist() if isinstance(part, np.ndarray) else part for name, part in given.items()}

    def _arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("price_sensitivity", "grid", "between", "costs", "points")}

    def __reduce__(self) -> tuple[Any, ...]:
        return Prices, tuple(self._arguments().values())

    def __repr__(self) -> str:
        return f"Prices({', '.join(f'{name}={shown(part)}' for name, part in self.plain().items())})"


def checked_prices(given: Any) -> Prices | None:
    """Prices, or the arguments of some by name, or None.

    Raises:
        ValueError: they are none.
        TypeError: an argument has another type.

    Example:
        >>> checked_prices({"price_sensitivity": 1, "between": [0, 2]}).high
        2.0
        >>> checked_prices({"grid": [0, 1]})
        Traceback (most recent call last):
        ValueError: prices need price_sensitivity; they take price_sensitivity, grid, between, costs, points
    """
    if given is None or isinstance(given, Prices):
        return given
    known = ("price_sensitivity", "grid", "between", "costs", "points")
    if not isinstance(given, Mapping):
        raise TypeError(f"prices must be Prices, or their arguments by name; got {shown(given)}")
    for name in given:
        if name not in known:
            raise ValueError(f"prices have no {shown(name)}; they take {', '.join(known)}")
    if "price_sensitivity" not in given:
        raise ValueError(f"prices need price_sensitivity; they take {', '.join(known)}")
    return Prices(**given)


def _finite(name: str, values: ArrayLike) -> FloatArray:
    array = np.array(real_array(name, values), np.float64)
    if array.ndim > 2 or not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers; got {shown(values)}")
    array.flags.writeable = False
    return array


def _ascending(name: str, values: ArrayLike) -> FloatArray:
    array = _finite(name, values)
    if array.ndim != 1 or not len(array) or not (np.diff(array) > 0).all():
        raise ValueError(f"{name} must be a list of different prices, ascending; got {shown(values)}")
    return array
