"""Strategic entry: providers that train a model against the incumbents (Section 5 of the paper)."""

from .objective import adoption_objective, gate
from .outcome import EntryOutcome, MarketFigures, Span, adoption_shares, entry_outcome, with_entrant
from .rests import Rest, rests
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
    "EntryOutcome",
    "MarketFigures",
    "RadialBumps",
    "Rest",
    "Span",
    "Technology",
    "Weighting",
    "adaptive_weights",
    "adoption_objective",
    "adoption_shares",
    "class_weights",
    "entry_outcome",
    "gate",
    "margin_weights",
    "plain_weights",
    "rests",
    "soft_weights",
    "with_entrant",
]
