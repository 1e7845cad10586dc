"""What a market's equilibria mean: prices of anarchy and stability, robustness, phase diagrams."""

from .welfare_prices import Prices, price_of_anarchy, price_of_stability, prices

__all__ = [
    "Prices",
    "price_of_anarchy",
    "price_of_stability",
    "prices",
]
