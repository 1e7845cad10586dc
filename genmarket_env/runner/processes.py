"""Processes of this machine that carry tasks, job after job."""

from __future__ import annotations

import os
import queue
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import get_context

from .packing import packed, unpacked
from .tasks import StoppedError, Task, done, ready
from .threads import end_with_parent, keep_one_thread

POLL_SECONDS = 0.1

CLEANING_SECONDS = 0.3
"""So long tasks that are stopped may take to remove what they have begun to write."""


class Workers:
    """Processes that wait for jobs, one at a time, until they are closed, lost or the last reference to them is gone.

    Args:
        number: how many.
    """

    def __init__(self, number: int) -> None:
        context = get_context("loky")
        self.number = number
        self._parent = os.getpid()
        self._reports, self._stop = context.Queue(), context.Event()
        initial = (self._reports, self._stop, self._parent)
        self._pool = ProcessPoolExecutor(number, context=context, initializer=_initialise, initargs=initial)

    @property
    def are_there(self) -> bool:
        """Whether all of them wait for this process: one that was ended from outside takes the others with it."""
        return (
            self._parent == os.getpid()
            and self._pool._flags.broken is None
            and all(worker.is_alive() for worker in [*self._pool._processes.values()])
        )

    def carried_out(
        self,
        tasks: Sequence[Task],
        jobs: int,
        shared: Sequence[object],
        begun: Callable[[Task], object],
        advanced: Callable[[Task], object],
    ) -> Generator[tuple[Task, Any]]:
        """As `Runner.carried_out`, at most so many at once; where that ends early, the workers are ended too.

        Raises:
            ValueError: a worker process was ended from outside.
            Exception: what a task raised; those at work are stopped.
        """
        every = {task.key: task for task in tasks}
        waiting, unfinished = dict(every), dict(every)
        at_work: dict[Future[tuple[bool, Any]], tuple[Task, bytes]] = {}
        job, large = uuid4().hex, [packed(each, ()) for each in shared]

        def submit(task: Task, content: bytes, parts: Sequence[bytes] | None) -> None:
            with _without_interrupts():  # workers inherit that: the parent stops them
                at_work[self._pool.submit(_do, job, task.key, content, parts)] = task, content

        def report() -> None:
            while True:
                try:
                    of, key = self._reports.get_nowait()
                except queue.Empty:
                    return
                if of == job:  # and not a late one of the job before
                    advanced(every[key])

        try:
            with warnings.catch_warnings():
                # loky replaces a worker that has grown, as one does that loads torch, and says so.
                warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
                while unfinished:
                    for task in ready(waiting, unfinished, jobs - len(at_work)):
                        del waiting[task.key]
                        begun(task)
                        submit(task, packed(task, shared), None if large else ())
                    finished, _ = wait(at_work, POLL_SECONDS, FIRST_COMPLETED)
                    report()
                    for future in finished:
                        task, content = at_work.pop(future)
                        lacks, found = future.result()
                        if lacks:
                            submit(task, content, large)
                            continue
                        del unfinished[task.key]
                        yield task, found
        except BaseException as error:
            self._end(at_work)
            if isinstance(error, BrokenProcessPool):
                raise ValueError(
                    "a worker process was ended from outside, perhaps as memory ran out: the same command continues, "
                    "with --jobs 1 in less memory"
                ) from None
            raise

    def close(self) -> None:
        """Let them end, and wait until they have."""
        if self._parent == os.getpid():
            self._pool.shutdown()

    def _end(self, at_work: Iterable[Future[Any]]) -> None:
        with _without_interrupts():
            self._stop.set()
            for worker in [*self._pool._processes.values()]:
                worker.terminate()
            wait(at_work, CLEANING_SECONDS)
            self._pool.shutdown(kill_workers=True)


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


def _initialise(reports: Any, stop: Any, parent: int) -> None:
    # SystemExit, so that a file begun aside is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with_parent(parent)
    keep_one_thread()
    _worker.update(reports=reports, stop=stop, job="")


def _shared(place: int) -> object:
    if place not in _worker["unpacked"]:
        _worker["unpacked"][place] = unpacked(_worker["packed"][place], _shared)
        _worker["packed"][place] = b""
    return _worker["unpacked"][place]


def _do(job: str, key: str, content: bytes, shared: Sequence[bytes] | None) -> tuple[bool, Any]:
    """Whether this worker lacks what the tasks of the job share, and else what the task returns."""
    if _worker["job"] != job:
        if shared is None:
            return True, None
        _worker.update(job=job, packed=list(shared), unpacked={})

    def advance() -> None:
        if _worker["stop"].is_set():
            raise StoppedError
        _worker["reports"].put((job, key))

    return False, done(unpacked(content, _shared), advance)
