"""Writes the data of the suite: `python -m genmarket_env.train.suite.make [FOLDER]`; tests run parts of it again.

Runs are kept in the folder, by default `results/suite`, so that the same command goes on where it was stopped.
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
from ..games.kept import game_store
from ..games.learners import KNOWN
from ..games.learners import names as fitting
from ..grid import compute
from .answers import answer_of
from .definitions import Definition, definitions
from .instances import DATA, SUITE, instances
from .runs import BASELINE, FIGURES, PRESETS, cell_of, is_network, run

SEEDS, ROUNDS = 3, 300
"""Of the runs by which difficulty is measured, and of best responses; networks play as long as in a leaderboard."""
PPO = ("ppo", "ppo_annealed", "ppo_mixing")
"""What PPO is tuned by: the nearest of these to the answer stands for it, the last where no equilibrium is pure."""
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


def runs_of(one: Definition, seeds: int = SEEDS, *, is_mixed: bool = False) -> list[GameCell]:
    """The runs by which the difficulty of an instance is measured.

    Args:
        one: the instance.
        seeds: of learners.
        is_mixed: whether it has no pure equilibrium.
    """
    game = without_barred(games.make(one.game, **one.parameters))
    preset = PRESETS["full"]
    learners = [responder(game), *(PPO if is_mixed else PPO[:-1])]
    asked = [cell_of(one, BASELINE, 0, 1)]
    for learner in learners:
        rounds = preset.network_rounds * KNOWN[learner].lasts if is_network(learner) else ROUNDS
        asked += [cell_of(one, learner, seed, rounds) for seed in range(seeds)]
    return asked


def difficulty_of(runs: Sequence[tuple[GameCell, dict[str, Any]]]) -> dict[str, Any]:
    """How hard an instance is: gaps of its runs as shares of random play's distance, with intervals over seeds."""
    ends: dict[str, list[float]] = {}
    rounds = {}
    for cell, result in runs:
        ends.setdefault(cell.learner, []).append(result["distance"])
        rounds[cell.learner] = cell.rounds
    unit = ends.pop(BASELINE)[0]
    measured = {}
    for learner, values in ends.items():
        gap = bootstrap_interquartile_mean(np.array(values) / unit)
        shares = {"gap": float(gap.iqm), "low": float(gap.low), "high": float(gap.high)}
        measured[learner] = {**shares, "seeds": len(values), "rounds": rounds[learner]}
    found: dict[str, Any] = {name: one for name, one in measured.items() if name not in PPO}
    presets = {name: one for name, one in measured.items() if name in PPO}
    if presets:
        best = min(presets, key=lambda name: (presets[name]["high"], presets[name]["gap"]))
        found["ppo"] = {**presets[best], "preset": best}
    solved = sum(one["high"] < FOUND for one in found.values())
    return {BASELINE: {"distance": unit}, **found, "presets": presets, "grade": ("hard", "medium", "easy")[solved]}


def main(folder: Path, jobs: int = 1) -> None:
    """Solve and measure every instance, and write the data.

    Args:
        folder: of the finished runs, in its `cells`: those of a leaderboard there are used, and the other way around.
        jobs: how many processes.
    """
    console = Console(stderr=True)
    defined = [replace(one, parameters=whole_parameters(one)) for one in definitions()]
    answers, asked = {}, {}
    for one in defined:
        console.print(f"solving {one.id}")
        game = without_barred(games.make(one.game, **one.parameters))
        answers[one.id] = answer_of(game, Evaluator(game))
        asked[one.id] = runs_of(one, is_mixed=answers[one.id].get("equilibria") == 0)
    every = [cell for runs in asked.values() for cell in runs]
    store = game_store(folder / "cells", FIGURES)
    results = compute(every, store, run, is_long=cells.is_long, runner=Runner("processes", jobs), console=console)
    of_cell = {cell.key(): result for cell, result in zip(every, results, strict=True)}
    found = []
    for one in defined:
        difficulty = difficulty_of([(cell, of_cell[cell.key()]) for cell in asked[one.id]])
        fields = {"id": one.id, "version": one.version, "kind": one.kind, "title": one.title, "game": one.game}
        found.append({**fields, "parameters": one.parameters, "answer": answers[one.id], "difficulty": difficulty})
    lines = ",\n".join(json.dumps(one, allow_nan=False) for one in found)
    write_whole(DATA, f'{{"suite": "{SUITE}", "instances": [\n{lines}\n]}}\n'.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("results/suite"))
