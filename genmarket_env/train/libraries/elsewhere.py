"""Another library's learner, trained in a process of its own; and what it wrote, played."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genmarket_env.messages import one_line
from genmarket_env.protocol import Game

from ..games.joint import Play
from ..policies import SavedPolicies, load_policies
from .job import Job, snapshot_path
from .registry import LEARNERS, LIBRARIES

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
LOOK = 0.2
"""Seconds between looks at whether the process has ended."""


def train(job: Job) -> list[SavedPolicies]:
    """Train in a process of its own, and read what it wrote: the policies after each of `job.ends`.

    Raises:
        ValueError: the library is not installed, or its process failed; the last line of its errors says why.
    """
    library = LIBRARIES[LEARNERS[job.learner].library]
    python = library.python()
    with tempfile.TemporaryDirectory(prefix="genmarket-") as name:
        folder = Path(name)
        asked, errors = folder / "job.json", folder / "errors.txt"
        job.write(asked)
        command = [python, "-m", LEARNERS[job.learner].module, str(asked), str(folder)]
        with errors.open("wb") as told:
            _run(command, told)(job.learner, errors)
        return [load_policies(snapshot_path(folder, number)) for number in range(len(job.ends))]


def _run(command: list[str], told: Any) -> Any:
    # A group of its own: what the library starts besides ends with it.
    try:
        process = subprocess.Popen(  # noqa: S603  # the Python of `Library.python`
            command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, env=os.environ | ONE_THREAD,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise ValueError(f"{command[0]} cannot be run: {error.strerror}") from None
    try:
        while process.poll() is None:
            time.sleep(LOOK)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def check(learner: str, errors: Path) -> None:
        if process.returncode:
            lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            why = one_line(lines[-1])[:300] if lines else "it said nothing"
            raise ValueError(f"{learner} failed, with exit code {process.returncode}: {why}")

    return check


def plays(game: Game[Any], job: Job) -> Iterator[Play]:
    """What all players do in each round: as in the snapshot that the round ends in, or leads to.

    Raises:
        ValueError: as `train`; or a policy does not fit the game.
    """
    for found, stretch in zip(train(job), job.stretches, strict=True):
        play = found.play(game)
        for _ in range(stretch):
            yield play
