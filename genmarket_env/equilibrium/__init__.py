"""Solvers of the market game: one algorithm a file, one `Solution` for all of them."""

from .mixed import expected_deviation_payoffs, expected_payoffs, mixed_nash_conv
from .pure_nash import least_epsilon, pure_equilibria
from .solution import Solution, Status

__all__ = [
    "Solution",
    "Status",
    "expected_deviation_payoffs",
    "expected_payoffs",
    "least_epsilon",
    "mixed_nash_conv",
    "pure_equilibria",
]
