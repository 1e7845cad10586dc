"""Costs that are not known, from the prices that platforms ask."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import real_array
from ..choice import ChoiceRule, HardMax
from ..market import FloatArray, Market
from .demand import demand_at
from .setting import price_setting


def implied_costs(
    market: Market,
    profile: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    prices: ArrayLike,
    price_sensitivity: ArrayLike,
    brands: ArrayLike = 0.0,
    owners: Sequence[Hashable] | None = None,
) -> FloatArray:
    """The costs of platforms at which their prices satisfy the first-order conditions, `(N,)`, in money.

    What merger simulations do where costs are not seen: prices are taken for those of an equilibrium. The conditions
    are linear in markups at given demand (see `price_equilibrium`), `(I - W) m = w`, so that costs are `p - m`.

    Args:
        market: one market.
        profile: the model of each platform, `(N,)`.
        choice: a `Logit`. Without an outside utility there must be two owners.
        prices: what platforms ask, `(N,)`.
        price_sensitivity: as `price_equilibrium` takes it.
        brands: as `price_equilibrium` takes them.
        owners: as `price_equilibrium` takes them.

    Returns:
        The costs; they are below 0 where a price is lower than the markup that these users would let a platform ask.

    Raises:
        ValueError, TypeError: as `price_equilibrium`, or prices are not finite or not one a platform.

    Source: Werden and Froeb, Journal of Law, Economics, and Organization 10(2), 1994.

    Example:
        >>> from genmarket_env import Logit, price_equilibrium
        >>> market = Market([[0.9, 0.2], [0.3, 0.8]], [0.5, 0.5])
        >>> terms = dict(price_sensitivity=[1, 0.5])
        >>> rule = Logit(0.2, outside_utility=0)
        >>> seen = price_equilibrium(market, [0, 1], rule, costs=[0.1, 0.3], **terms).prices
        >>> implied_costs(market, [0, 1], rule, prices=seen, **terms).round(9)
        array([0.1, 0.3])
    """
    if market.batch_shape:
        raise ValueError(f"implied_costs takes one market, not a batch {market.batch_shape}; choose one, market[0]")
    setting, _ = price_setting(market, profile, choice, price_sensitivity, 0.0, brands, owners)
    asked = real_array("prices", prices)
    if asked.shape != setting.owners.shape or not np.isfinite(asked).all():
        raise ValueError(f"prices must be finite, one for each of the {len(setting.owners)} platforms")
    demand = demand_at(setting, asked[None])
    weights, shares = demand.weights[0], demand.shares[0]
    kept = setting.same_owner * (weights @ shares.T)
    return asked - np.linalg.solve(np.eye(len(asked)) - kept, weights @ setting.unit_markup)
