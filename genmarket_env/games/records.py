"""Published figures and claims of a game as data: each is computed anew and held against what was published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """A number that was published or derived.

    Attributes:
        claim: what it says, in a sentence.
        published: the number.
        tolerance: how far the measured one may be from it.
        source: where it stands, or "derived".
        measure: computes it.

    Example:
        >>> Record("two and two", 4.0, 0.0, "arithmetic", lambda: 2.0 + 2.0).check()
        (4.0, True)
    """

    claim: str
    published: float
    tolerance: float
    source: str
    measure: Callable[[], float]

    def check(self) -> tuple[float, bool]:
        """The number as measured now, and whether it is the published one within the tolerance."""
        measured = float(self.measure())
        return measured, bool(abs(measured - self.published) <= self.tolerance)
