"""Claims about means over independent markets."""

from __future__ import annotations

from collections.abc import Sequence

from ..intervals import MeanEstimate
from .contents import Claim


def on_average(statement: str, source: str, changes: Sequence[MeanEstimate], measured: str, sign: int = 1) -> Claim:
    """A claim that all means have a sign: by their intervals, and undecided where one of them contains 0.

    Example:
        >>> on_average("A is larger", "asked here", [MeanEstimate(0.1, -0.1, 0.3, 9)], "a difference").verdict
        'undecided'
    """
    lows = [min(sign * change.low, sign * change.high) for change in changes]
    highs = [max(sign * change.low, sign * change.high) for change in changes]
    holds = None
    if changes and min(lows) > 0:
        holds = True
    elif changes and min(highs) < 0:
        holds = False
    return Claim(statement, source, measured, holds)
