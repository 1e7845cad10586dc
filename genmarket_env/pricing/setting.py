"""What is given before platforms set prices: utilities, masses, sensitivities, costs and owners, checked once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kernel
from ..arguments import real_array, real_number
from ..choice import ChoiceRule, Logit
from ..compiled import Asking, is_asked_once, parameters
from ..game import check_game, checked_profile
from ..market import FloatArray, Market
from ..messages import listed, shown


@dataclass(frozen=True, eq=False)
class PriceSetting:
    """Markets in which platforms have their models and set prices.

    Attributes:
        utility: what a user of each type gets on each platform before it pays, `(B, N, K)`, in units of the score.
        log_weight: `log(pi_k alpha_k / tau)`, `(B, K)`; -inf for a type without users.
        masses: `(B, K)`.
        sensitivity: `alpha_k`, `(K,)`, units of the score a unit of money, > 0.
        temperature: tau > 0.
        outside: the utility of staying away, -inf if users cannot.
        costs: what a user costs the platform, `(B, N)`, in money.
        owners: the owner of each platform by number, `(N,)`.
        highest: the markup that a cap on prices leaves, `(B, N)`, in money; inf without one.
    """

    utility: FloatArray
    log_weight: FloatArray
    masses: FloatArray
    sensitivity: FloatArray
    temperature: float
    outside: float
    costs: FloatArray
    owners: NDArray[np.int64]
    highest: FloatArray

    @property
    def rule(self) -> Logit:
        """How users choose."""
        return Logit(self.temperature, None if self.outside == -np.inf else self.outside)

    @property
    def same_owner(self) -> NDArray[np.bool_]:
        """Whether two platforms have one owner, `(N, N)`."""
        return self.owners[:, None] == self.owners

    @property
    def asking(self) -> Asking:
        """What the choice between NumPy and compiled code depends on besides the work."""
        return Asking(parameters(Logit(self.temperature), self.masses.shape[1]), is_asked_once())

    @property
    def unit_markup(self) -> FloatArray:
        """`tau / alpha_k`, `(K,)`: the markup of a platform that serves next to none of a type, in money."""
        return self.temperature / self.sensitivity

    def at(self, rows: Any) -> PriceSetting:
        """The markets of these rows alone."""
        return replace(
            self,
            utility=self.utility[rows],
            log_weight=self.log_weight[rows],
            masses=self.masses[rows],
            costs=self.costs[rows],
            highest=self.highest[rows],
        )


def price_setting(
    market: Market,
    profile: ArrayLike,
    choice: ChoiceRule,
    price_sensitivity: ArrayLike,
    costs: ArrayLike | None,
    brands: ArrayLike,
    owners: Sequence[Hashable] | None,
    *,
    price_cap: float | None = None,
    fixed: bool = False,
) -> tuple[PriceSetting, tuple[int, ...]]:
    """The setting with all batch axes in one, and the batch axes; `fixed` says that prices are given.

    Raises:
        ValueError, TypeError: as `price_equilibrium` says.
    """
    check_game(market, choice)
    rule = checked_logit(choice)
    models = checked_profile(market, profile)
    platforms, users = models.shape[-1], market.num_users
    sensitivity = checked_sensitivity(price_sensitivity, market)
    cost = checked_costs(costs, platforms, market)
    extra = checked_brands(brands, platforms, users)
    deployed = kernel.deployed_scores(market.scores, models) + extra
    batch = deployed.shape[:-2]
    masses = _plain(np.broadcast_to(market.masses, (*batch, users)).reshape(-1, users))
    with np.errstate(divide="ignore"):
        log_weight = np.log(masses * (sensitivity / rule.temperature))
    bills = _plain(np.broadcast_to(_deployed_costs(cost, models), (*batch, platforms)).reshape(-1, platforms))
    setting = PriceSetting(
        _plain(deployed.reshape(-1, platforms, users)),
        log_weight,
        masses,
        _plain(sensitivity),
        rule.temperature,
        -np.inf if rule.outside_utility is None else rule.outside_utility,
        bills,
        checked_owners(owners, platforms),
        np.full(bills.shape, np.inf) if price_cap is None else checked_cap(price_cap) - bills,
    )
    if setting.outside == -np.inf and setting.same_owner.all() and not fixed and price_cap is None:
        raise ValueError(
            "users cannot stay away and one owner has all platforms: it would ask any price; give the rule an "
            "outside utility, Logit(..., outside_utility=...), or prices a cap"
        )
    return setting, batch


def _plain(array: FloatArray) -> FloatArray:
    """Contiguous and writable, so that a twin is compiled for one kind of arrays."""
    return np.require(array, requirements=["C", "W"])


def checked_logit(choice: ChoiceRule) -> Logit:
    """The rule, once it is known to be a `Logit`.

    Raises:
        ValueError: it is another.
    """
    if type(choice) is not Logit:
        raise ValueError(
            f"prices that nobody would change need users who choose by Logit; under {shown(choice)} a platform gains "
            "or loses all of a type by a little, and such prices need not exist: use a Logit"
        )
    return choice


def checked_sensitivity(values: ArrayLike, market: Market) -> FloatArray:
    """`alpha_k` of each type, `(K,)`.

    Raises:
        ValueError: it is not finite and > 0, or of another shape.
        TypeError: it is not of real numbers.
    """
    sensitivity = _of_shape("price_sensitivity", values, (market.num_users,), "a number, or one a user type")
    bad = ~(np.isfinite(sensitivity) & (sensitivity > 0))
    if bad.any():
        k = int(bad.argmax())
        raise ValueError(
            f"the price sensitivity of user {shown(market.user_names[k])} is {sensitivity[k]}; it must be finite and "
            "> 0: users who do not mind the price would be asked any"
        )
    return sensitivity


def checked_cap(price_cap: float) -> float:
    """A highest price, in money.

    Raises:
        ValueError: it is not finite and >= 0.
        TypeError: it is no number.
    """
    cap = real_number("price_cap", price_cap)
    if not 0 <= cap < np.inf:
        raise ValueError(f"price_cap is {cap}; it must be finite and >= 0")
    return cap


def checked_costs(values: ArrayLike | None, platforms: int, market: Market) -> FloatArray:
    """What a user served with each model costs each platform, `(*batch, N, M)`; None takes the market's costs.

    Raises:
        ValueError: a cost is not finite, they are of another shape, or the market has none.
        TypeError: they are not of real numbers.
    """
    if values is None:
        if market.costs is None:
            raise ValueError(
                "this market has no costs; say what a user served with each model costs, costs=..., a number or one a "
                "model"
            )
        return np.broadcast_to(market.costs[..., None, :], (*market.batch_shape, platforms, market.num_models))
    wanted = "a number, one a model, or platforms x models"
    return _finite("costs", _of_shape("costs", values, (platforms, market.num_models), wanted))


def _deployed_costs(costs: FloatArray, models: NDArray[np.int64]) -> FloatArray:
    """The costs `(*batch, N)` of the models `(*batch, N)` that platforms deploy, of `(*batch, N, M)`."""
    rank = max(costs.ndim - 1, models.ndim)
    costs = costs.reshape((1,) * (rank + 1 - costs.ndim) + costs.shape)
    models = models.reshape((1,) * (rank - models.ndim) + models.shape)
    return np.take_along_axis(costs, models[..., None], axis=-1)[..., 0]


def checked_brands(values: ArrayLike, platforms: int, users: int) -> FloatArray:
    """What users get of a platform besides its model, `(N, K)`, in units of the score.

    Raises:
        ValueError: a brand effect is not finite, or they are of another shape.
        TypeError: they are not of real numbers.
    """
    array = real_array("brands", values)
    wanted = "a number, one a platform, or platforms x user types"
    # One a platform: never read as one a user type, which changes no choice between platforms.
    return _finite(
        "brands", _of_shape("brands", array[:, None] if array.ndim == 1 else array, (platforms, users), wanted)
    )


def checked_owners(owners: Sequence[Hashable] | None, platforms: int) -> NDArray[np.int64]:
    """The owners by number, `(N,)`; None gives each platform an owner of its own.

    Raises:
        ValueError: there is not one owner for each platform.
    """
    if owners is None:
        return np.arange(platforms)
    labels = list(owners)
    if len(labels) != platforms:
        raise ValueError(
            f"{len(labels)} owners ({listed(map(str, labels), 60)}) for {platforms} platforms; name the owner of each"
        )
    number = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    return np.array([number[label] for label in labels], dtype=np.int64)


def merged(owners: Sequence[Hashable] | int, first: int, second: int) -> list[Hashable]:
    """The owners once the owner of platform `first` has bought that of platform `second`.

    Args:
        owners: the owner of each platform, or how many platforms there are, each with an owner of its own.
        first: the index of a platform.
        second: the index of another one.

    Raises:
        ValueError: there is no such platform, or both are one or have one owner already.

    Example:
        >>> merged(3, 0, 2)
        [0, 1, 0]
    """
    labels: list[Hashable] = list(range(owners)) if isinstance(owners, int) else list(owners)
    for index in (first, second):
        if not 0 <= index < len(labels):
            raise ValueError(f"there is no platform {index} to merge; platforms are 0 to {len(labels) - 1}")
    if first == second:
        raise ValueError(f"platform {first} cannot merge with itself; name two platforms")
    if labels[first] == labels[second]:
        raise ValueError(f"platforms {first} and {second} have one owner already, {shown(labels[first])}")
    return [labels[first] if label == labels[second] else label for label in labels]


def _of_shape(name: str, values: ArrayLike, shape: tuple[int, ...], wanted: str) -> FloatArray:
    array = real_array(name, values)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name} have the shape {array.shape}, not {shape}: give {wanted}") from None


def _finite(name: str, array: FloatArray) -> FloatArray:
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; got {array[~np.isfinite(array)][0]}")
    return array
