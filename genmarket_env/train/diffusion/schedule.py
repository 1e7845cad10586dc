"""Steps in the order of what they need, with a progress bar for each step at work."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from genmarket_env.runner import Advance, Runner, Task

from .store import Step, Store


def run_all(steps: Sequence[Step], store: Store, *, runner: Runner, console: Console) -> None:
    """Finish every step and whatever it needs.

    Args:
        steps: in any order.
        store: where they are kept; what is there is not computed again.
        runner: carries the work; on Ray every node has to see the store's folder. The results are the same bits.
        console: shows the bars.

    Raises:
        ValueError: a step failed; those at work are stopped, finished ones are kept. Or a node of a cluster has
            another folder.
    """
    every = {step.key(): step for step in _in_order(steps)}
    missing = {key: step for key, step in every.items() if not store.has(step)}
    reasons = [reason for reason in map(store.made_by_other_versions, missing.values()) if reason]
    if reasons:
        line = f"{len(reasons)} kept steps were made by other versions and are made again: {reasons[0]}"
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        total = progress.add_task("steps", total=len(every), completed=len(every) - len(missing))
        bars: dict[str, TaskID] = {}

        def begun(task: Task) -> None:
            bars[task.key] = progress.add_task(every[task.key].name, total=every[task.key].work)

        def advanced(task: Task) -> None:
            progress.advance(bars[task.key])

        tasks = [_task(step, store) for step in missing.values()]
        with closing(runner.carried_out(tasks, begun=begun, advanced=advanced)) as finished:
            for task, _ in finished:
                if not store.has(every[task.key]):
                    raise ValueError(
                        f"{every[task.key].name} is finished and not in {store.folder}: on a cluster --out has to be a "
                        f"folder that every node shares"
                    )
                progress.update(bars[task.key], visible=False)
                progress.advance(total)
                progress.console.print(f"{every[task.key].name}: done", highlight=False, markup=False)


def _in_order(steps: Iterable[Step]) -> list[Step]:
    """Every step and what it needs, once, those that are needed first."""
    found: dict[str, Step] = {}
    for step in steps:
        for needed in _in_order(_needs(step)):
            found.setdefault(needed.key(), needed)
        found.setdefault(step.key(), step)
    return list(found.values())


def _needs(step: Step) -> Iterator[Step]:
    """The steps in the fields of a step."""
    for field in dataclasses.fields(step):
        value = getattr(step, field.name)
        yield from (item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Step))


def _task(step: Step, store: Store) -> Task:
    needs = tuple(needed.key() for needed in _needs(step))
    return Task(step.key(), partial(_finish, step, store), needs, step.name)


def _finish(step: Step, store: Store, advance: Advance) -> None:
    store.result(step, advance)
