"""What a benchmark says: one line of the table, with its aim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """What a line is to reach; a limit that is None is not set.

    Attributes:
        ratio: the least ratio of the peer's time to ours; below 1 where ours may take longer.
        seconds: our largest time.
        peak_bytes: our process's largest memory.
    """

    ratio: float | None = None
    seconds: float | None = None
    peak_bytes: int | None = None

    def __str__(self) -> str:
        parts = []
        if self.ratio is not None:
            parts.append(f">= {times(self.ratio)}")
        if self.seconds is not None:
            parts.append(f"<= {in_units(self.seconds)}")
        if self.peak_bytes is not None:
            parts.append(f"< {self.peak_bytes / 1e6:.0f} MB")
        return ", ".join(parts)


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        name: what was timed, with its size.
        seconds: our median time a unit of work; None if it could not be measured.
        peer: what it is compared with.
        peer_seconds: the peer's median time for the same unit of work; None if it was not measured.
        ratio: the median over the interleaved rounds of the peer's time over ours.
        peak_bytes: the largest memory of the process that ran it.
        aim: what it is to reach.
        note: what a reader must know to judge it; it goes below the table.
    """

    name: str
    seconds: float | None = None
    peer: str = ""
    peer_seconds: float | None = None
    ratio: float | None = None
    peak_bytes: int | None = None
    aim: Aim | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None without an aim or where what it needs was not measured."""
        if self.aim is None:
            return None
        checks = []
        for limit, figure, at_least in (
            (self.aim.ratio, self.ratio, True),
            (self.aim.seconds, self.seconds, False),
            (self.aim.peak_bytes, self.peak_bytes, False),
        ):
            if limit is None:
                continue
            if figure is None:
                return None
            checks.append(figure >= limit if at_least else figure <= limit)
        return all(checks)


@dataclass(frozen=True)
class Case:
    """Lines that are measured together, in a process that is stopped when it takes too long.

    Attributes:
        name: what the lines are called if the process is stopped or fails.
        measure: `quick -> lines`; quick means as little work as shows that it runs.
        limit: seconds after which it is stopped; a quick run, which may have to compile first, has more.
        fresh: whether it needs a process of its own, because it measures memory.
        quick: whether a quick run includes it.
    """

    name: str
    measure: Callable[[bool], list[Line]]
    limit: float = 60.0
    fresh: bool = False
    quick: bool = True


def in_units(seconds: float) -> str:
    """A time with three digits in the unit that suits it.

    Example:
        >>> in_units(0.00000063), in_units(0.758)
        ('630 ns', '758 ms')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= 0.9995 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def times(ratio: float) -> str:
    """A ratio with two digits, or to the unit if it is 10 or more.

    Example:
        >>> times(0.25), times(1234.5)
        ('0.25x', '1,234x')
    """
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2g}x"
