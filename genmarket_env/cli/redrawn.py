"""How sure an answer is: what was found in markets redrawn within their errors, in words and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..analysis.structure_probabilities import StructureProbabilities
from .sections import Section, counted, deployed, words

KINDS = {"several": "equilibria of several structures", "none": "no pure equilibrium"}
"""The structures that do not say what they are in one word."""


@dataclass(frozen=True)
class Redrawn:
    """What was found in markets redrawn within their errors.

    Attributes:
        found: how often each structure occurs.
        shared_error: the correlation of the models' errors on one user type; None if no scores were redrawn.
        mass_concentration: about how many users the masses were drawn from; None if no masses were redrawn.
    """

    found: StructureProbabilities
    shared_error: float | None
    mass_concentration: float | None

    @property
    def redrawn(self) -> str:
        """What of the markets was redrawn, in words."""
        drawn = {"scores": self.shared_error, "masses": self.mass_concentration}
        return " and ".join(name for name, value in drawn.items() if value is not None)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        found = self.found
        return {
            "shared_error": self.shared_error,
            "mass_concentration": self.mass_concentration,
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
    title = "How sure is that?"
    sentences = [
        f"{counted(found.draws, 'market')} with {redrawn.redrawn} redrawn within their errors; {found.level:.0%} "
        f"Wilson intervals of the number of draws."
    ]
    if redrawn.shared_error == 0:
        sentences.append("The errors of the models' scores are independent.")
    elif redrawn.shared_error is not None:
        title = "How sure is that, if errors are shared?"
        sentences.append(
            f"The errors of the models' scores for one user type have the correlation {redrawn.shared_error:g}, as the "
            f"models answered the same questions."
        )
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
    return Section(title, tuple(sentences), ("pure equilibria", "share of draws", "interval"), cells, 2)
