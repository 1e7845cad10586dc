"""The environment: pure batched dynamics, and the adapters of PettingZoo and Gymnasium around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import names_from

if TYPE_CHECKING:
    from .dynamics import MarketDynamics
    from .observation import Observation, ObservationLayout
    from .outcome import Outcome
    from .prices import Prices
    from .state import MarketState
    from .vector import VectorMarket, VectorStep

__all__ = [
    "MarketDynamics",
    "MarketState",
    "Observation",
    "ObservationLayout",
    "Outcome",
    "Prices",
    "VectorMarket",
    "VectorStep",
]

__getattr__ = names_from(
    __name__,
    {
        "dynamics": ["MarketDynamics"],
        "observation": ["Observation", "ObservationLayout"],
        "outcome": ["Outcome"],
        "prices": ["Prices"],
        "state": ["MarketState"],
        "vector": ["VectorMarket", "VectorStep"],
    },
)
