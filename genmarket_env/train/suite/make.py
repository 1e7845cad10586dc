"""Writes the data of the suite: `python -m genmarket_env.train.suite.make [FOLDER]`; tests run parts of it again.

Runs are kept in the folder, by default `results/suite`, so that the same command goes on where it was stopped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
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
from .runs import BASELINE, FIGURES, PRESETS, cell_of, run

SEEDS, ROUNDS = 3, 300
"""Of the runs by which difficulty is measured, and of best responses; networks play as long as in a leaderboard."""
PPO = {"ppo": SEEDS, "ppo_annealed": 2}
"""The presets of PPO and the seeds of each: in this order until one finds the answer; the nearest stands for PPO."""
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


def runs_of(one: Definition) -> list[GameCell]:
    """The runs by which the difficulty of an instance is measured, of PPO those of the first preset."""
    game = without_barred(games.make(one.game, **one.parameters))
    responses = [cell_of(one, responder(game), seed, ROUNDS) for seed in range(SEEDS)]
    return [cell_of(one, BASELINE, 0, 1), *responses, *ppo_runs_of(one, next(iter(PPO)))]


def ppo_runs_of(one: Definition, preset: str) -> list[GameCell]:
    """The runs of PPO by one of its presets."""
    rounds = PRESETS["full"].network_rounds * KNOWN[preset].lasts
    return [cell_of(one, preset, seed, rounds) for seed in range(PPO[preset])]


def next_preset(difficulty: Mapping[str, Any]) -> str | None:
    """The preset of PPO that is to be tried next; None where one has found the answer, or none is left."""
    if difficulty["ppo"]["high"] < FOUND:
        return None
    return next((name for name in PPO if name not in difficulty["presets"]), None)


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
    store = game_store(folder / "cells", FIGURES)
    answers = {}
    for one in defined:
        console.print(f"solving {one.id}")
        game = without_barred(games.make(one.game, **one.parameters))
        answers[one.id] = answer_of(game, Evaluator(game))
    asked = {one.id: runs_of(one) for one in defined}
    runs: dict[str, list[tuple[GameCell, dict[str, Any]]]] = {one.id: [] for one in defined}
    difficulties = {}
    while any(asked.values()):
        every = [cell for own in asked.values() for cell in own]
        results = compute(every, store, run, is_long=cells.is_long, runner=Runner("processes", jobs), console=console)
        of_cell = {cell.key(): result for cell, result in zip(every, results, strict=True)}
        for one in defined:
            runs[one.id] += [(cell, of_cell[cell.key()]) for cell in asked[one.id]]
            difficulties[one.id] = difficulty_of(runs[one.id])
            preset = next_preset(difficulties[one.id])
            asked[one.id] = [] if preset is None else ppo_runs_of(one, preset)
    found = []
    for one in defined:
        fields = {"id": one.id, "version": one.version, "kind": one.kind, "title": one.title, "game": one.game}
        measured = {"answer": answers[one.id], "difficulty": difficulties[one.id]}
        found.append({**fields, "parameters": one.parameters, **measured})
    lines = ",\n".join(json.dumps(one, allow_nan=False) for one in found)
    write_whole(DATA, f'{{"suite": "{SUITE}", "instances": [\n{lines}\n]}}\n'.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("results/suite"))
