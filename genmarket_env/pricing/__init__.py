"""Prices: what platforms ask of users once their models are given, and which models they choose before."""

from .equilibrium import PriceEquilibrium, price_equilibrium
from .outcome import PriceOutcome, price_outcome
from .setting import merged

__all__ = ["PriceEquilibrium", "PriceOutcome", "merged", "price_equilibrium", "price_outcome"]
