"""Tasks on several processes of this machine."""

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
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import get_context

from .packing import packed, unpacked
from .tasks import StoppedError, Task, done, ready
from .threads import end_with_parent, keep_one_thread

POLL_SECONDS = 0.1

CLEANING_SECONDS = 0.3
"""So long tasks that are stopped may take to remove what they have begun to write."""


def carried_out(
    tasks: Sequence[Task],
    jobs: int,
    shared: Sequence[object],
    begun: Callable[[Task], object],
    advanced: Callable[[Task], object],
) -> Generator[tuple[Task, Any]]:
    """As `Runner.carried_out`, by so many processes.

    Raises:
        ValueError: a worker process was ended from outside.
        Exception: what a task raised; those at work are stopped.
    """
    every = {task.key: task for task in tasks}
    waiting, unfinished = dict(every), dict(every)
    at_work: dict[Future[Any], Task] = {}
    context = get_context("loky")
    reports, stop = context.Queue(), context.Event()
    initial = (reports, stop, os.getpid(), [packed(each, ()) for each in shared])
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), context=context, initializer=_initialise, initargs=initial)

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
                for task in ready(waiting, unfinished, jobs - len(at_work)):
                    del waiting[task.key]
                    begun(task)
                    with _without_interrupts():  # workers inherit that: the parent stops them
                        at_work[pool.submit(_do, task.key, packed(task, shared))] = task
                finished, _ = wait(at_work, POLL_SECONDS, FIRST_COMPLETED)
                report()
                for future in finished:
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


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep Ctrl-C for the end of the code inside; processes that it starts never see it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_worker: dict[str, Any] = {}
"""What a worker process got when it began."""


def _initialise(reports: Any, stop: Any, parent: int, shared: list[bytes]) -> None:
    # SystemExit, so that a file begun aside is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with_parent(parent)
    keep_one_thread()
    _worker.update(reports=reports, stop=stop, packed=shared, unpacked={})


def _shared(place: int) -> object:
    if place not in _worker["unpacked"]:
        _worker["unpacked"][place] = unpacked(_worker["packed"][place], _shared)
        _worker["packed"][place] = b""
    return _worker["unpacked"][place]


def _do(key: str, content: bytes) -> Any:
    def advance() -> None:
        if _worker["stop"].is_set():
            raise StoppedError
        _worker["reports"].put(key)

    return done(unpacked(content, _shared), advance)
