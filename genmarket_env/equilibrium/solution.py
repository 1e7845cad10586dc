"""The one result type of all solvers: see `genmarket_env.exact.solution`."""

from __future__ import annotations

from ..exact.solution import CorrelatedSolution, DynamicsSolution, MixedSolution, PureSolution, Solution, Status

__all__ = ["CorrelatedSolution", "DynamicsSolution", "MixedSolution", "PureSolution", "Solution", "Status"]
