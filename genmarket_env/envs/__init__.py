"""The environment: pure batched dynamics, and the adapters of PettingZoo and Gymnasium around them."""

from .dynamics import MarketDynamics
from .observation import Observation, ObservationLayout
from .outcome import Outcome
from .registration import register as _register
from .state import MarketState
from .vector import VectorMarket, VectorStep

__all__ = [
    "MarketDynamics",
    "MarketState",
    "Observation",
    "ObservationLayout",
    "Outcome",
    "VectorMarket",
    "VectorStep",
]

_register()
