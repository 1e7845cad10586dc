"""`python -m train.compare`: learners against theory, on a market for one or more numbers of platforms or on games.

Every (platforms or game, learner, seed) is a cell. Cells are computed in parallel and saved as they finish, so that the
same command, started again after a kill, computes only what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from genmarket_env import ChoiceRule, HardMax, Logit, Market, MarketGame, markets
from genmarket_env.about import About, masses_in_words
from genmarket_env.command_line import asked, make_folder, run, settings_of, value_of, warnings_as_notes
from genmarket_env.game import checked_platforms
from genmarket_env.runner.options import Running

from . import learners, report, theory
from .cells import FIGURES, Cell
from .games import across
from .games import compare as on_game
from .games.across_summary import AcrossComparison
from .games.learners import LEARNERS, TUNED
from .games.summary import GameComparison
from .grid import compute
from .scalars import check_tensorboard, shown_live
from .shown import show
from .suite.instances import instance_named
from .summary import Comparison, summarise, table
from .sweep.store import cell_store

MARKET = "livebench-2026-06"
PLATFORMS = (2, 3)
SEEDS, SEEDS_ON_GAME = 10, 5
ROUNDS, ROUNDS_ON_GAME = 2000, across.ROUNDS


@dataclass(frozen=True)
class Arguments:
    """Compare learners with theory: what platforms deploy, and how far from equilibrium play ends.

    With --game: what the players of any game do, against its exact answer; with --game all, of every game.

    Writes results.json, results.csv, report.html and the figures as SVG into the output folder, and prints one
    table. Finished cells are kept in the folder's `cells` and are not computed again by the same command.
    """

    market: Annotated[str, typer.Option(help="A market of the catalogue, or a file of scores.")] = MARKET
    game: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|MODULE:NAME|ID|all",
            help="A game in place of a market; one of your own by a dotted path, or an id of `genmarket suite`.",
        ),
    ] = None
    settings: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the game; again for more.")
    ] = field(default_factory=list)
    masses: Annotated[
        str | None, typer.Option(help="The mass scheme of a market that has several, for example uniform.")
    ] = None
    platforms: Annotated[
        list[int], typer.Option("-n", "--platforms", help="How many platforms; give it again for more markets.")
    ] = field(default_factory=lambda: list(PLATFORMS))
    learner: Annotated[
        list[str],
        typer.Option(
            "-l", "--learner", metavar="NAME|MODULE:NAME",
            help=f"On a market any of {', '.join(learners.names())}; on a game any of {', '.join(LEARNERS)} that takes "
            f"its actions, or, for longer runs, {' or '.join(TUNED)}, one of another library, as rllib-ppo, or one of "
            "your own by a dotted path; by default all of ours but those for longer runs.",
        ),
    ] = field(default_factory=list)  # fmt: skip
    seeds: Annotated[
        int | None,
        typer.Option(help=f"How many seeds a learner, at least 1; by default {SEEDS}, on a game {SEEDS_ON_GAME}."),
    ] = None
    seed: Annotated[int, typer.Option(help="The first seed, at least 0.")] = 0
    rounds: Annotated[
        int | None,
        typer.Option(
            help=f"How many rounds a run, at least 1; by default {ROUNDS}, on a game {ROUNDS_ON_GAME}, of networks on "
            f"all games {across.NETWORK_ROUNDS}."
        ),
    ] = None
    temperature: Annotated[
        float | None, typer.Option(help="Users choose by Logit with this temperature; by HardMax without it.")
    ] = None
    running: Running = field(default_factory=Running)
    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/compare")
    tensorboard: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write every run's figures there too, as scalars for TensorBoard."),
    ] = None
    save: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the policies at the end of every run on a game go, a file each."),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        if self.game is not None:
            self._check_game()
        else:
            self._check_learners()
        if self.save is not None and self.game in (None, across.ALL):
            raise ValueError("--save keeps the policies of one game: give --game NAME too")
        for count in self.platforms:
            checked_platforms(count)
        for name, value, least in (
            ("seeds", self.num_seeds, 1),
            ("seed", self.seed, 0),
            ("rounds", self.num_rounds, 1),
        ):
            if value < least:
                raise ValueError(f"--{name} is {value}; it must be at least {least}")
        if self.seed + self.num_seeds > 2**32:
            raise ValueError(
                f"--seed {self.seed} with --seeds {self.num_seeds} goes beyond 2**32 - 1, the largest seed"
            )

    def _check_learners(self) -> None:
        if self.settings:
            raise ValueError("--set is a parameter of a game: give --game too")
        for name in self.learner:
            if name not in learners.names():
                raise ValueError(f"no learner is called {name!r}; the learners are: {', '.join(learners.names())}")

    def _check_game(self) -> None:
        of_markets = {
            "--market": self.market != MARKET,
            "--masses": self.masses is not None,
            "--platforms": tuple(self.platforms) != PLATFORMS,
            "--temperature": self.temperature is not None,
        }
        for option, given in of_markets.items():
            if given:
                raise ValueError(
                    f"{option} is for markets: leave it out beside --game, whose parameters are set by --set"
                )
        if self.game == across.ALL:
            if self.settings:
                raise ValueError("--set is a parameter of one game: leave it out beside --game all")
            self.on_all_games()
        elif self.game is not None:
            self.question(self.game)

    @property
    def names(self) -> list[str]:
        """The learners that were asked for; on a game none where all are wanted."""
        return self.learner or ([] if self.game is not None else learners.names())

    @property
    def num_seeds(self) -> int:
        """How many seeds a learner."""
        return self.seeds if self.seeds is not None else SEEDS if self.game is None else SEEDS_ON_GAME

    @property
    def num_rounds(self) -> int:
        """How many rounds a run."""
        return self.rounds if self.rounds is not None else ROUNDS if self.game is None else ROUNDS_ON_GAME

    def as_dict(self) -> dict[str, Any]:
        """The arguments that the results on a market depend on, as plain data."""
        return {
            "market": self.market,
            "masses": self.masses,
            "platforms": self.platforms,
            "learner": self.names,
            "seeds": self.num_seeds,
            "seed": self.seed,
            "rounds": self.num_rounds,
            "temperature": self.temperature,
        }

    def question(self, game: str) -> on_game.Question:
        """What is asked of that game."""
        parameters = {name: value_of(text) for name, text in settings_of(self.settings).items()}
        graded = instance_named(game, parameters)
        asked_for = (self.names, self.num_seeds, self.seed, self.num_rounds)
        if graded is None:
            return on_game.Question(game, parameters, *asked_for)
        return on_game.Question(graded.game, graded.parameters, *asked_for, graded.name, graded.title)

    def on_all_games(self) -> across.AcrossQuestion:
        """What is asked of all games."""
        return across.AcrossQuestion(self.learner, self.num_seeds, self.seed, self.rounds)

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


def main(arguments: Arguments) -> Comparison | GameComparison | AcrossComparison:
    """Run a comparison: theory, then every missing cell, then the table and the report."""
    check_tensorboard(arguments.tensorboard)
    if arguments.game == across.ALL:
        return across.compare_all(
            arguments.on_all_games(),
            runner=arguments.running.runner,
            out=arguments.out,
            as_json=arguments.json,
            tensorboard=arguments.tensorboard,
        )
    if arguments.game is not None:
        question = arguments.question(arguments.game)
        return on_game.compare(
            question,
            runner=arguments.running.runner,
            out=arguments.out,
            as_json=arguments.json,
            save=arguments.save,
            tensorboard=arguments.tensorboard,
        )
    return _on_market(arguments)


def _on_market(arguments: Arguments) -> Comparison:
    console = Console(stderr=True)
    choice = arguments.choice()
    with warnings_as_notes():
        market, about = arguments.load(), arguments.about()
    games = [MarketGame(market, count, choice) for count in dict.fromkeys(arguments.platforms)]
    make_folder(arguments.out)
    with console.status("solving") as status:
        answers = []
        for game in games:
            status.update(f"solving the market with {game.num_platforms} platforms")
            answers.append(theory.theory_of(game))
    cells = [
        Cell(game, learner, arguments.seed + number, arguments.num_rounds)
        for game in games
        for learner in dict.fromkeys(arguments.names)
        for number in range(arguments.num_seeds)
    ]
    store = cell_store(arguments.out / "cells", FIGURES)
    runner = arguments.running.runner
    do, known = shown_live(learners.run, learners.run_name, arguments.tensorboard, runner)
    results = compute(
        cells, store, do, is_long=learners.is_long, runner=runner, console=console, shared=games, known=known
    )
    comparison = summarise(market, arguments.as_dict(), choice, answers, list(zip(cells, results, strict=True)), about)
    pages = report.write(comparison, arguments.out)
    show(comparison, lambda width: table(comparison, width), pages, console=console, as_json=arguments.json)
    return comparison


if __name__ == "__main__":
    run(Arguments, main)
