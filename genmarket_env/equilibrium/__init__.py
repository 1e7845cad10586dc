"""Solvers of the market game: one algorithm a file, one `Solution` for all of them."""

from .solution import Solution, Status

__all__ = ["Solution", "Status"]
