"""Many cells at once: in parallel, with a progress bar, each saved as it finishes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from genmarket_env.runner import Advance, Runner, Task

from .sweep.store import Part, Store, UnusableError

AnyCell = TypeVar("AnyCell", bound=Part)

Found = dict[str, Any]
"""The result of a cell."""


def compute(
    cells: Sequence[AnyCell],
    store: Store[Found],
    run: Callable[[AnyCell], Found],
    *,
    is_long: Callable[[AnyCell], bool],
    runner: Runner,
    console: Console,
    shared: Sequence[object] = (),
    known: Callable[[AnyCell, Found, bool], object] = lambda *_: None,
) -> list[Found]:
    """The result `run(cell)` of every cell, in order; those not in the store are computed, in parallel, and saved here.

    Where the store has a cell that cannot be believed, one line says so and why.

    Args:
        cells: what is asked for.
        store: of finished cells.
        run: computes one; picklable where the runner has more than one worker.
        is_long: whether a cell takes much longer than most.
        runner: carries the work.
        console: shows the bar.
        shared: what many cells hold and travels to a worker once.
        known: is called with every result as soon as there is one, and whether it was kept from before.
    """
    results, reasons = _loaded(cells, store)
    if reasons:
        why = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        console.print(
            f"{reasons.total()} of {len(cells)} cells are kept but not used, and computed again: {why}",
            soft_wrap=True, highlight=False, markup=False,
        )  # fmt: skip
    for cell, result in zip(cells, results, strict=True):
        if result is not None:
            known(cell, result, True)
    missing = [cell for cell, result in zip(cells, results, strict=True) if result is None]
    # The long ones first, so that no process is left alone with one at the end.
    missing.sort(key=lambda cell: not is_long(cell))
    of_key = {cell.key(): cell for cell in missing}
    tasks = [Task(key, partial(_compute_one, cell, run), name=f"cell {key}") for key, cell in of_key.items()]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console) as progress:
        kept = len(cells) - len(missing)
        label = f"learning ({kept} of {len(cells)} done before)" if kept else "learning"
        done = progress.add_task(label, total=kept + len(tasks), completed=kept)
        computed = {}
        with closing(runner.carried_out(tasks, shared=shared)) as finished:
            for task, result in finished:
                store.save(of_key[task.key], result)
                computed[task.key] = result
                known(of_key[task.key], result, False)
                progress.advance(done)
    return [computed[cell.key()] if result is None else result for cell, result in zip(cells, results, strict=True)]


def _loaded(cells: Sequence[AnyCell], store: Store[Found]) -> tuple[list[Found | None], Counter[str]]:
    results: list[Found | None] = []
    reasons: Counter[str] = Counter()
    for cell in cells:
        try:
            results.append(store.load(cell))
        except UnusableError as error:
            results.append(None)
            reasons[str(error)] += 1
    return results, reasons


def _compute_one(cell: AnyCell, run: Callable[[AnyCell], Found], advance: Advance) -> Found:
    result = run(cell)
    advance()
    return result
