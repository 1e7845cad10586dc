"""Writes the data of the suite: `python -m genmarket_env.train.suite.make [FOLDER]`; tests run parts of it again.

Runs are kept in the folder, by default `results/suite-data`, so that the same command goes on where it was stopped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from genmarket_env import games
from genmarket_env.atomic import write_whole
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.intervals import bootstrap_interquartile_mean
from genmarket_env.protocol import Game
from genmarket_env.runner import Runner

from ..games import cells
from ..games.cells import GameCell
from ..games.evaluation import Evaluator
from ..games.learners import names as fitting
from ..grid import compute
from ..sweep.store import cell_store
from .answers import answer_of
from .definitions import Definition, definitions
from .instances import DATA, SUITE, instances

SEEDS, ROUNDS, NETWORK_ROUNDS = 3, 300, 96
"""Of the runs by which difficulty is measured."""
FOUND = 0.05
"""An answer is found where the gap's interval ends below that share of random play's distance."""


def whole_parameters(one: Definition) -> dict[str, Any]:
    """All parameters of an instance's game, as plain data, so that the instance does not follow the game's defaults.

    Those of the definition, else those stored of the same version, else the game's defaults of now.
    """
    known = {each.name: each for each in instances()}.get(f"{one.id}@{one.version}")
    stored = {} if known is None else known.parameters
    found: dict[str, Any] = json.loads(
        json.dumps({**games.describe(one.game).parameters, **stored, **one.parameters}, allow_nan=False)
    )
    return found


def responder(game: Game[Any]) -> str:
    """Which learner stands for best responses: of those that learn from a list, or else by what the game knows."""
    known = fitting(game)
    return "best_response" if "best_response" in known else "best_reply"


def runs_of(one: Definition, seeds: int = SEEDS) -> list[GameCell]:
    """The runs by which the difficulty of an instance is measured."""
    game = without_barred(games.make(one.game, **one.parameters))
    asked = [("random", 1, 1), (responder(game), seeds, ROUNDS), ("ppo", seeds, NETWORK_ROUNDS)]
    return [
        GameCell(one.game, one.parameters, learner, seed, rounds, windows=2)
        for learner, count, rounds in asked
        if learner in fitting(game)
        for seed in range(count)
    ]


def difficulty_of(runs: Sequence[tuple[GameCell, dict[str, Any]]]) -> dict[str, Any]:
    """How hard an instance is: gaps of its runs as shares of random play's distance, with intervals over seeds."""
    ends: dict[str, list[float]] = {}
    rounds = {}
    for cell, result in runs:
        values = result["series"]["nash_conv"]
        ends.setdefault(cell.learner, []).append(float(np.mean(values[-max(1, len(values) // 4) :])))
        rounds[cell.learner] = cell.rounds
    unit = ends.pop("random")[0]
    found: dict[str, Any] = {"random": {"distance": unit}}
    for learner, values in ends.items():
        gap = bootstrap_interquartile_mean(np.array(values) / unit)
        shares = {"gap": float(gap.iqm), "low": float(gap.low), "high": float(gap.high)}
        found[learner] = {**shares, "seeds": len(values), "rounds": rounds[learner]}
    solved = sum(one["high"] < FOUND for name, one in found.items() if name != "random")
    found["grade"] = ("hard", "medium", "easy")[solved]
    return found


def main(folder: Path, jobs: int = 1) -> None:
    """Solve and measure every instance, and write the data."""
    console = Console(stderr=True)
    defined = [replace(one, parameters=whole_parameters(one)) for one in definitions()]
    asked = {one.id: runs_of(one) for one in defined}
    every = [cell for runs in asked.values() for cell in runs]
    store = cell_store(folder / "cells", cells.FIGURES)
    results = compute(every, store, cells.run, is_long=cells.is_long, runner=Runner("processes", jobs), console=console)
    of_cell = {cell.key(): result for cell, result in zip(every, results, strict=True)}
    found = []
    for one in defined:
        console.print(f"solving {one.id}")
        game = without_barred(games.make(one.game, **one.parameters))
        runs = [(cell, of_cell[cell.key()]) for cell in asked[one.id]]
        fields = {"id": one.id, "version": one.version, "kind": one.kind, "title": one.title, "game": one.game}
        answer, difficulty = answer_of(game, Evaluator(game)), difficulty_of(runs)
        found.append({**fields, "parameters": one.parameters, "answer": answer, "difficulty": difficulty})
    lines = ",\n".join(json.dumps(one, allow_nan=False) for one in found)
    write_whole(DATA, f'{{"suite": "{SUITE}", "instances": [\n{lines}\n]}}\n'.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("results/suite-data"))
