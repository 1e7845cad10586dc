"""Every learner that a comparison can run, behind one call: a cell in, a result out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from genmarket_env import agents
from genmarket_env.planner import optimum_of

from .cells import Cell
from .record import Recorder, window_ends
from .scalars import live

NOT_OF_MARKETS = ("best_reply", "truthful")
"""Agents left out: in a market the first plays as `best_response`, and nobody has anything to report."""

PPO_SHARING: dict[str, Literal["shared", "independent"]] = {"ppo": "shared", "ppo_independent": "independent"}


def names() -> list[str]:
    """The names of all learners: the agents of `agents`, and PPO with one shared or with independent networks.

    Example:
        >>> names()[-2:]
        ['ppo', 'ppo_independent']
    """
    return [*(name for name in agents.names() if name not in NOT_OF_MARKETS), *PPO_SHARING]


def is_long(cell: Cell) -> bool:
    """Whether the cell takes much longer than most."""
    return cell.learner in PPO_SHARING


def run_name(cell: Cell) -> str:
    """What a run is called among the scalars of TensorBoard."""
    return f"n{cell.game.num_platforms}/{cell.learner}/seed{cell.seed}"


def run(cell: Cell, tensorboard: Path | None = None) -> dict[str, Any]:
    """The result of one cell: `series`, `end` and `deployed` (see `train.record`).

    Args:
        cell: which.
        tensorboard: a folder, into which the figures of each window go as it ends.

    Raises:
        ValueError: the learner is unknown, or the cell's market, platforms or rounds are not legal.
    """
    if cell.learner not in names():
        raise ValueError(f"no learner is called {cell.learner!r}; the learners are: {', '.join(names())}")
    with live(tensorboard, run_name(cell)) as told:
        recorder = Recorder(cell.game, optimum_of(cell.game).stats["welfare"], told)
        if cell.learner in PPO_SHARING:
            _run_ppo(cell, recorder)
        else:
            _run_agents(cell, recorder)
    return recorder.result()


def _run_agents(cell: Cell, recorder: Recorder) -> None:
    rng = np.random.default_rng(cell.seed)
    players = agents.population(cell.learner, cell.game, rng=rng)
    ends = window_ends(cell.rounds)
    policies, profiles = [], []
    for number, played in enumerate(agents.play(players, cell.rounds), start=1):
        policies.append(played.policies)
        profiles.append(played.profile)
        if number in ends:
            recorder.window(np.stack(policies)[:, None], np.stack(profiles)[:, None])
            policies, profiles = [], []


def _run_ppo(cell: Cell, recorder: Recorder) -> None:
    from .ppo import PPOSettings, train_ppo

    settings = PPOSettings(sharing=PPO_SHARING[cell.learner])
    train_ppo(cell.game, settings=settings, rounds=cell.rounds, seed=cell.seed, recorder=recorder)
