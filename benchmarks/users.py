"""Users one by one: a best reply beside a plain read of the same scores, and replies that are kept beside it."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit

from genmarket_env import HardMax, users
from genmarket_env.best_reply import best_reply
from genmarket_env.users import Users
from genmarket_env.users.dynamics import KeptReplies
from genmarket_env.users.sums import total

from .lines import Aim, Case, Line
from .timing import interleaved, stopwatch

SIZES = ((100_000, 200, 20), (1_000_000, 1_000, 50))
"""Users, models, platforms; the last is the one of the aims, 4 GB."""

BLOCK = 10_000


@njit(nogil=True, fastmath={"reassoc"})
def _summed(scores):
    found = np.float32(0)
    for u in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            found += scores[u, j]
    return found


def _read(crowd: Users, start: int, stop: int) -> tuple[np.ndarray]:
    return (np.array([_summed(crowd.scores[start:stop])]),)


@contextmanager
def mapped_users(size: tuple[int, int, int], folder: Path | None = None) -> Iterator[Users]:
    """Users with scores uniform on [0, 1], mapped from a file that is removed in the end."""
    count, models, _ = size
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place, "scores.npy")
        rng = np.random.default_rng(0)
        scores = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, models))
        for start in range(0, count, BLOCK):
            scores[start : start + BLOCK] = rng.random((min(BLOCK, count - start), models), dtype=np.float32)
        del scores
        yield Users(np.load(path, mmap_mode="r"), check=False)


def compare(size: tuple[int, int, int], quick: bool) -> list[Line]:
    count, models, platforms = size
    named = f"users ({count:,}, {models:,}, {platforms})"
    needed = 4 * count * models
    if _available() < 2 * needed or shutil.disk_usage(tempfile.gettempdir()).free < 2 * needed:
        return [Line(named, note=f"not measured: the scores take {needed / 1e9:.0f} GB, twice that is needed")]
    aims = size == SIZES[-1]
    rng = np.random.default_rng(1)
    profile = rng.choice(models, platforms, replace=False)
    with mapped_users(size) as crowd, _anonymous_memory() as memory:
        kept = KeptReplies(crowd, HardMax())
        kept.replies(profile, 0)
        steps = _switches(profile, models, rng)
        calls = {
            "read": lambda: total(crowd, _read),
            "replies": lambda: users.replies(crowd, profile, 0),
            "after a switch": lambda: kept.replies(next(steps), 1),
        }
        times = interleaved(calls, quick=quick, seconds=20.0 if aims else 4.0)
        last = next(steps)
        np.testing.assert_allclose(kept.replies(last, 1), users.replies(crowd, last, 1), rtol=0, atol=1e-12)
        a_round = stopwatch(lambda: _play_round(crowd, profile))
    read, replies, switch = (times.median(name) for name in calls)
    return [
        Line(
            f"{named}, one platform's replies", replies, "a sum of the scores", read, times.ratio("read", "replies"),
            aim=Aim(ratio=0.85) if aims else None,
        ),
        Line(
            f"{named}, after a switch", switch, "the replies anew", replies, times.ratio("replies", "after a switch"),
            aim=Aim(ratio=3) if aims else None, note=f"{kept.read / count:.1%} of the users are read again",
        ),
        Line(
            f"{named}, a round of all", a_round, "as many replies anew", platforms * replies,
            platforms * replies / a_round, memory[0], Aim(seconds=3, peak_bytes=500_000_000) if aims else None,
            note="memory is that of the process without the map",
        ),
    ]  # fmt: skip


def _play_round(crowd: Users, profile: np.ndarray) -> None:
    """A round of best responses; without what follows it, which is the check of the last profile."""
    kept = KeptReplies(crowd, HardMax())
    deployed = profile.copy()
    for platform in range(len(profile)):
        deployed[platform] = best_reply(kept.replies(deployed, platform), int(deployed[platform]))


def _switches(profile: np.ndarray, models: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Profiles each of which differs from the one before on one platform."""
    deployed = profile.copy()
    while True:
        deployed[rng.integers(len(deployed))] = rng.integers(models)
        yield deployed.copy()


def _available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines() if Path("/proc/meminfo").exists() else []:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def _anonymous_memory() -> Iterator[list[int]]:
    """The most memory of the process that is no file's, in bytes, looked at every 20 ms."""
    most, stop = [0], threading.Event()

    def look() -> None:
        while not stop.wait(0.02):
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    most[0] = max(most[0], int(line.split()[1]) * 1024)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield most
    finally:
        stop.set()
        looking.join()


CASES = [
    Case(f"users {size}", partial(compare, size), limit=600.0, fresh=True, quick=size[0] < 1_000_000) for size in SIZES
]
