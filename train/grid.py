"""Many cells at once: in parallel, with a progress bar, each saved as it finishes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import joblib
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from . import learners
from .cells import Cell, CellStore


def compute(cells: Sequence[Cell], store: CellStore, *, jobs: int, console: Console) -> list[dict[str, Any]]:
    """The result of every cell, in order; those not in the store are computed, in parallel, and saved."""
    results = [store.load(cell) for cell in cells]
    missing = [index for index, result in enumerate(results) if result is None]
    # The long ones first, so that no process is left alone with one at the end.
    missing.sort(key=lambda index: cells[index].learner not in learners.PPO_SHARING)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console) as progress:
        done = progress.add_task("learning", total=len(cells), completed=len(cells) - len(missing))
        for index, result in _in_parallel(cells, missing, store, jobs):
            results[index] = result
            progress.advance(done)
    return [result for result in results if result is not None]


def _in_parallel(
    cells: Sequence[Cell], missing: Sequence[int], store: CellStore, jobs: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    tasks = (joblib.delayed(_compute_one)(index, cells[index], store) for index in missing)
    if jobs == 1 or len(missing) <= 1:
        yield from (function(*args) for function, args, _ in tasks)
    else:
        yield from joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)


def _compute_one(index: int, cell: Cell, store: CellStore) -> tuple[int, dict[str, Any]]:
    result = learners.run(cell)
    store.save(cell, result)
    return index, result
