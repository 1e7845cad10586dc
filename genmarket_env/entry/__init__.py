"""Strategic entry: providers that train a model against the incumbents (Section 5 of the paper)."""

from .objective import adoption_objective, gate
from .technologies import DataMixture, DirectScores, RadialBumps, Technology
from .weightings import (
    WEIGHTINGS,
    Weighting,
    adaptive_weights,
    class_weights,
    margin_weights,
    plain_weights,
    soft_weights,
)

__all__ = [
    "WEIGHTINGS",
    "DataMixture",
    "DirectScores",
    "RadialBumps",
    "Technology",
    "Weighting",
    "adaptive_weights",
    "adoption_objective",
    "class_weights",
    "gate",
    "margin_weights",
    "plain_weights",
    "soft_weights",
]
