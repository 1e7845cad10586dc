"""`python -m train.compare`: learners against theory on one market, for one or more numbers of platforms.

Every (platforms, learner, seed) is a cell. Cells are computed in parallel and saved as they finish, so that the
same command, started again after a kill, computes only what is missing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from genmarket_env import ChoiceRule, HardMax, Logit, Market, markets
from genmarket_env.about import About, masses_in_words
from genmarket_env.command_line import asked, make_folder, run, warnings_as_notes
from genmarket_env.game import checked_platforms

from . import learners, report, theory
from .cells import FIGURES, Cell
from .grid import compute
from .summary import Comparison, summarise, table
from .sweep.store import cell_store


@dataclass(frozen=True)
class Arguments:
    """Compare learners with theory: what platforms deploy, and how far from equilibrium play ends.

    Writes results.json, results.csv, report.html and the figures as SVG into the output folder, and prints one
    table. Finished cells are kept in the folder's `cells` and are not computed again by the same command.
    """

    market: Annotated[str, typer.Option(help="A market of the catalogue, or a file of scores.")] = "livebench-2026-06"
    masses: Annotated[
        str | None, typer.Option(help="The mass scheme of a market that has several, for example uniform.")
    ] = None
    platforms: Annotated[
        list[int], typer.Option("-n", "--platforms", help="How many platforms; give it again for more markets.")
    ] = field(default_factory=lambda: [2, 3])
    learner: Annotated[
        list[str], typer.Option("-l", "--learner", help=f"Any of {', '.join(learners.names())}; all by default.")
    ] = field(default_factory=learners.names)
    seeds: Annotated[int, typer.Option(help="How many seeds a learner, at least 1.")] = 10
    seed: Annotated[int, typer.Option(help="The first seed, at least 0.")] = 0
    rounds: Annotated[int, typer.Option(help="How many rounds a run, at least 1.")] = 2000
    temperature: Annotated[
        float | None, typer.Option(help="Users choose by Logit with this temperature; by HardMax without it.")
    ] = None
    jobs: Annotated[int, typer.Option(help="How many processes; -1 for one a core.")] = -1
    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/compare")
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        for name in self.learner:
            if name not in learners.names():
                raise ValueError(f"no learner is called {name!r}; the learners are: {', '.join(learners.names())}")
        for count in self.platforms:
            checked_platforms(count)
        for name, value, least in (("seeds", self.seeds, 1), ("seed", self.seed, 0), ("rounds", self.rounds, 1)):
            if value < least:
                raise ValueError(f"--{name} is {value}; it must be at least {least}")
        if self.jobs == 0 or self.jobs < -1:
            raise ValueError(f"--jobs is {self.jobs}; give at least 1, or -1 for one process a core")

        if self.seed + self.seeds > 2**32:
            raise ValueError(f"--seed {self.seed} with --seeds {self.seeds} goes beyond 2**32 - 1, the largest seed")

    def as_dict(self) -> dict[str, Any]:
        """The arguments that results depend on, as plain data."""
        names = ("market", "masses", "platforms", "learner", "seeds", "seed", "rounds", "temperature")
        return {name: getattr(self, name) for name in names}

    def choice(self) -> ChoiceRule:
        """The users' choice rule."""
        return HardMax() if self.temperature is None else Logit(self.temperature)

    def load(self) -> Market:
        """The market."""
        return markets.load(self.market, **self._options())

    def about(self) -> About:
        """What stands beside the results."""
        entry = markets.describe(self.market, **self._options())
        name = Path(self.market).stem if markets.files.is_path(self.market) else self.market
        return About.of_entry(entry, command=asked(), market=name, masses=masses_in_words(entry, self.masses))

    def _options(self) -> dict[str, str]:
        return {} if self.masses is None else {"masses": self.masses}


def main(arguments: Arguments) -> Comparison:
    """Run a comparison: theory, then every missing cell, then the table and the report."""
    console = Console(stderr=True)
    choice = arguments.choice()
    with warnings_as_notes():
        market, about = arguments.load(), arguments.about()
    make_folder(arguments.out)
    with console.status("solving") as status:
        answers = []
        for count in dict.fromkeys(arguments.platforms):
            status.update(f"solving the market with {count} platforms")
            answers.append(theory.solve(market, count, choice))
    cells = [
        Cell(market, choice, answer.num_platforms, learner, arguments.seed + number, arguments.rounds)
        for answer in answers
        for learner in dict.fromkeys(arguments.learner)
        for number in range(arguments.seeds)
    ]
    store = cell_store(arguments.out / "cells", FIGURES)
    results = compute(cells, store, learners.run, is_long=learners.is_long, jobs=arguments.jobs, console=console)
    comparison = summarise(market, arguments.as_dict(), choice, answers, list(zip(cells, results, strict=True)), about)
    pages = report.write(comparison, arguments.out)
    if arguments.json:
        typer.echo(comparison.summary_json())
    else:
        # A fixed width where nobody looks at a terminal: a log should not wrap the table.
        output = Console(width=None if sys.stdout.isatty() else 180)
        output.print(table(comparison, output.width))
    console.print(f"report: {pages}", soft_wrap=True, highlight=False, markup=False)
    return comparison


if __name__ == "__main__":
    run(Arguments, main)
