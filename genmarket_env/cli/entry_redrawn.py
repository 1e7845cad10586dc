"""How sure the adoption of a release is, in words and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..analysis.frequency import Frequency, frequency
from ..entry import Adoption
from ..market import FloatArray
from .noise import Noise
from .sections import Section, number

RANGE = (0.05, 0.95)
"""The quantiles of the draws that are shown."""


@dataclass(frozen=True, eq=False)
class EntryRedrawn:
    """What markets redrawn within their errors would make of a release.

    Attributes:
        noise: how they were redrawn.
        adoption: what each of them would make of it.
    """

    noise: Noise
    adoption: Adoption

    @property
    def served_somebody(self) -> Frequency:
        """How often it would serve any user."""
        return frequency(int((self.adoption.share > 0).sum()), self.noise.draws)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data: means over the draws, and the 5 % and 95 % quantiles of the draws."""
        return {
            "shared_error": self.noise.shared_error,
            "mass_concentration": self.noise.mass_concentration,
            "draws": self.noise.draws,
            "serves_somebody": asdict(self.served_somebody),
            "share": _spread(self.adoption.share),
            "payoff": _spread(self.adoption.payoff),
        }


def entry_uncertainty_section(redrawn: EntryRedrawn) -> Section:
    """How often the release serves anybody, how many users, and what they get."""
    often = redrawn.served_somebody
    sentences = (
        *redrawn.noise.sentences,
        "The release keeps its scores; the incumbents and what platforms deploy change.",
        f"It serves users in {often.probability:.1%} of the draws (95% Wilson interval {often.low:.1%} to "
        f"{often.high:.1%}).",
    )
    figures = {"users served": redrawn.adoption.share, "user value served": redrawn.adoption.payoff}
    rows = tuple((name, *map(number, _spread(values).values())) for name, values in figures.items())
    return Section(redrawn.noise.title, sentences, ("figure", "mean", "5% of draws below", "95% below"), rows, 3)


def _spread(values: FloatArray) -> dict[str, float]:
    low, high = np.quantile(values, RANGE)
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}
