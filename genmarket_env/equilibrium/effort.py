"""How much work a solver may take before it says that a market is too large for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_effort: ContextVar[float] = ContextVar("effort", default=1.0)


class TooLarge(ValueError):  # noqa: N818  # of a market, and not an error of the solver
    """A market is too large for a solver.

    Attributes:
        effort: how many times more work than is allowed it would take.
    """

    def __init__(self, message: str, effort: float = math.inf) -> None:
        super().__init__(message)
        self.effort = effort


@contextmanager
def at_effort(effort: float) -> Iterator[None]:
    """Let the solvers inside take so many times the work that they take by themselves."""
    token = _effort.set(effort)
    try:
        yield
    finally:
        _effort.reset(token)


def check_work(work: int, most: int, message: str) -> None:
    """Raise `TooLarge` if `work` is more than `most`, as often as the effort allows.

    Example:
        >>> with at_effort(3):
        ...     check_work(20, 10, "too large")
    """
    if work > most * _effort.get():
        raise TooLarge(message, work / most)
