"""The one result type of all solvers, and what is certain of it where a solver always finds something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..market import FloatArray, IntArray
from ..status import Status

__all__ = ["CorrelatedSolution", "DynamicsSolution", "MixedSolution", "PureSolution", "Solution", "Status"]


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found. A field that it does not fill is None.

    `nash_conv` is computed anew from the answer, not taken from the search: of pure play by the kernel or its tested
    twin, of mixed play by `mixed_nash_conv`; so are the least epsilon and the planner's welfare, by the kernel. A mixed
    equilibrium is CONVERGED if its exploitability is small enough, dynamics if a round of best replies changes nothing,
    the planner's optimum if the bound of the search meets its welfare.

    Attributes:
        status: a `Status`; for a batch an int array `(*batch,)` of them.
        value: the optimum or the value solved for; a float, for a batch `(*batch,)`.
        profile: the model that each platform deploys, `(*batch, platforms)`.
        mixture: the probability of each model, `(models,)`.
        nash_conv: the NashConv of what was found; a float, for a batch `(*batch,)`.
        history: the profiles along the way, `(rounds + 1, platforms)`; None for a batch.
        orbit: the profiles of the cycle in order, `(length, platforms)`, None without a cycle; for a batch
            `(*batch, longest, platforms)`, padded with -1, where `longest` is 0 if none cycled.
        stats: what the solver counted (rounds, iterations, ...), by name.
        probabilities: in correlated play the probability of each profile; `profile` holds them, one a row.
    """

    status: Any
    value: Any = None
    profile: IntArray | None = None
    mixture: FloatArray | None = None
    nash_conv: Any = None
    history: IntArray | None = None
    orbit: IntArray | None = None
    stats: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    probabilities: FloatArray | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class PureSolution(Solution):
    """A solution that is one profile, with its value."""

    status: Status
    value: float
    profile: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class DynamicsSolution(Solution):
    """Where dynamics ended, from one profile or a batch of them."""

    profile: IntArray

    @property
    def cycle(self) -> IntArray:
        """The `orbit`; without one it has no profiles, `(0, platforms)`."""
        return self.profile[..., None, :][..., :0, :] if self.orbit is None else self.orbit


@dataclass(frozen=True, eq=False, kw_only=True)
class MixedSolution(Solution):
    """A solution that is one mixture, with its value and NashConv."""

    status: Status
    value: float
    mixture: FloatArray
    nash_conv: float


@dataclass(frozen=True, eq=False, kw_only=True)
class CorrelatedSolution(Solution):
    """A solution that draws one of several profiles, with its value."""

    status: Status
    value: float
    profile: IntArray
    probabilities: FloatArray
