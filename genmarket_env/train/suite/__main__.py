"""`python -m train.suite`: a leaderboard of learners on graded games with exact answers.

Every (instance, learner, seed) is a cell. Cells are computed in parallel and saved as they finish, so that the same
command, started again after a kill, computes only what is missing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from genmarket_env.about import About
from genmarket_env.command_line import asked, make_folder
from genmarket_env.command_line import run as run_command
from genmarket_env.runner.options import Running

from ..games import cells
from ..games.kept import game_store
from ..games.learners import LEARNERS, TUNED
from ..grid import compute
from ..libraries.registry import LEARNERS as libraries  # noqa: N811  # names of learners
from ..scalars import check_tensorboard, shown_live
from . import report
from .instances import SUITE
from .leaderboard import Leaderboard
from .make import FOUND
from .runs import BASELINE, FIGURES, PRESETS, SuiteQuestion, run


@dataclass(frozen=True)
class Arguments:
    """Let learners play the graded games of the suite, and hold them against the exact answers.

    Writes report.html, results.json, results.csv, table.md and gaps.svg into the output folder, and prints the
    leaderboard. Finished cells are kept in the folder's `cells` and are not computed again by the same command.
    """

    learner: Annotated[
        list[str],
        typer.Option(
            "-l", "--learner", metavar="NAME|MODULE:NAME",
            help=f"Any of {', '.join([*LEARNERS, *TUNED])}, where it takes the actions; of another library "
            f"{', '.join(libraries)}; or one of your own by a dotted path. By default all of ours.",
        ),
    ] = field(default_factory=list)  # fmt: skip
    instance: Annotated[
        list[str],
        typer.Option("-i", "--instance", metavar="ID", help="An instance, again for more; those of the preset else."),
    ] = field(default_factory=list)
    preset: Annotated[
        str,
        typer.Option(
            metavar="|".join(PRESETS),
            help="small: the first instance of each kind, two seeds, short runs; full: all, five seeds.",
        ),
    ] = "full"
    seeds: Annotated[int | None, typer.Option(help="How many seeds a learner, at least 1; the preset's else.")] = None
    seed: Annotated[int, typer.Option(help="The first seed, at least 0.")] = 0
    rounds: Annotated[int | None, typer.Option(help="How many rounds a run, at least 1; the preset's else.")] = None
    running: Running = field(default_factory=Running)
    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/suite")
    tensorboard: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write every run's figures there too, as scalars for TensorBoard."),
    ] = None
    save: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the policies at the end of every run go, a file each."),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        for name, value, least in (("seeds", self.seeds, 1), ("seed", self.seed, 0), ("rounds", self.rounds, 1)):
            if value is not None and value < least:
                raise ValueError(f"--{name} is {value}; it must be at least {least}")
        if self.seed + self.question.num_seeds > 2**32:
            raise ValueError(f"--seed {self.seed} goes beyond 2**32 - 1, the largest seed")

    @property
    def question(self) -> SuiteQuestion:
        """What is asked."""
        return SuiteQuestion(self.learner, self.instance, self.preset, self.seeds, self.seed, self.rounds)


def main(arguments: Arguments) -> Leaderboard:
    """Run every missing cell, then write the folder and print the leaderboard."""
    console = Console(stderr=True)
    question = arguments.question
    if not question.learners:
        raise ValueError(f"{BASELINE} play is the unit of all gaps, known of every instance: name another learner")
    runs = question.runs()
    if not runs:
        raise ValueError("none of these learners can play any of these instances: name others")
    if BASELINE in arguments.learner:
        console.print(f"{BASELINE}: the unit of all gaps; its own is 1 on every instance, and it has no row")
    check_tensorboard(arguments.tensorboard)
    if arguments.save is not None:
        make_folder(arguments.save, "--save")
    make_folder(arguments.out)
    recorded = frozenset[str]() if arguments.tensorboard is None else frozenset({"series"})
    store = game_store(arguments.out / "cells", FIGURES, recorded=recorded, policies=arguments.save)
    asked_for, runner = [cell for _, cell in runs], arguments.running.runner
    do, known = shown_live(
        partial(run, with_policies=arguments.save is not None, with_series=bool(recorded)),
        cells.run_name, arguments.tensorboard, runner,
    )  # fmt: skip
    results = compute(asked_for, store, do, is_long=cells.is_long, runner=runner, console=console, known=known)
    about = About(command=asked(), title=f"{SUITE} of genmarket_env", not_modelled=())
    found = [(one, cell, result) for (one, cell), result in zip(runs, results, strict=True)]
    board = Leaderboard(question.as_dict(), found, about)
    page = report.write(board, arguments.out)
    if arguments.json:
        import json

        typer.echo(json.dumps(board.summary(), indent=2, allow_nan=False))
    else:
        # A fixed width where nobody looks at a terminal: a log should not wrap the table.
        output = Console(width=None if sys.stdout.isatty() else 120)
        output.print(_shown(board))
    console.print(f"report: {page}", soft_wrap=True, highlight=False, markup=False)
    return board


def _shown(board: Leaderboard) -> Table:
    header, *rows = board.overall_table()
    seeds = board.arguments["seeds"]
    over = "1 seed" if seeds == 1 else f"{seeds} seeds"
    caption = (
        f"Mean gap over instances with its 95% bootstrap interval over {over}; 0 is exact, 1 as random play. An answer "
        f"is found where the interval of the instance's gap ends below {FOUND}."
    )
    count = len(board.instances)
    on = "1 instance" if count == 1 else f"{count} instances"
    table = Table(title=f"{SUITE}: learners on {on}", caption=caption)
    for at, title in enumerate(header):
        table.add_column(title, justify="right" if at else "left", no_wrap=not at)
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    run_command(Arguments, main)
