"""Strategic entry: providers that train a model against the incumbents (Section 5 of the paper)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..equilibrium.rest import Rest, rests
from ..lazy_names import names_from

if TYPE_CHECKING:
    from .entrants import with_entrant
    from .frontier import EntryFrontier, entry_frontier, is_adopted_everywhere
    from .gradient import gradient_entry
    from .objective import GATE_BETA, adoption_objective, gate
    from .outcome import (
        Adoption,
        EntryGame,
        EntryOutcome,
        MarketFigures,
        Span,
        adoption_of_each,
        entry_outcome,
    )
    from .references import average_entry, copy_entry, random_entry, strongest_incumbent
    from .release import Entry, Release, Scheme
    from .resampling import resampling_entry
    from .schemes import SCHEMES, enter
    from .search import best_entry, grid_entry, random_search_entry
    from .technologies import DataMixture, DirectScores, RadialBumps, Technology
    from .under_noise import adoption_under_noise
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
    "GATE_BETA",
    "SCHEMES",
    "WEIGHTINGS",
    "Adoption",
    "DataMixture",
    "DirectScores",
    "Entry",
    "EntryFrontier",
    "EntryGame",
    "EntryOutcome",
    "MarketFigures",
    "RadialBumps",
    "Release",
    "Rest",
    "Scheme",
    "Span",
    "Technology",
    "Weighting",
    "adaptive_weights",
    "adoption_objective",
    "adoption_of_each",
    "adoption_under_noise",
    "average_entry",
    "best_entry",
    "class_weights",
    "copy_entry",
    "enter",
    "entry_frontier",
    "entry_outcome",
    "gate",
    "gradient_entry",
    "grid_entry",
    "is_adopted_everywhere",
    "margin_weights",
    "plain_weights",
    "random_entry",
    "random_search_entry",
    "resampling_entry",
    "rests",
    "soft_weights",
    "strongest_incumbent",
    "with_entrant",
]

__getattr__ = names_from(
    __name__,
    {
        "entrants": ["with_entrant"],
        "frontier": ["EntryFrontier", "entry_frontier", "is_adopted_everywhere"],
        "gradient": ["gradient_entry"],
        "objective": ["GATE_BETA", "adoption_objective", "gate"],
        "outcome": [
            "Adoption",
            "EntryGame",
            "EntryOutcome",
            "MarketFigures",
            "Span",
            "adoption_of_each",
            "entry_outcome",
        ],
        "references": ["average_entry", "copy_entry", "random_entry", "strongest_incumbent"],
        "release": ["Release", "Scheme", "Entry"],
        "resampling": ["resampling_entry"],
        "schemes": ["SCHEMES", "enter"],
        "search": ["best_entry", "grid_entry", "random_search_entry"],
        "technologies": ["DataMixture", "DirectScores", "RadialBumps", "Technology"],
        "under_noise": ["adoption_under_noise"],
        "weightings": [
            "WEIGHTINGS",
            "Weighting",
            "adaptive_weights",
            "class_weights",
            "margin_weights",
            "plain_weights",
            "soft_weights",
        ],
    },
)
