"""Models and prices at once, from a grid of prices: a market whose models are pairs of both, for any choice rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import real_array
from ..choice import ChoiceRule, HardMax
from ..economy import Economy
from ..equilibrium import MarketGame
from ..game import check_game
from ..market import FloatArray, IntArray, Market
from .setting import checked_costs, checked_sensitivity


@dataclass(frozen=True, eq=False)
class PricedModels:
    """A market of pairs of a model and a price, and its economy: what every solver takes.

    Attributes:
        market: of `M * G` pairs, those of one model side by side.
        economy: utilities `S_j(k) - alpha_k p`, worths `p - c_j`.
        model: the model of each pair, `(M * G,)`.
        price: the price of each pair, `(M * G,)`.
    """

    market: Market
    economy: Economy
    model: IntArray
    price: FloatArray

    def game(self, num_platforms: int, choice: ChoiceRule = HardMax()) -> MarketGame:
        """The game of that many platforms, each of which chooses a pair."""
        return MarketGame(self.market, num_platforms, choice, economy=self.economy)


def priced_models(
    market: Market, prices: ArrayLike, *, price_sensitivity: ArrayLike, costs: ArrayLike | None = None
) -> PricedModels:
    """The pairs of a model and a price of a grid, as a market whose platforms choose both at once.

    Under HardMax platforms undercut each other, so that with prices from a continuum there is no pure equilibrium in
    general; from a grid there may be one.

    Args:
        market: one market.
        prices: the grid, `(G,)`, different finite numbers, in money.
        price_sensitivity: `alpha_k`, a number or `(K,)`, > 0.
        costs: what a user served with a model costs, a number or `(M,)`; None takes those of the market.

    Raises:
        ValueError: prices are not a list of different finite numbers, or as `price_equilibrium`; the market is a batch.
        TypeError: an argument is not numeric.

    Source: derived.

    Example:
        >>> from genmarket_env.exact import pure_equilibria
        >>> one = Market([[1.0]], [1.0])
        >>> pairs = priced_models(one, np.linspace(0.0, 0.5, 6), price_sensitivity=1, costs=0.2)
        >>> found = pure_equilibria(pairs.game(2))
        >>> pairs.price[found].round(1)  # at cost, or up to two steps above
        array([[0.2, 0.2],
               [0.3, 0.3],
               [0.4, 0.4]])
    """
    check_game(market)
    if market.batch_shape:
        raise ValueError(f"priced_models takes one market, not a batch {market.batch_shape}; choose one, market[0]")
    grid = real_array("prices", prices)
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or len(np.unique(grid)) < len(grid):
        raise ValueError("prices must be a list of different finite numbers, such as np.linspace(0, 1, 21)")
    sensitivity = checked_sensitivity(price_sensitivity, market)
    cost = checked_costs(costs, 1, market)[0]
    model = np.repeat(np.arange(market.num_models), len(grid))
    price = np.tile(grid, market.num_models)
    names = [f"{market.model_names[j]} at {p:.6g}" for j, p in zip(model, price, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{market.model_names[j]} at {p!r}" for j, p in zip(model.tolist(), price.tolist(), strict=True)]
    pairs = Market(market.scores[model], market.masses, model_names=names, user_names=market.user_names)
    return PricedModels(pairs, Economy.margin(pairs, price, cost[model], sensitivity), model, price)
