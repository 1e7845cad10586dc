"""The one result type of all solvers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from ..market import FloatArray, IntArray


class Status(IntEnum):
    """How a solver ended."""

    CONVERGED = 0
    """It found what it looked for, and the kernel confirmed it."""
    CYCLED = 1
    """The dynamics came back to a state: `orbit` holds the cycle."""
    MAX_ROUNDS = 2
    """It ran out of rounds or iterations first."""


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found. A field that it does not fill is None.

    Attributes:
        status: a `Status`; for a batch an int array `(*batch,)` of them.
        value: the optimum or the value solved for; a float, for a batch `(*batch,)`.
        profile: the model that each platform deploys, `(*batch, platforms)`.
        mixture: the probability of each model, `(models,)`.
        nash_conv: the NashConv of what was found, computed by the kernel; a float, for a batch `(*batch,)`.
        history: the profiles along the way, `(*batch, rounds + 1, platforms)`.
        orbit: the profiles of the cycle in order, `(length, platforms)`.
        stats: what the solver counted (rounds, iterations, ...), by name.
    """

    status: Any
    value: Any = None
    profile: IntArray | None = None
    mixture: FloatArray | None = None
    nash_conv: Any = None
    history: IntArray | None = None
    orbit: IntArray | None = None
    stats: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
