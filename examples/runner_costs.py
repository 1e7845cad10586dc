"""What the runner costs: seconds until the first part is there, seconds a part beside its work, parts a second.

    python -m examples.runner_costs

Prints the table of docs/scale.md, ready to paste, how the rates grow, and how busy the machine was, which decides the
figures: one to three minutes. A Ray of this machine is started and ended for each number of workers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
import typer

from genmarket_env import MarketGame, markets
from genmarket_env.runner import Runner, Task
from genmarket_env.train import learners
from genmarket_env.train.cells import Cell

PART_SECONDS = 0.05
EMPTY, WORKING = 200, 20
REPEATS = 5

CELLS, WARMING = 200, 8
LEARNER, ROUNDS, MARKET, PLATFORMS = "hedge", 200, "livebench-2026-06", 3


@dataclass(frozen=True)
class Cost:
    """What one engine costs.

    Attributes:
        engine: its name, or that this process works alone.
        workers: how many.
        start: seconds until the first part is there.
        overhead: seconds from one empty part to the next.
        rate: parts of `PART_SECONDS` of work a second.
        cells: cells of a comparison a second.
    """

    engine: str
    workers: int
    start: float
    overhead: float
    rate: float
    cells: float


def work(seconds: float, _: object) -> None:
    """Use the processor for so many seconds of its own time."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        np.arange(1000.0).sum()


def learned(cell: Cell, _: object) -> object:
    """The result of a cell of a comparison."""
    return learners.run(cell)


def spacing(runner: Runner, tasks: Sequence[Task], shared: Sequence[object] = ()) -> tuple[float, float]:
    """Seconds until the first part is there, and from one to the next behind it."""
    began = time.perf_counter()
    with closing(runner.carried_out(tasks, shared=shared)) as carried:
        next(carried)
        first = last = time.perf_counter()
        for _ in carried:
            last = time.perf_counter()
    return first - began, (last - first) / (len(tasks) - 1)


def working(number: int, seconds: float) -> list[Task]:
    """So many parts of so many seconds of work."""
    return [Task(str(place), partial(work, seconds)) for place in range(number)]


def cells_of(game: MarketGame, number: int) -> list[Task]:
    """So many cells of a comparison on a game, one a seed."""
    cells = [Cell(game, LEARNER, seed, ROUNDS) for seed in range(number)]
    return [Task(cell.key(), partial(learned, cell)) for cell in cells]


def cost(
    runner: Runner, *, empty: int = EMPTY, busy: int = WORKING, repeats: int = REPEATS, cells: int = CELLS
) -> Cost:
    """The cost of a runner: the start as it is for a command, parts the least of so many rounds, cells once."""
    with runner:
        start, _ = spacing(runner, working(2, 0.0))
        # As everything is there for a second job of the same runner, what is left is between the parts.
        overhead = min(spacing(runner, working(empty, 0.0))[1] for _ in range(repeats))
        rate = 1 / min(spacing(runner, working(busy, PART_SECONDS))[1] for _ in range(repeats))
        game = MarketGame(markets.load(MARKET), PLATFORMS)
        spacing(runner, cells_of(game, WARMING), [game])  # every worker imports and loads what cells need
        found = 1 / spacing(runner, cells_of(game, cells), [game])[1]
    where = "this process" if runner.engine == "processes" and runner.workers == 1 else runner.engine
    return Cost(where, runner.workers or 1, start, overhead, rate, found)


def table(costs: Sequence[Cost]) -> str:
    """As Markdown."""
    titles = ("start", "beside the work, a part", "parts of 50 ms a second", "cells of a comparison a second")
    rows = [
        f"| engine, workers | {' | '.join(titles)} |",
        f"|---|{'---:|' * len(titles)}",
        *(
            f"| {one.engine}, {one.workers} | {one.start:.1f} s | {1000 * one.overhead:.2f} ms | {one.rate:.1f} | "
            f"{one.cells:.1f} |"
            for one in costs
        ),
    ]
    return "\n".join(rows)


def growth(costs: Sequence[Cost]) -> str:
    """By how much the rates of two workers are above those of one, a line an engine."""
    lines = []
    for one, two in zip(costs[::2], costs[1::2], strict=True):
        parts, cells = two.rate / one.rate, two.cells / one.cells
        lines.append(
            f"Two workers of {two.engine} do {parts:.2f} times the parts of one, and {cells:.2f} times the cells."
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    import ray

    waiting = os.getloadavg()[0]
    costs = [cost(Runner(jobs=1)), cost(Runner(jobs=2))]
    for workers in (1, 2):
        costs.append(cost(Runner("ray", workers)))
        ray.shutdown()
    typer.echo(table(costs))
    typer.echo(f"\n{growth(costs)}\nOn {os.cpu_count()} cores, for which {waiting:.1f} processes waited as it began.")


if __name__ == "__main__":
    main()
