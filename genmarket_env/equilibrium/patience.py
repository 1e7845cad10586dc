"""When a solver leaves work to the kernel rather than to a compiled twin."""

from __future__ import annotations

import sys

COLD_STEPS = 10_000_000
"""So many steps of the kernel in all, a second or so, come before a solver's twin is imported and compiled."""


class Patience:
    """Counts the steps, deployed scores gone through, that the kernel has taken in place of a twin.

    It ends at once when the twin's module has been imported. Solvers find the same profiles either way, so what ran
    before changes how fast they answer, not what.

    Args:
        steps: how many there are.
        twin: the module of the twin; None if others import it too, who need not have compiled it.
    """

    def __init__(self, steps: int = COLD_STEPS, twin: str | None = None) -> None:
        self.left = steps
        self._twin = twin

    def spend(self, steps: int) -> bool:
        """Whether so many steps are left; then they are gone."""
        if steps > self.left or self._twin in sys.modules:
            return False
        self.left -= steps
        return True
