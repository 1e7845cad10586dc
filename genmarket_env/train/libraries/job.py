"""What the process of another library's learner is told, and how it answers."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from genmarket_env import games
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.messages import one_line
from genmarket_env.protocol import Game

from ..policies import SavedPolicies, SeatPolicy, save_policies

PLAYS = 32
"""Plays of the game in a round, as many as the networks of `genmarket_env.train.games` have copies."""

REFUSED = 3
"""The exit code of a process that cannot do what it is told."""
REASON = "reason.txt"
"""The file in which a process that fails says why, in one line: what a library prints later hides nothing."""


@dataclass(frozen=True)
class Job:
    """One run of one learner.

    Attributes:
        game: a name, or a dotted path.
        parameters: of the game, by name, as plain data.
        learner: the learner's name in the registry.
        rounds: the budget: `PLAYS` plays of the game each, at least 1.
        seed: at least 0.
        snapshots: how often policies are written, at equal distances, the last time at the end; at least 1.
    """

    game: str
    parameters: Mapping[str, Any]
    learner: str
    rounds: int
    seed: int
    snapshots: int = 8

    @property
    def ends(self) -> list[int]:
        """The rounds after which policies are written.

        Example:
            >>> Job("routing", {}, "sb3-ppo", rounds=10, seed=0, snapshots=4).ends
            [3, 5, 8, 10]
        """
        number = min(self.snapshots, self.rounds)
        return [-(-self.rounds * (at + 1) // number) for at in range(number)]

    @property
    def stretches(self) -> list[int]:
        """How many rounds each snapshot comes after the one before it."""
        return [after - before for before, after in pairwise([0, *self.ends])]

    def write(self, path: Path) -> None:
        """Write the job as a file of JSON."""
        path.write_text(json.dumps({**asdict(self), "parameters": dict(self.parameters)}), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read it back."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


Train = Callable[[Job, Game[Any]], Iterator[Sequence[SeatPolicy]]]
"""Trains, and yields the policies of all players after each of `job.stretches`."""


def snapshot_path(folder: Path, number: int) -> Path:
    """Where the policies of the snapshot of that number are written."""
    return folder / f"{number}.npz"


def drive(train: Train, arguments: Sequence[str]) -> int:
    """What a process of another library does: `JOB.json FOLDER` -> the files of its snapshots, one after the other.

    Args:
        train: the library's learners.
        arguments: the path of the job and the folder.

    Returns:
        The exit code.
    """
    _end_with(os.getppid())
    job, folder = Job.read(Path(arguments[0])), Path(arguments[1])
    try:
        game = without_barred(games.make(job.game, **job.parameters))
        for number, (end, policies) in enumerate(zip(job.ends, train(job, game), strict=True)):
            source = f"after {end} rounds of {PLAYS} plays"
            found = SavedPolicies(
                job.game, job.parameters, game.players, policies, learner=job.learner, seed=job.seed, source=source
            )
            save_policies(snapshot_path(folder, number), found)
    except (ValueError, ImportError) as error:
        (folder / REASON).write_text(one_line(str(error)), encoding="utf-8")
        return REFUSED
    except Exception as error:
        (folder / REASON).write_text(one_line(f"{type(error).__name__}: {error}"), encoding="utf-8")
        raise
    return 0


def _end_with(parent: int) -> None:
    """End this process soon after the one that has started it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(REFUSED)

    threading.Thread(target=watch, daemon=True).start()
