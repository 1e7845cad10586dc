"""What a market comes to at given prices: demand, profits, what users are left with, concentration, diversion."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import real_array
from ..choice import ChoiceRule, HardMax
from ..market import FloatArray, Market
from .conditions import profits_of
from .demand import Demand, demand_at
from .setting import PriceSetting, price_setting

MERGER_HHI = 1800.0
"""The HHI, on the scale to 10,000, above which the US guidelines of 2023 call a market highly concentrated."""

MERGER_HHI_CHANGE = 100.0
"""The rise of the HHI by a merger in such a market from which the guidelines presume harm."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PriceOutcome:
    """A market at given prices. Money is in the unit of prices, a user a unit of mass.

    Attributes:
        prices: `(*batch, N)`.
        markups: prices less costs, `(*batch, N)`.
        demand: the share of each user type that each platform serves, `(*batch, N, K)`.
        shares: of all users, `(*batch, N)`.
        profits: `(*batch, N)`.
        user_surplus: `(tau / alpha_k) log(sum_i exp(v_i(k)) + exp(u0 / tau))`, what a user of each type is left with,
            in money, up to a constant of the type (Small and Rosen, Econometrica 49, 1981): `(*batch, K)`.
        consumer_surplus: its mean over users, `(*batch,)`.
        total_surplus: consumer surplus and profits, `(*batch,)`.
        hhi: the sum of squared shares of owners among the users served, times 10,000, `(*batch,)`.
        lerner: `(price - cost) / price`, `(*batch, N)`; NaN where a price is 0.
        diversion: `[i, j]`: of the users whom platform i loses by a higher price the share that goes to j, on the
            diagonal the share that stays away; rows sum to 1, `(*batch, N, N)`.
    """

    prices: FloatArray
    markups: FloatArray
    demand: FloatArray
    shares: FloatArray
    profits: FloatArray
    user_surplus: FloatArray
    consumer_surplus: Any
    total_surplus: Any
    hhi: Any
    lerner: FloatArray
    diversion: FloatArray


def price_outcome(
    market: Market,
    profile: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    prices: ArrayLike,
    price_sensitivity: ArrayLike,
    costs: ArrayLike | None = None,
    brands: ArrayLike = 0.0,
    owners: Sequence[Hashable] | None = None,
) -> PriceOutcome:
    """What a market comes to at given prices, in equilibrium or not.

    Args:
        market: one or a batch.
        profile: the model of each platform, `(*batch, N)`.
        choice: a `Logit`, with or without an outside utility.
        prices: what each platform asks of a user, `(N,)` or `(*batch, N)`, in money; any finite numbers.
        price_sensitivity: as `price_equilibrium` takes it.
        costs: as `price_equilibrium` takes them.
        brands: as `price_equilibrium` takes them.
        owners: as `price_equilibrium` takes them; here they decide the HHI alone.

    Raises:
        ValueError, TypeError: as `price_equilibrium`, or prices are not finite or not one a platform.

    Example:
        >>> from genmarket_env import Logit
        >>> market = Market([[1.0], [0.5]], [1.0])
        >>> at = price_outcome(market, [0, 1], Logit(0.25), prices=[0.5, 0], price_sensitivity=1, costs=0)
        >>> at.shares, at.profits, at.hhi
        (array([0.5, 0.5]), array([0.25, 0.  ]), np.float64(5000.0))
    """
    setting, batch = price_setting(market, profile, choice, price_sensitivity, costs, brands, owners, fixed=True)
    asked = real_array("prices", prices)
    platforms = setting.costs.shape[1]
    if asked.ndim < 1 or asked.shape[-1] != platforms:
        raise ValueError(f"prices have the shape {asked.shape}; give one for each of the {platforms} platforms")
    if not np.isfinite(asked).all():
        raise ValueError(f"prices must be finite; got {asked[~np.isfinite(asked)][0]}")
    try:
        asked = np.broadcast_to(asked, (*batch, platforms)).reshape(-1, platforms)
    except ValueError:
        raise ValueError(f"prices of the shape {asked.shape} do not fit the batch {batch} of profiles") from None
    markups = asked - setting.costs
    return PriceOutcome(**figures_at(setting, markups, batch))


def figures_at(setting: PriceSetting, markups: FloatArray, batch: tuple[int, ...]) -> dict[str, Any]:
    """The fields of a `PriceOutcome` at markups `(B, N)`, with the batch axes as given."""
    demand = demand_at(setting, markups)
    prices = setting.costs + markups
    shares = np.matmul(demand.shares, setting.masses[..., None])[..., 0]
    profits = profits_of(setting, demand.shares, markups)
    user_surplus = setting.unit_markup * demand.inclusive
    consumer = (setting.masses * user_surplus).sum(axis=1)
    by_owner = shares @ (setting.owners[:, None] == np.unique(setting.owners))
    with np.errstate(divide="ignore", invalid="ignore"):
        lerner = np.where(prices != 0, markups / prices, np.nan)
    flat = {
        "prices": prices,
        "markups": markups,
        "demand": demand.shares,
        "shares": shares,
        "profits": profits,
        "user_surplus": user_surplus,
        "consumer_surplus": consumer,
        "total_surplus": consumer + profits.sum(axis=1),
        "hhi": 1e4 * (by_owner**2).sum(axis=1) / by_owner.sum(axis=1) ** 2,
        "lerner": lerner,
        "diversion": diversion_ratios(setting, demand),
    }
    return {name: array.reshape((*batch, *array.shape[1:]))[()] for name, array in flat.items()}


def diversion_ratios(setting: PriceSetting, demand: Demand) -> FloatArray:
    """`(dq_j / dp_i) / (-dq_i / dp_i)`, and on the diagonal the share that goes nowhere, `(B, N, N)`.

    With the weights `w_i(k)` of the buyers who mind the price it is `sum_k w_i(k) q_j(k)`, divided by the sum of these
    over all j but i, staying away included; 0 where nobody can go anywhere else.
    """
    away = np.exp(setting.outside / setting.temperature - demand.inclusive)
    to = np.matmul(demand.weights, np.swapaxes(demand.shares, 1, 2))
    diagonal = np.arange(to.shape[1])
    to[:, diagonal, diagonal] = (demand.weights * away[:, None]).sum(axis=2)
    lost = to.sum(axis=2, keepdims=True)
    return np.divide(to, lost, out=np.zeros_like(to), where=lost > 0)
