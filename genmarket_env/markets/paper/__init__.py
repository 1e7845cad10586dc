"""The markets of the paper's figures and experiments, and the laws to draw more of them from."""

from .synthetic import SyntheticMarkets, first_models
from .synthetic_catalogue import showcase, synthetic_markets

__all__ = ["SyntheticMarkets", "first_models", "showcase", "synthetic_markets"]
