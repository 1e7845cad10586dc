"""All games at once: every learner that fits each, held against random play, in one store of cells and one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from genmarket_env import games
from genmarket_env.about import About
from genmarket_env.command_line import asked, make_folder
from genmarket_env.messages import listed
from genmarket_env.protocol import Dynamic, Game
from genmarket_env.runner import Runner

from ..grid import compute
from ..libraries import registry as libraries
from ..scalars import shown_live
from ..shown import show
from . import across_report, cells, theory
from .across_summary import BASELINE, AcrossComparison, GameAcross, Kind, table
from .cells import GameCell
from .compare import about_game
from .evaluation import Evaluator
from .kept import game_store
from .learners import KNOWN, LEARNERS, TUNED, named
from .summary import summarise

ALL = "all"
"""What stands for every game in the place of a game's name."""
ROUNDS, NETWORK_ROUNDS = 1000, 96
"""Rounds of a run, and of one of a network, which plays many copies of the game at once and takes long."""
WINDOWS = 2
"""At how many points in time play is measured where that takes draws or a grid: what is shown is the end."""

PLANS = frozenset({"coevolution", "genai-forum"})
"""Games whose one action is a plan for many periods, or decides over them: nothing in their form tells."""


@dataclass(frozen=True)
class AcrossQuestion:
    """What is asked of a comparison on all games.

    Args:
        learner: names of `LEARNERS`, of `TUNED` or of other libraries' learners, each played in the games that it fits;
            none for all of `LEARNERS`. Random play is added.
        seeds: how many a learner, at least 1.
        seed: the first, at least 0.
        rounds: of every run, at least 1; None for `ROUNDS`, of networks `NETWORK_ROUNDS`, or `lasts` times as many.

    Raises:
        ValueError: there is no such learner, or its library is not installed.
    """

    learner: Sequence[str]
    seeds: int
    seed: int
    rounds: int | None = None

    def __post_init__(self) -> None:
        for name in self.learner:
            if name not in KNOWN:
                raise ValueError(
                    f"no learner is called {name!r}; those of games are: {listed([*LEARNERS, *TUNED])}; of other "
                    f"libraries: {listed(list(libraries.LEARNERS))}"
                )
            if name in libraries.LEARNERS:
                libraries.LIBRARIES[libraries.LEARNERS[name].library].python()

    @property
    def learners(self) -> list[str]:
        """The learners, in the registry's order, random play among them, and the others where named."""
        ours = [name for name in LEARNERS if not self.learner or name in (*self.learner, BASELINE)]
        return [*ours, *(name for name in (*TUNED, *libraries.LEARNERS) if name in self.learner)]

    def rounds_of(self, learner: str) -> int:
        """How many rounds a run of that learner has."""
        if self.rounds is not None:
            return self.rounds
        known = KNOWN[learner]
        return NETWORK_ROUNDS * known.lasts if known.is_network else ROUNDS

    def of_game(self, name: str) -> list[GameCell]:
        """The cells of one game; those of a comparison on it alone with the same rounds and points in time."""
        game = games.make(name)
        fitting = [*named(game), *libraries.names(game)]
        # Of a finite game every round is measured, whatever is asked.
        windows = cells.WINDOWS_DRAWN if Evaluator(game).distance == "exact" else WINDOWS
        return [
            GameCell(name, {}, learner, self.seed + number, self.rounds_of(learner), windows)
            for learner in self.learners
            if learner in fitting
            for number in range(self.seeds)
        ]

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        rounds = {learner: self.rounds_of(learner) for learner in self.learners}
        return {"learner": self.learners, "seeds": self.seeds, "seed": self.seed, "rounds": rounds}


def kind_of(name: str, game: Game[Any]) -> Kind:
    """Which kind of game that is.

    Example:
        >>> [kind_of(name, games.make(name)) for name in ("bayes-risk", "routing", "mosaic", "coevolution")]
        ['simultaneous', 'leader and follower', 'private values', 'dynamic']
    """
    import numpy as np

    if name in PLANS or isinstance(game, Dynamic):
        return "dynamic"
    if len(game.stages) > 1:
        return "leader and follower"
    return "simultaneous" if game.draw(np.random.default_rng(0)) is None else "private values"


def compare_all(
    question: AcrossQuestion, *, runner: Runner, out: Path, as_json: bool, tensorboard: Path | None = None
) -> AcrossComparison:
    """Run every missing cell of all games, write the folder, and scalars into `tensorboard`, and print the summary.

    Raises:
        ValueError: the folder cannot be written.
    """
    console = Console(stderr=True)
    by_game = {name: question.of_game(name) for name in games.names()}
    asked_for = [cell for found in by_game.values() for cell in found]
    make_folder(out)
    store = game_store(out / "cells")
    do, known = shown_live(cells.run, cells.run_name, tensorboard, runner)
    results = compute(asked_for, store, do, is_long=cells.is_long, runner=runner, console=console, known=known)
    of_cell = dict(zip((cell.key() for cell in asked_for), results, strict=True))
    found = []
    with console.status("solving") as status:
        for name, wanted in by_game.items():
            status.update(f"solving {name}")
            game = games.make(name)
            pairs = [(cell, of_cell[cell.key()]) for cell in wanted]
            arguments = {"game": name, "parameters": {}, **question.as_dict()}
            answer = theory.theory_of(game, Evaluator(game))
            about = replace(about_game(name, game), command="")
            found.append(GameAcross(kind_of(name, game), summarise(arguments, answer, pairs, about)))
    about = About(
        command=asked(),
        title="every game of the registry, with its default parameters",
        not_modelled=(),
    )
    comparison = AcrossComparison(question.as_dict(), found, about)
    page = across_report.write(comparison, out)
    show(comparison, lambda _: table(comparison), page, console=console, as_json=as_json)
    return comparison
