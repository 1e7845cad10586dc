"""The markets of the paper's figures and experiments, and the laws to draw more of them from."""

from .synthetic import SyntheticMarkets, first_models

__all__ = ["SyntheticMarkets", "first_models"]
