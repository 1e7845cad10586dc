"""Tasks in the order of what they need, several processes at a time."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import get_context

from .workers import end_with_parent, one_thread

POLL_SECONDS = 0.1

CLEANING_SECONDS = 0.3
"""So long tasks that are stopped may take to remove what they have begun to write."""

Advance = Callable[[], object]
"""Called once for each unit of a task's work."""


class StoppedError(Exception):
    """Another task has failed, or the command was interrupted."""


@dataclass(frozen=True)
class Task:
    """Something to do.

    Attributes:
        key: no other task's.
        do: does it and keeps what came of it; what it returns is handed on. It has to be picklable.
        needs: the keys of tasks that have to be done before; those that are none of the tasks are.
    """

    key: str
    do: Callable[[Advance], Any]
    needs: tuple[str, ...] = ()


def carried_out(
    tasks: Sequence[Task],
    *,
    jobs: int,
    begun: Callable[[Task], object] = lambda _: None,
    advanced: Callable[[Task], object] = lambda _: None,
) -> Generator[tuple[Task, Any]]:
    """Do every task, and yield each with what it returned as it finishes; with the same bits whatever `jobs` is.

    Args:
        tasks: those that others need first; begun in this order as far as that goes.
        jobs: how many processes; 1 works in this one.
        begun: called when a task begins.
        advanced: called for each unit of a task's work.

    Raises:
        ValueError: a worker process was ended from outside.
        Exception: what a task raised; those at work are stopped.
    """
    if jobs == 1 or len(tasks) <= 1:
        for task in tasks:
            begun(task)
            with one_thread():
                found = task.do(lambda task=task: advanced(task))  # type: ignore[misc]  # called before the next one
            yield task, found
    else:
        yield from _in_parallel(tasks, jobs, begun, advanced)


def _in_parallel(
    tasks: Sequence[Task], jobs: int, begun: Callable[[Task], object], advanced: Callable[[Task], object]
) -> Generator[tuple[Task, Any]]:
    every = {task.key: task for task in tasks}
    waiting, unfinished = dict(every), dict(every)
    at_work: dict[Future[Any], Task] = {}
    context = get_context("loky")
    reports, stop = context.Queue(), context.Event()
    shared = (reports, stop, os.getpid())
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), context=context, initializer=_initialise, initargs=shared)

    def report() -> None:
        while True:
            try:
                advanced(every[reports.get_nowait()])
            except queue.Empty:
                return

    try:
        with warnings.catch_warnings():
            # loky replaces a worker that has grown, as one does that loads torch, and says so.
            warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
            while unfinished:
                for task in _ready(waiting, unfinished, jobs - len(at_work)):
                    del waiting[task.key]
                    begun(task)
                    with _without_interrupts():  # workers inherit that: the parent stops them
                        at_work[pool.submit(_do, task)] = task
                done, _ = wait(at_work, POLL_SECONDS, FIRST_COMPLETED)
                report()
                for future in done:
                    task = at_work.pop(future)
                    found = future.result()
                    del unfinished[task.key]
                    yield task, found
        pool.shutdown()
    except BaseException as error:
        with _without_interrupts():
            stop.set()
            for worker in multiprocessing.active_children():
                worker.terminate()
            wait(at_work, CLEANING_SECONDS)
            pool.shutdown(kill_workers=True)
        if isinstance(error, BrokenProcessPool):
            raise ValueError(
                "a worker process was ended from outside, perhaps as memory ran out: the same command continues, with "
                "--jobs 1 in less memory"
            ) from None
        raise


def _ready(waiting: dict[str, Task], unfinished: dict[str, Task], most: int) -> list[Task]:
    found: list[Task] = []
    for task in waiting.values():
        if len(found) >= most:
            break
        if not any(need in unfinished for need in task.needs):
            found.append(task)
    return found


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep Ctrl-C for the end of the code inside; processes that it starts never see it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_shared: dict[str, Any] = {}
"""What a worker process got when it began."""


def _initialise(reports: Any, stop: Any, parent: int) -> None:
    # SystemExit, so that a file begun aside is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with_parent(parent)
    _shared.update(reports=reports, stop=stop)


def _do(task: Task) -> Any:
    def advance() -> None:
        if _shared["stop"].is_set():
            raise StoppedError
        _shared["reports"].put(task.key)

    with one_thread():
        return task.do(advance)
