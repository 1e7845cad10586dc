"""Steps in the order of what they need, several processes at a time, with a progress bar for each step at work."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import queue
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ..workers import end_with_parent, one_thread
from .store import Step, Store

POLL_SECONDS = 0.1


class StoppedError(Exception):
    """Another step has failed, or the command was interrupted."""


def run_all(steps: Sequence[Step], store: Store, *, jobs: int, console: Console) -> None:
    """Finish every step and whatever it needs.

    Args:
        steps: in any order.
        store: where they are kept; what is there is not computed again.
        jobs: how many processes; 1 computes in this one. The results are the same bits.
        console: shows the bars.

    Raises:
        ValueError: a step failed; those at work are stopped, finished ones are kept.
    """
    missing = [step for step in _in_order(steps) if not store.has(step)]
    reasons = [reason for reason in map(store.made_by_other_versions, missing) if reason]
    if reasons:
        line = f"{len(reasons)} kept steps were made by other versions and are made again: {reasons[0]}"
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        every = len(_in_order(steps))
        total = progress.add_task("steps", total=every, completed=every - len(missing))
        if jobs == 1 or len(missing) <= 1:
            _one_by_one(missing, store, progress, total)
        else:
            _in_parallel(missing, store, jobs, progress, total)


def _in_order(steps: Iterable[Step]) -> list[Step]:
    """Every step and what it needs, once, those that are needed first."""
    found: dict[str, Step] = {}
    for step in steps:
        for needed in _in_order(_needs(step)):
            found.setdefault(needed.key, needed)
        found.setdefault(step.key, step)
    return list(found.values())


def _needs(step: Step) -> Iterator[Step]:
    """The steps in the fields of a step."""
    for field in dataclasses.fields(step):
        value = getattr(step, field.name)
        yield from (item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Step))


def _one_by_one(steps: Sequence[Step], store: Store, progress: Progress, total: TaskID) -> None:
    for step in steps:
        bar = progress.add_task(step.name, total=step.work)
        with one_thread():
            store.result(step, lambda bar=bar: progress.advance(bar))  # type: ignore[misc]  # bound at once
        _finish(step, progress, bar, total)


def _in_parallel(steps: Sequence[Step], store: Store, jobs: int, progress: Progress, total: TaskID) -> None:
    context = multiprocessing.get_context("spawn")
    reports, stop = context.Queue(), context.Event()
    pool = ProcessPoolExecutor(jobs, context, _initialise, (reports, stop, os.getpid()))
    waiting = {step.key: step for step in steps}
    at_work: dict[Future[None], tuple[Step, TaskID]] = {}
    bars: dict[str, TaskID] = {}
    try:
        while waiting or at_work:
            for step in [step for step in waiting.values() if len(at_work) < jobs and _is_ready(step, store)]:
                if len(at_work) == jobs:
                    break
                del waiting[step.key]
                bars[step.key] = progress.add_task(step.name, total=step.work)
                with _without_interrupts():  # workers inherit that: the parent stops them
                    at_work[pool.submit(_compute, step, store)] = (step, bars[step.key])
            done, _ = wait(at_work, POLL_SECONDS, FIRST_COMPLETED)
            _show(reports, progress, bars)
            for future in done:
                step, bar = at_work.pop(future)
                future.result()
                _finish(step, progress, bar, total)
        pool.shutdown()
    except BaseException as error:
        with _without_interrupts():
            stop.set()
            for worker in multiprocessing.active_children():
                worker.terminate()
            pool.shutdown(cancel_futures=True)
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


def _is_ready(step: Step, store: Store) -> bool:
    return all(store.has(needed) for needed in _needs(step))


def _show(reports: Any, progress: Progress, bars: dict[str, TaskID]) -> None:
    while True:
        try:
            progress.advance(bars[reports.get_nowait()])
        except queue.Empty:
            return


def _finish(step: Step, progress: Progress, bar: TaskID, total: TaskID) -> None:
    progress.update(bar, visible=False)
    progress.advance(total)
    progress.console.print(f"{step.name}: done", highlight=False, markup=False)


_shared: dict[str, Any] = {}
"""What a worker process got when it began."""


def _initialise(reports: Any, stop: Any, parent: int) -> None:
    # SystemExit, so that a file begun aside is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with_parent(parent)
    _shared.update(reports=reports, stop=stop)


def _compute(step: Step, store: Store) -> None:
    def advance() -> None:
        if _shared["stop"].is_set():
            raise StoppedError
        _shared["reports"].put(step.key)

    with one_thread():
        store.result(step, advance)
