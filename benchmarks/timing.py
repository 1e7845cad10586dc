"""Medians of interleaved rounds, and the memory of this process."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from timeit import Timer

import numpy as np

SAMPLE_SECONDS = 0.02
"""A round repeats a call until it takes about this long, so that the clock's resolution does not matter."""


@dataclass(frozen=True)
class Times:
    """Seconds a call, one entry a round, by the name of the call."""

    rounds: Mapping[str, np.ndarray]

    def median(self, name: str) -> float:
        return float(np.median(self.rounds[name]))

    def ratio(self, slow: str, fast: str) -> float:
        """The median over the rounds of the ratio within a round, when the machine was in the same state for both."""
        return float(np.median(self.rounds[slow] / self.rounds[fast]))


def interleaved(calls: Mapping[str, Callable[[], object]], *, quick: bool, seconds: float = 4.0) -> Times:
    """Time the calls in turn, each round in the opposite order of the last.

    It takes about `seconds` in all: 5 to 31 rounds, one if quick.
    """
    timers = {name: Timer(call) for name, call in calls.items()}
    first = {name: _warm(timer) for name, timer in timers.items()}
    sample = 0.0 if quick else SAMPLE_SECONDS
    numbers = {name: max(1, round(sample / once)) for name, once in first.items()}
    a_round = sum(first[name] * numbers[name] for name in calls)
    rounds = 1 if quick else int(np.clip(seconds / a_round, 5, 31))
    times: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    for _ in range(rounds):
        for name in order:
            times[name].append(timers[name].timeit(numbers[name]) / numbers[name])
        order.reverse()
    return Times({name: np.array(values) for name, values in times.items()})


def _warm(timer: Timer) -> float:
    """Seconds of a call that is not the first, which may compile."""
    timer.timeit(1)
    return max(timer.timeit(1), 1e-9)


def stopwatch(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak_bytes() -> int:
    """The largest memory that this process has had."""
    # Linux carries ru_maxrss over from the parent at exec; VmHWM belongs to this process.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
