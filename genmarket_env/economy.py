"""What platforms earn, and how they differ: the economy around a market.

In the paper users choose by the score, and a platform earns it. Here a user of type k chooses by a utility `u_j(k)` and
is worth `v_j(k)` to the platform that serves it with model j, any finite reals; a platform may have a brand `b_i(k)`
that users value besides, may be barred from models, and may share its owner with others:

    p_i(k) = rule(u_{f_i}(k) + b_i(k)),    U_i(f) = sum_k pi_k p_i(k) v_{f_i}(k).

What users get stays the score, `sum_k pi_k sum_i p_i(k) S_{f_i}(k)`, and what those have elsewhere who stay away.
The platforms of one owner maximise the sum of what they earn, and the owner moves all of them at once. Derived.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import plain_array, real_array, real_number
from .market import FloatArray, IntArray, Market
from .messages import shown
from .offers import Offers, read_only

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Economy:
    """What users choose by and platforms earn, where it is not the score, and how platforms differ.

    What is None is as in the paper. `dataclasses.replace` changes a part of it.

    Args:
        utilities: what users choose by, finite: what NumPy broadcasts to `(models, users)`. The scores by default.
        worths: what a platform earns from a user of a type whom it serves with a model, finite, alike. The scores by
            default.
        access: whether a platform may deploy a model, `(platforms, models)`. By default all may deploy all.
        brands: what users of a type add to the utility of every model of a platform, finite, `(platforms,)` or
            `(platforms, users)`. 0 by default.
        owners: who owns each platform, `(platforms,)`, integers or names. By default each is its own.
        follows: which of `utilities` and `worths` follow the scores: in a market of other scores, such as one redrawn
            within its errors, they differ by as much. What does not is given, and stays. By default none; `net_of_cost`
            and `margin` say it of what they derive from the scores.

    Raises:
        ValueError: an entry is NaN or infinite, a shape is none of these, `access` leaves a platform no model, or parts
            are of different numbers of platforms; `follows` names something else.
        TypeError: entries are of another type.

    Example:
        >>> from genmarket_env import MarketGame
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> exclusive = Economy.share(access=[[True, True], [True, False]])
        >>> MarketGame(market, 2, economy=exclusive).payoffs(None, (1, 0))
        array([0.4, 0.6])
    """

    utilities: FloatArray | None
    worths: FloatArray | None
    access: BoolArray | None
    brands: FloatArray | None
    owners: tuple[Hashable, ...] | None
    follows: tuple[str, ...] | None

    def __init__(
        self,
        *,
        utilities: ArrayLike | None = None,
        worths: ArrayLike | None = None,
        access: ArrayLike | None = None,
        brands: ArrayLike | None = None,
        owners: Sequence[Hashable] | IntArray | None = None,
        follows: Sequence[str] | None = None,
    ) -> None:
        parts: dict[str, Any] = {
            "utilities": _finite("utilities", utilities, (0, 1, 2)),
            "worths": _finite("worths", worths, (0, 1, 2)),
            "access": _checked_access(access),
            "brands": _finite("brands", brands, (1, 2)),
            "owners": _checked_owners(owners),
            "follows": _checked_follows(follows),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)
        lengths = {name: len(parts[name]) for name in ("access", "brands", "owners") if parts[name] is not None}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} of {length}" for name, length in lengths.items())
            raise ValueError(f"an economy is of one number of platforms; got {told}")

    @classmethod
    def score(cls, **parts: Any) -> Economy:
        """Platforms earn the score, as in the paper: `v = S`. Other `parts` as the class takes them, here and below."""
        return cls(**parts)

    @classmethod
    def share(cls, **parts: Any) -> Economy:
        """Platforms earn 1 from every user: the payoff is the market share.

        With nobody away the payoffs sum to 1: for two platforms it is a zero-sum game but for a constant.

        Example:
            >>> float(Economy.share().worths)
            1.0
        """
        return cls(worths=1.0, **parts)

    @classmethod
    def net_of_cost(cls, market: Market, costs: ArrayLike, weight: float = 1.0, **parts: Any) -> Economy:
        """Platforms earn the score net of what serving costs: `v_j(k) = S_j(k) - weight * costs_j(k)`.

        Args:
            market: whose scores they are.
            costs: of serving a user, `(models,)` or `(models, users)`, finite.
            weight: lambda, what a unit of cost is in units of the score.
            **parts: what else the class takes.

        Example:
            >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
            >>> Economy.net_of_cost(market, [0.5, 0.1]).worths
            array([[ 0.4, -0.4],
                   [ 0.1,  0.7]])
        """
        worths = market.scores - real_number("weight", weight) * _by_model("costs", costs, market)
        return cls(worths=worths, **{"follows": ("worths",), **parts})

    @classmethod
    def margin(
        cls, market: Market, prices: ArrayLike, costs: ArrayLike, sensitivity: ArrayLike = 1.0, **parts: Any
    ) -> Economy:
        """At given prices: `u_j(k) = S_j(k) - sensitivity_k * prices_j(k)` and `v_j(k) = prices_j(k) - costs_j(k)`.

        Args:
            market: whose scores they are.
            prices: what a user pays for being served, `(models,)` or `(models, users)`, in money.
            costs: of serving it, alike.
            sensitivity: alpha, units of the score per money, a number or `(users,)`.
            **parts: what else the class takes.

        Example:
            >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
            >>> economy = Economy.margin(market, prices=[2.0, 1.0], costs=[0.5, 0.25], sensitivity=[0.1, 0.2])
            >>> economy.utilities.round(2), economy.worths
            (array([[ 0.7, -0.3],
                   [ 0.1,  0.6]]), array([[1.5 , 1.5 ],
                   [0.75, 0.75]]))
        """
        charged = _by_model("prices", prices, market)
        alpha = _broadcast("sensitivity", real_array("sensitivity", sensitivity), (market.num_users,))
        return cls(
            utilities=market.scores - alpha * charged,
            worths=charged - _by_model("costs", costs, market),
            **{"follows": ("utilities",), **parts},
        )

    @classmethod
    def advertising(cls, rates: ArrayLike, **parts: Any) -> Economy:
        """Platforms earn a rate from each user, by type: `v_j(k) = rates_k`, a number or `(users,)`.

        Example:
            >>> Economy.advertising([2.0, 0.5]).worths
            array([2. , 0.5])
        """
        return cls(worths=rates, **parts)

    def on(self, market: Market, num_platforms: int) -> Offers:
        """What users choose from on so many platforms, and what it earns: what solvers see of a market.

        Raises:
            ValueError: a part does not fit the market or the number of platforms, or a utility and a brand add up to
                more than a float holds.
        """
        self.check_fits(num_platforms, market.num_models, market.num_users)
        size = market.num_models, market.num_users
        utilities, worths = self.utilities_of(market.scores), self.worths_of(market.scores)
        values, first = market.scores, np.zeros(num_platforms, np.int64)
        if self.brands is not None:
            brands = self.brands[:, None] if self.brands.ndim == 1 else self.brands
            # The same model on platforms of different brands is, for users, as many models.
            distinct, place = np.unique(brands, axis=0, return_inverse=True)
            with np.errstate(over="ignore"):
                utilities = (utilities + distinct[:, None, :]).reshape(-1, size[1])
            if not np.isfinite(utilities).all():
                raise ValueError("utilities and brands add up to more than a float holds; use smaller units")
            worths, values = np.tile(worths, (len(distinct), 1)), np.tile(values, (len(distinct), 1))
            first = place.reshape(-1) * size[0]
        return Offers(market, utilities, worths, values, first)

    def redrawn(self, market: Market, other: Market) -> Economy:
        """The economy of `other`, a market of the same models and types with other scores than those of `market`.

        What follows the scores differs by as much as these do; what is given stays. The same scores give it to the bit.

        Example:
            >>> market, other = Market([[0.5], [0.25]], [1.0]), Market([[0.75], [0.25]], [1.0])
            >>> Economy.net_of_cost(market, [0.25, 0.0]).redrawn(market, other).worths
            array([[0.5 ],
                   [0.25]])
        """
        moved = [name for name in self.follows or () if getattr(self, name) is not None]
        if not moved:
            return self
        differences = other.scores - market.scores
        return replace(self, **{name: getattr(self, name) + differences for name in moved})

    def of_models(self, kept: IntArray) -> Economy:
        """The economy of some of the models alone.

        Raises:
            ValueError: a platform may deploy none of them.

        Example:
            >>> Economy(worths=[[0.5], [0.25]], access=[[True, True]]).of_models(np.array([1])).worths
            array([[0.25]])
        """
        tables = {name: part for name in ("utilities", "worths") if (part := getattr(self, name)) is not None}
        rows = {name: part[kept] for name, part in tables.items() if part.ndim == 2 and len(part) > 1}
        access = None if self.access is None else self.access[:, kept]
        return replace(self, **rows, access=access)

    def check_fits(self, num_platforms: int, num_models: int, num_users: int) -> None:
        """Raise ValueError unless all parts are of so many platforms, models and user types."""
        size = num_models, num_users
        shapes = {
            "access": ((num_platforms, num_models),),
            "brands": ((num_platforms,), (num_platforms, 1), (num_platforms, num_users)),
            "owners": ((num_platforms,),),
        }
        for name, legal in shapes.items():
            part = getattr(self, name)
            if part is not None and np.shape(part) not in legal:
                verb = "has" if name == "access" else "have"
                raise ValueError(
                    f"{name} of the economy {verb} the shape {np.shape(part)}, but there are {num_platforms} "
                    f"platforms, {num_models} models and {num_users} user types: give {_AXES[name]}"
                )
        for name in ("utilities", "worths"):
            part = getattr(self, name)
            if part is not None:
                _broadcast(name, part, size)

    def utilities_of(self, scores: FloatArray) -> FloatArray:
        """What users choose by without brands, of scores `(*batch, models, users)`: of their shape."""
        return scores if self.utilities is None else np.broadcast_to(self.utilities, scores.shape)

    def worths_of(self, scores: FloatArray) -> FloatArray:
        """What platforms earn from a user, of scores `(*batch, models, users)`: of their shape."""
        return scores if self.worths is None else np.broadcast_to(self.worths, scores.shape)

    @cached_property
    def together(self) -> FloatArray | None:
        """1 where one owner holds platform i and platform j, `(platforms, platforms)`; None if each is its own."""
        if self.owners is None or len(set(self.owners)) == len(self.owners):
            return None
        return read_only(np.array([[mine == other for other in self.owners] for mine in self.owners]))

    @property
    def is_plain(self) -> bool:
        """Whether nothing differs from the paper's market."""
        return all(getattr(self, part.name) is None for part in fields(self) if part.name != "follows")

    def __reduce__(self) -> tuple[Callable[[], Economy], tuple[()]]:
        # Rebuilt, so that a copied or unpickled economy is read-only as well.
        return partial(Economy, **{part.name: getattr(self, part.name) for part in fields(self)}), ()

    def __repr__(self) -> str:
        given = [part.name for part in fields(self) if getattr(self, part.name) is not None]
        return f"Economy({', '.join(given)})"


_AXES = {
    "access": "(platforms, models)",
    "brands": "(platforms,) or (platforms, users)",
    "owners": "(platforms,)",
}


def _finite(name: str, values: ArrayLike | None, ranks: tuple[int, ...]) -> FloatArray | None:
    if values is None:
        return None
    array = real_array(name, values)
    if array.ndim not in ranks or array.size == 0:
        axes = _AXES.get(name, "(models, users), or what broadcasts to it")
        raise ValueError(f"{name} have the shape {array.shape}; they need the axes {axes}")
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}{list(index) if index else ''} is {array[index]}; it must be finite")
    return read_only(array)


def _checked_access(values: ArrayLike | None) -> BoolArray | None:
    if values is None:
        return None
    array = plain_array("access", values)
    if array.dtype.kind not in "biu" or (array.dtype.kind != "b" and not np.isin(array, (0, 1)).all()):
        raise TypeError(f"access must be true or false for each platform and model; got {shown(values)}")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"access has the shape {array.shape}; it needs the axes {_AXES['access']}")
    access = array.astype(np.bool_)
    if not access.any(axis=1).all():
        raise ValueError(f"access leaves platform_{int(access.any(axis=1).argmin())} no model; leave it one")
    access.flags.writeable = False
    return access


def _checked_owners(owners: Any) -> tuple[Hashable, ...] | None:
    if owners is None:
        return None
    if isinstance(owners, str) or not isinstance(owners, (Sequence, np.ndarray)):
        raise TypeError(f"owners must be one integer or name a platform; got {shown(owners)}")
    labels = owners.tolist() if isinstance(owners, np.ndarray) else list(owners)
    for label in labels:
        if isinstance(label, bool) or not isinstance(label, (int, np.integer, str)):
            raise TypeError(f"owners must be one integer or name a platform; got {shown(label)} among them")
    if not labels:
        raise ValueError("owners are empty; give one for each platform")
    return tuple(label if isinstance(label, str) else int(label) for label in labels)


def _checked_follows(names: Any) -> tuple[str, ...] | None:
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, (list, tuple)):
        raise TypeError(f"follows must be a list of utilities and worths; got {shown(names)}")
    for name in names:
        if name not in ("utilities", "worths"):
            raise ValueError(f"follows has {shown(name)}; what can follow the scores are utilities and worths")
    return tuple(dict.fromkeys(names)) or None


def _by_model(name: str, values: ArrayLike, market: Market) -> FloatArray:
    """Numbers `(models,)` or `(models, users)` as `(models, users)`."""
    array = real_array(name, values)
    size = market.num_models, market.num_users
    if array.shape not in (size[:1], size):
        raise ValueError(
            f"{name} have the shape {array.shape}, but the market has {size[0]} models and {size[1]} user types: "
            "give (models,) or (models, users)"
        )
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}{list(index)} is {array[index]}; it must be finite")
    return np.broadcast_to(array if array.ndim == 2 else array[:, None], size)


def _broadcast(name: str, array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        wanted = "(models, users)" if len(shape) == 2 else "(users,)"
        raise ValueError(
            f"{name} have the shape {array.shape}, which does not broadcast to {shape}, {wanted} of the market"
        ) from None
