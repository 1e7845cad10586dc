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
from .job import REASON, Job, snapshot_path
from .registry import LEARNERS, LIBRARIES

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
LOOK = 0.2
"""Seconds between looks at whether the process has ended."""


def train(job: Job) -> list[SavedPolicies]:
    """Train in a process of its own, and read what it wrote: the policies after each of `job.ends`.

    Raises:
        ValueError: the library is not installed, its process failed, and one line says why, or what it wrote cannot be
            read.
    """
    library = LIBRARIES[LEARNERS[job.learner].library]
    python = library.python()
    with tempfile.TemporaryDirectory(prefix="genmarket-") as name:
        folder = Path(name)
        asked = folder / "job.json"
        job.write(asked)
        with (folder / ERRORS).open("wb") as errors, (folder / OUTPUT).open("wb") as output:
            code = _run([python, "-m", LEARNERS[job.learner].module, str(asked), name], output, errors)
        if code:
            how = f"with exit code {code}" if code > 0 else f"ended from outside by {_signal(-code)}"
            raise ValueError(f"{job.learner} failed, {how}: {_why(folder)}")
        try:
            return [load_policies(snapshot_path(folder, number)) for number in range(len(job.ends))]
        except FileNotFoundError as error:
            number = int(Path(error.filename).stem)
            raise ValueError(
                f"{job.learner} ended without the policies of round {job.ends[number]}: {_why(folder)}"
            ) from None
        except (ValueError, OSError) as error:
            raise ValueError(f"{job.learner} wrote policies that cannot be read: {error}") from None


ERRORS, OUTPUT = "errors.txt", "output.txt"


def _run(command: list[str], output: Any, errors: Any) -> int:
    """The exit code of a process, which is ended where this one is interrupted."""
    # A group of its own: what the library starts besides ends with it.
    try:
        process = subprocess.Popen(  # noqa: S603  # the Python of `Library.python`
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=os.environ | ONE_THREAD,
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
    return process.returncode


def _why(folder: Path) -> str:
    """The reason that a process gave, else the last line of its errors, or of what it printed."""
    for name in (REASON, ERRORS, OUTPUT):
        path = folder / name
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
        if lines:
            return one_line(lines[-1])[:300]
    return "it said nothing"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def plays(game: Game[Any], job: Job) -> Iterator[Play]:
    """What all players do in each round: as in the snapshot that the round ends in, or leads to.

    Raises:
        ValueError: as `train`; or a policy does not fit the game.
    """
    for found, stretch in zip(train(job), job.stretches, strict=True):
        play = found.play(game)
        for _ in range(stretch):
            yield play
