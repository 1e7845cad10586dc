"""Prices: what platforms ask of users once their models are given, and which models they choose before."""

from .equilibrium import PriceEquilibrium, price_equilibrium
from .implied_costs import implied_costs
from .outcome import PriceOutcome, price_outcome
from .price_grid import PricedModels, priced_models
from .setting import merged
from .stages import ModelsThenPrices, models_then_prices

__all__ = [
    "ModelsThenPrices",
    "PriceEquilibrium",
    "PriceOutcome",
    "PricedModels",
    "implied_costs",
    "merged",
    "models_then_prices",
    "price_equilibrium",
    "price_outcome",
    "priced_models",
]
