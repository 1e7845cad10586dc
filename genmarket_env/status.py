"""How a solver ended."""

from __future__ import annotations

from enum import Enum, IntEnum


class Status(IntEnum):
    """How a solver ended. All are true, so that no status reads as a failure by accident: compare with `is` or `==`.

    Example:
        >>> print(Status.CONVERGED, int(Status.CONVERGED))
        Status.CONVERGED 1
    """

    CONVERGED = 1
    """It found what it looked for; `Solution` says who checked that."""
    CYCLED = 2
    """The dynamics came back to a state: `orbit` holds the cycle."""
    MAX_ROUNDS = 3
    """It ran out of rounds or iterations first."""

    # An IntEnum shows its number otherwise.
    __str__ = Enum.__str__
    __format__ = Enum.__format__
