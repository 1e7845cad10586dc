"""`python -m train.algorithmic_pricing`: Q-learners that set prices, at the published parameters and around them.

Beside them stand the same learners in markets of models, and networks. Every session is a cell. Cells are computed in
parallel and saved as they finish, so that the same command, started again after a kill, computes only what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from genmarket_env import games
from genmarket_env.about import About
from genmarket_env.command_line import asked as command
from genmarket_env.command_line import make_folder, run
from genmarket_env.repeated.q_learning import MAX_ROUNDS
from genmarket_env.runner.options import Running

from .grid import compute
from .pricing import cells, report, settings
from .pricing.cells import SessionCell
from .pricing.summary import Summary, summarise, table
from .shown import show
from .sweep.store import cell_store


@dataclass(frozen=True)
class Arguments:
    """Let Q-learners set prices until their strategies have converged, and measure what they charge.

    Writes results.json, table.md, report.html and a figure into the output folder, and prints one table. Finished
    sessions are kept in the folder's `cells` and are not computed again by the same command.
    """

    sessions: Annotated[int, typer.Option(help="How many at the published parameters, at least 1.")] = 1000
    others: Annotated[
        int, typer.Option(help="How many at each other point of the grid and in each market of models; 0 for none.")
    ] = 100
    market: Annotated[
        list[str], typer.Option(help="A market of models for two platforms, of the catalogue or a file; several.")
    ] = field(default_factory=lambda: list(settings.MARKETS))
    networks: Annotated[int, typer.Option(help="How many seeds of DQN and of PPO; 0 for none.")] = 5
    network_rounds: Annotated[int, typer.Option(help="Their rounds, in each of 32 copies of the game.")] = 3000
    max_rounds: Annotated[int, typer.Option(help="Where a session of Q-learners ends in any case.")] = MAX_ROUNDS
    seed: Annotated[int, typer.Option(help="The first seed, at least 0.")] = 0
    running: Running = field(default_factory=Running)
    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/algorithmic-pricing")
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        least = {"sessions": 1, "others": 0, "networks": 0, "network_rounds": 1, "max_rounds": 1, "seed": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ValueError(f"--{name.replace('_', '-')} is {getattr(self, name)}; it must be at least {low}")
        if self.seed + max(self.sessions, self.others, self.networks) > 2**32:
            raise ValueError(f"--seed {self.seed} with so many sessions goes beyond 2**32 - 1, the largest seed")

    def as_dict(self) -> dict[str, Any]:
        """The arguments that results depend on, as plain data."""
        left_out = ("running", "out", "json")
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def about(self) -> About:
        """What stands beside the results."""
        entry = games.describe("algorithmic-pricing")
        return About(
            command=command(),
            title=entry.title,
            source=entry.provenance,
            notes=(
                "models instead of prices: two platforms, users choose the best model; a platform earns the score of "
                "the users that it serves, so that the joint optimum is also what is best for users",
            ),
            not_modelled=("what firms do not know of demand, entry, and learners that differ from each other",),
        )

    def cells(self) -> Iterator[SessionCell]:
        """Every session, setting by setting."""
        counted = [(settings.published(self.max_rounds), self.sessions)]
        if self.others:
            every = settings.grid(self.max_rounds) + settings.of_models(self.market, self.max_rounds)
            counted += [(setting, self.others) for setting in every]
        if self.networks:
            counted += [(setting, self.networks) for setting in settings.networks(self.network_rounds)]
        for setting, count in counted:
            for seed in range(self.seed, self.seed + count):
                yield SessionCell(setting, seed)


def main(arguments: Arguments) -> Summary:
    """Run every missing session, then write the table and the report."""
    console = Console(stderr=True)
    asked = list(arguments.cells())
    make_folder(arguments.out)
    store = cell_store(arguments.out / "cells", cells.FIGURES)
    found = compute(asked, store, cells.run, is_long=cells.is_long, runner=arguments.running.runner, console=console)
    summary = summarise(arguments.as_dict(), list(zip(asked, found, strict=True)), arguments.about())
    page = report.write(summary, arguments.out)
    show(summary, lambda _: table(summary), page, console=console, as_json=arguments.json)
    return summary


if __name__ == "__main__":
    run(Arguments, main)
