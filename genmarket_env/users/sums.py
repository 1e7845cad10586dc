"""Sums over users, part by part: on threads, or where a runner sends the parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..runner import Runner
from .data import Part, Users

Job: TypeAlias = Callable[..., tuple[NDArray[Any], ...]]
"""`(users, start, stop, *arguments)` -> the sums over those users. A function of a module, which can be sent."""


def total(users: Users, job: Job, *arguments: Any) -> tuple[NDArray[Any], ...]:
    """The sums of a job over all users: those of the parts, added in the order of the parts, whoever did them."""
    sums: tuple[NDArray[Any], ...] = ()
    runner = users.runner
    parts = run_in_threads(users, job, arguments) if runner is None else _carried(users, runner, job, arguments)
    for found in parts:
        if not sums:
            sums = tuple(np.array(one) for one in found)
        else:
            for one, more in zip(sums, found, strict=True):
                one += more
    return sums


def run_in_threads(users: Users, job: Job, arguments: tuple[Any, ...]) -> Iterator[tuple[NDArray[Any], ...]]:
    """What a job says of each part, in their order, by threads."""
    parts = users.parts
    workers = min(threads_of(users), len(parts))
    if workers == 1:
        for start, stop in parts:
            yield job(users, start, stop, *arguments)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda part: job(users, *part, *arguments), parts)


def _carried(users: Users, runner: Runner, job: Job, arguments: tuple[Any, ...]) -> list[tuple[NDArray[Any], ...]]:
    """What a job says of each part, in their order, by the workers of a runner."""
    alone = users.alone()
    large = [argument for argument in arguments if isinstance(argument, np.ndarray)]
    return runner.each(partial(_of_part, alone, job, arguments), users.parts, shared=[alone, *large])


def _of_part(users: Users, job: Job, arguments: tuple[Any, ...], part: Part) -> tuple[NDArray[Any], ...]:
    return job(users, *part, *arguments)


def threads_of(users: Users) -> int:
    """How many threads work on these users: as many as asked for, or one a core."""
    if users.threads is not None:
        return users.threads
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return cores or 1


def pieces(start: int, stop: int, rows: int) -> Iterable[Part]:
    """The range [start, stop) in pieces of at most `rows`."""
    for first in range(start, stop, rows):
        yield first, min(first + rows, stop)
