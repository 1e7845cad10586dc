"""`python -m train.compare_entry`: schemes of entry, references and learners on a real and on drawn markets.

Every (market, method, seed) is a cell. Cells are computed in parallel and saved as they finish, so that the same
command, started again after a kill, computes only what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from genmarket_env import ChoiceRule, HardMax, Logit, Market, MarketGame, markets
from genmarket_env.about import About, masses_in_words
from genmarket_env.command_line import asked as command
from genmarket_env.command_line import make_folder, run, warnings_as_notes
from genmarket_env.entry import technologies
from genmarket_env.entry.schemes import DETERMINISTIC
from genmarket_env.entry.search import MAX_GRID
from genmarket_env.game import checked_platforms
from genmarket_env.markets.paper import synthetic_markets
from genmarket_env.runner.options import Running

from .entry import cells, report
from .entry.cells import EntryCell, methods
from .entry.summary import EntryComparison, summarise, table
from .grid import compute
from .shown import show
from .sweep.store import cell_store


@dataclass(frozen=True)
class Arguments:
    """Compare schemes of entry, references and learners: what each releases, and what it then serves.

    Writes results.json, results.csv, table.md, report.html and a figure into the output folder, and prints one table.
    Finished cells are kept in the folder's `cells` and are not computed again by the same command.
    """

    market: Annotated[str, typer.Option(help="A market of the catalogue, or a file.")] = "livebench-2026-06"
    technology: Annotated[
        str, typer.Option(help=f"What can be made in that market: one of {', '.join(technologies.names())}.")
    ] = "data-mixture"
    drawn: Annotated[int, typer.Option(help="How many synthetic markets are drawn; 0 for none.")] = 100
    drawn_technology: Annotated[str, typer.Option(help="What can be made in those.")] = "radial-bumps"
    platforms: Annotated[int, typer.Option("-n", "--platforms", help="How many platforms.")] = 3
    method: Annotated[
        list[str], typer.Option("-m", "--method", help=f"Any of {', '.join(methods())}; all by default.")
    ] = field(default_factory=methods)
    seeds: Annotated[int, typer.Option(help="How many seeds on the first market; on a drawn one there is one.")] = 10
    seed: Annotated[int, typer.Option(help="The first seed, and that of the drawn markets, at least 0.")] = 0
    releases: Annotated[int, typer.Option(help="How many releases a learner tries, at least 1.")] = 500
    search: Annotated[int, typer.Option(help="How many releases the global search tries, at least 1.")] = 2000
    temperature: Annotated[
        float | None, typer.Option(help="Users choose by Logit with this temperature; by HardMax without it.")
    ] = None
    running: Running = field(default_factory=Running)
    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/compare-entry")
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        for name in self.method:
            if name not in methods():
                raise ValueError(f"no method is called {name!r}; the methods are: {', '.join(methods())}")
        for name in (self.technology, self.drawn_technology):
            if name not in technologies.names():
                raise ValueError(f"unknown technology {name!r}; known are {', '.join(technologies.names())}")
        checked_platforms(self.platforms)
        least = {"drawn": 0, "seeds": 1, "seed": 0, "releases": 1, "search": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ValueError(f"--{name} is {getattr(self, name)}; it must be at least {low}")
        if self.seed + self.seeds > 2**32:
            raise ValueError(f"--seed {self.seed} with --seeds {self.seeds} goes beyond 2**32 - 1, the largest seed")

    def as_dict(self) -> dict[str, Any]:
        """The arguments that results depend on, as plain data."""
        left_out = ("running", "out", "json")
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def choice(self) -> ChoiceRule:
        """The users' choice rule."""
        return HardMax() if self.temperature is None else Logit(self.temperature)

    def about(self) -> About:
        """What stands beside the results."""
        entry = markets.describe(self.market)
        name = Path(self.market).stem if markets.files.is_path(self.market) else self.market
        return About.of_entry(entry, command=command(), market=name, masses=masses_in_words(entry, None))

    def cells(self) -> Iterator[EntryCell]:
        """Every cell: the seeds on the first market, then one seed on each drawn market."""
        with warnings_as_notes():
            market = markets.load(self.market)
        for seed in range(self.seed, self.seed + self.seeds):
            yield from self._cells(self.market, 0, market, self.technology, seed)
        law = synthetic_markets()
        for index, draw in enumerate(np.random.SeedSequence(self.seed).spawn(self.drawn)):
            drawn = law(np.random.default_rng(draw))
            yield from self._cells("drawn synthetic markets", index, drawn, self.drawn_technology, self.seed)

    def _cells(self, setting: str, index: int, market: Market, technology: str, seed: int) -> Iterator[EntryCell]:
        game = MarketGame(market, self.platforms, self.choice())
        size = technologies.make(technology, market).num_parameters(market.num_users)
        for method in dict.fromkeys(self.method):
            # The same once more, or too many releases.
            if (method in DETERMINISTIC and seed > self.seed) or (method == "grid" and 2**size > MAX_GRID):
                continue
            releases = self.search if method == "best" else self.releases
            named = f"{setting}, {technology}"
            yield EntryCell(named, index, game, technology, {}, method, seed, releases)


def main(arguments: Arguments) -> EntryComparison:
    """Run a comparison: every missing cell, then the table and the report."""
    console = Console(stderr=True)
    asked = list(arguments.cells())
    make_folder(arguments.out)
    store = cell_store(arguments.out / "cells", cells.FIGURES)
    runner = arguments.running.runner
    games = list({id(cell.game): cell.game for cell in asked}.values())
    found = compute(asked, store, cells.run, is_long=cells.is_long, runner=runner, console=console, shared=games)
    comparison = summarise(arguments.as_dict(), list(zip(asked, found, strict=True)), arguments.about())
    page = report.write(comparison, arguments.out)
    show(comparison, lambda _: table(comparison), page, console=console, as_json=arguments.json)
    return comparison


if __name__ == "__main__":
    run(Arguments, main)
