"""A comparison on one game: the exact answer, then every missing cell, then the table and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from genmarket_env import games
from genmarket_env.about import About
from genmarket_env.command_line import asked, make_folder
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.games.dotted import is_path
from genmarket_env.protocol import Game
from genmarket_env.runner import Runner

from ..grid import compute
from ..scalars import shown_live
from ..shown import show
from . import cells, learners, report, theory
from .cells import GameCell
from .evaluation import Evaluator
from .kept import game_store
from .summary import GameComparison, summarise, table


@dataclass(frozen=True)
class Question:
    """What is asked of a comparison on a game.

    Args:
        game: a name or a dotted path.
        parameters: of the game, by name, as plain data.
        learner: names or dotted paths; none for all that take the spaces of the game.
        seeds: how many a learner, at least 1.
        seed: the first, at least 0.
        rounds: of a run, at least 1.
        instance: the id of the game in the suite of graded games, with its version; of another game empty.
        title: what that instance is.
    """

    game: str
    parameters: Mapping[str, Any]
    learner: Sequence[str]
    seeds: int
    seed: int
    rounds: int
    instance: str = ""
    title: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain data; of an instance its name, which fixes its parameters."""
        asked_for = {"learner": list(self.learner), "seeds": self.seeds, "seed": self.seed, "rounds": self.rounds}
        if self.instance:
            return {"game": self.instance, "parameters": {}, **asked_for}
        return {"game": self.game, "parameters": dict(self.parameters), **asked_for}

    def cell(self, learner: str, seed: int) -> GameCell:
        """A run."""
        label = self.instance.partition("@")[0]
        return GameCell(self.game, self.parameters, learner, seed, self.rounds, label=label)


def compare(
    question: Question,
    *,
    runner: Runner,
    out: Path,
    as_json: bool,
    save: Path | None = None,
    tensorboard: Path | None = None,
) -> GameComparison:
    """Run the comparison, write its folder and print its table; into `save` go the policies at the end of every run.

    Args:
        question: what is asked.
        runner: does the work.
        out: the folder.
        as_json: whether the summary is printed as JSON.
        save: a folder for policies.
        tensorboard: a folder for scalars.

    Raises:
        ValueError: there is no such game or learner, they do not fit, or the folder cannot be written.
        TypeError: what stands at a dotted path is no game or no learner.
    """
    console = Console(stderr=True)
    game = without_barred(games.make(question.game, **question.parameters))
    names = list(dict.fromkeys(question.learner or learners.names(game)))
    for name in names:
        learners.learner_of(name, game)
    question = Question(**{**vars(question), "learner": names})
    asked_for = [question.cell(name, question.seed + number) for name in names for number in range(question.seeds)]
    make_folder(out)
    with console.status("solving"):
        answer = theory.theory_of(game, Evaluator(game))
    if save is not None:
        make_folder(save, "--save")
    store = game_store(out / "cells", policies=save)
    run = cells.run if save is None else partial(cells.run, with_policies=True)
    do, known = shown_live(run, cells.run_name, tensorboard, runner)
    results = compute(asked_for, store, do, is_long=cells.is_long, runner=runner, console=console, known=known)
    pairs = list(zip(asked_for, results, strict=True))
    about = about_game(question.game, game)
    if question.instance:
        about = replace(about, title=question.title)
    comparison = summarise(question.as_dict(), answer, pairs, about)
    page = report.write(comparison, out)
    show(comparison, lambda width: table(comparison, width), page, console=console, as_json=as_json)
    return comparison


def about_game(name: str, game: Game[Any]) -> About:
    """What stands beside the results of a game, by its name or path."""
    if is_path(name):
        doc = (type(game).__doc__ or "").strip().split("\n")[0]
        return About(command=asked(), title=doc, not_modelled=())
    entry = games.describe(name)
    notes = (f"moves: {entry.moves}",)
    return About(command=asked(), title=entry.title, source=entry.source, notes=notes, not_modelled=())
