"""Solvers of the market game: one algorithm a file, one `Solution` for all of them."""

from .mixed import expected_deviation_payoffs, expected_payoffs, mixed_nash_conv
from .solution import Solution, Status

__all__ = [
    "Solution",
    "Status",
    "expected_deviation_payoffs",
    "expected_payoffs",
    "mixed_nash_conv",
]
