"""How sure an answer is: what was found in markets redrawn within their errors, in words and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..analysis.structure_probabilities import StructureProbabilities
from .noise import Noise
from .sections import Section, deployed, words

KINDS = {"several": "equilibria of several structures", "none": "no pure equilibrium"}
"""The structures that do not say what they are in one word."""


@dataclass(frozen=True)
class Redrawn:
    """What was found in markets redrawn within their errors.

    Attributes:
        noise: how they were redrawn.
        found: how often each structure occurs.
    """

    noise: Noise
    found: StructureProbabilities

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        found = self.found
        return {
            "shared_error": self.noise.shared_error,
            "mass_concentration": self.noise.mass_concentration,
            "draws": found.draws,
            "level": found.level,
            "structures": {name: asdict(share) for name, share in found.structures.items()},
            "profiles": [{"profile": list(profile), **asdict(share)} for profile, share in found.profiles],
            "reference": found.reference,
            "same_structure": None if found.same_structure is None else asdict(found.same_structure),
            "same_equilibria": None if found.same_equilibria is None else asdict(found.same_equilibria),
        }


def uncertainty_section(redrawn: Redrawn, names: tuple[str, ...], *, profiles: int) -> Section:
    """How often each structure occurs.

    Args:
        redrawn: what was found.
        names: of the models.
        profiles: how many of the most frequent equilibria to list.
    """
    found = redrawn.found
    sentences = [*redrawn.noise.sentences, f"Intervals: {found.level:.0%} Wilson intervals of the number of draws."]
    if found.same_equilibria is not None:
        share = f"{found.same_equilibria.probability:.1%}"
        sentences.append(
            f"In {share} of the draws there is no pure equilibrium, as with the scores as measured."
            if found.reference == "none"
            else f"In {share} of the draws the pure equilibria are exactly those of the scores as measured."
        )
    rows = [
        *((KINDS.get(name, words(name)), share) for name, share in found.structures.items()),
        *((f"equilibrium {deployed(profile, names)}", share) for profile, share in found.profiles[:profiles]),
    ]
    cells = tuple((name, f"{share.probability:.1%}", f"{share.low:.1%} to {share.high:.1%}") for name, share in rows)
    return Section(redrawn.noise.title, tuple(sentences), ("pure equilibria", "share of draws", "interval"), cells, 2)
