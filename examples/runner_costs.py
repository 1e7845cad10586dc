"""What the runner costs: seconds until the first cell is there, seconds a cell beside its work, cells a second.

    python -m examples.runner_costs

Prints the table of docs/scale.md. A Ray of this machine is started and ended for each number of workers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
import typer

from genmarket_env.runner import Runner, Task

CELL_SECONDS = 0.05
EMPTY, WORKING = 200, 20
REPEATS = 8


@dataclass(frozen=True)
class Cost:
    """What one engine costs.

    Attributes:
        engine: with how many workers.
        start: seconds until the first cell is there.
        overhead: seconds from one empty cell to the next.
        rate: cells of `CELL_SECONDS` of work a second.
    """

    engine: str
    start: float
    overhead: float
    rate: float


def work(seconds: float, _: object) -> None:
    """Use the processor for so many seconds of its own time."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        np.arange(1000.0).sum()


def spacing(runner: Runner, cells: int, seconds: float) -> tuple[float, float]:
    """Seconds until the first cell is there, and from one to the next behind it."""
    tasks = [Task(str(number), partial(work, seconds)) for number in range(cells)]
    began = time.perf_counter()
    with closing(runner.carried_out(tasks)) as carried:
        next(carried)
        first = time.perf_counter()
        for _ in carried:
            last = time.perf_counter()
    return first - began, (last - first) / (cells - 1)


def cost(runner: Runner, *, empty: int = EMPTY, working: int = WORKING, repeats: int = REPEATS) -> Cost:
    """The cost of a runner: the start as it is for a command, the others the least of so many rounds."""
    start, _ = spacing(runner, 2, 0.0)
    # As everything is there for a second job of the same process, what is left is between the cells.
    overhead = min(spacing(runner, empty, 0.0)[1] for _ in range(repeats))
    rate = 1 / min(spacing(runner, working, CELL_SECONDS)[1] for _ in range(repeats))
    where = "this process" if runner.engine == "processes" and runner.workers == 1 else runner.engine
    return Cost(f"{where}, {runner.workers}", start, overhead, rate)


def table(costs: Sequence[Cost]) -> str:
    """As Markdown."""
    rows = [
        "| engine, workers | start | beside the work, a cell | cells of 50 ms a second |",
        "|---|---:|---:|---:|",
        *(f"| {one.engine} | {one.start:.1f} s | {1000 * one.overhead:.2f} ms | {one.rate:.1f} |" for one in costs),
    ]
    return "\n".join(rows)


def main() -> None:
    """Measure and print."""
    import ray

    costs = [cost(Runner(jobs=1)), cost(Runner(jobs=2))]
    for workers in (1, 2):
        costs.append(cost(Runner("ray", workers)))
        ray.shutdown()
    typer.echo(table(costs))


if __name__ == "__main__":
    main()
