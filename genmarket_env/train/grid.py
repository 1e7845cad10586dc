"""Many cells at once: in parallel, with a progress bar, each saved as it finishes."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import joblib
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .cells import CellStore, Keyed, UnusableError
from .workers import end_with_parent, one_thread

AnyCell = TypeVar("AnyCell", bound=Keyed)


def compute(
    cells: Sequence[AnyCell],
    store: CellStore,
    run: Callable[[AnyCell], dict[str, Any]],
    *,
    is_long: Callable[[AnyCell], bool],
    jobs: int,
    console: Console,
) -> list[dict[str, Any]]:
    """The result `run(cell)` of every cell, in order; those not in the store are computed, in parallel, and saved.

    Where the store has a cell that cannot be believed, one line says so and why.
    """
    results, reasons = _loaded(cells, store)
    if reasons:
        why = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        console.print(
            f"{reasons.total()} of {len(cells)} cells are kept but not used, and computed again: {why}",
            soft_wrap=True, highlight=False, markup=False,
        )  # fmt: skip
    missing = [index for index, result in enumerate(results) if result is None]
    # The long ones first, so that no process is left alone with one at the end.
    missing.sort(key=lambda index: not is_long(cells[index]))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console) as progress:
        kept = len(cells) - len(missing)
        label = f"learning ({kept} of {len(cells)} done before)" if kept else "learning"
        done = progress.add_task(label, total=len(cells), completed=kept)
        with warnings.catch_warnings():
            # joblib replaces a worker that has grown, as one does that loads torch, and says so.
            warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
            for index, result in _in_parallel(cells, missing, store, run, jobs):
                results[index] = result
                progress.advance(done)
    return [result for result in results if result is not None]


def _loaded(cells: Sequence[AnyCell], store: CellStore) -> tuple[list[dict[str, Any] | None], Counter[str]]:
    results: list[dict[str, Any] | None] = []
    reasons: Counter[str] = Counter()
    for cell in cells:
        try:
            results.append(store.load(cell))
        except UnusableError as error:
            results.append(None)
            reasons[str(error)] += 1
    return results, reasons


def _in_parallel(
    cells: Sequence[AnyCell],
    missing: Sequence[int],
    store: CellStore,
    run: Callable[[AnyCell], dict[str, Any]],
    jobs: int,
) -> Iterator[tuple[int, dict[str, Any]]]:
    if jobs == 1 or len(missing) <= 1:
        yield from (_compute_one(index, cells[index], store, run, None) for index in missing)
    else:
        tasks = (joblib.delayed(_compute_one)(index, cells[index], store, run, os.getpid()) for index in missing)
        yield from joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)


def _compute_one(
    index: int, cell: AnyCell, store: CellStore, run: Callable[[AnyCell], dict[str, Any]], parent: int | None
) -> tuple[int, dict[str, Any]]:
    if parent is not None:
        end_with_parent(parent)
    with one_thread():
        result = run(cell)
    store.save(cell, result)
    return index, result
