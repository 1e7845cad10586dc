"""Users one by one: the scores of all models for each of many users, as a file holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_integer, checked_real, plain_array, real_array
from ..market import FloatArray, IntArray, Market
from ..market_checks import checked_names
from ..messages import magnitude, shown
from ..runner import Runner
from ..tolerances import AGREED

STEPS = 65535
"""So many steps of a fixed point score lie between 0 and 1: the largest uint16."""

PARTS = 16
"""Users are cut into so many parts, whatever the number of threads, and the sums over parts are added in order."""

SMALL = 1 << 16
"""Up to so many scores are one part."""

CHECKED_SCORES = 1 << 22
"""So many scores are looked at together when they are checked."""

MOST_IN_MEMORY = 30_000_000
"""The most scores of a market that is made of users: 240 MB, and some arrays of that size."""

Part = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Users:
    """Many users, the scores of all models for each: what `markets.open_users` gives.

    Args:
        scores: `(users, models)`, float32 in [0, 1], or uint16 fixed point, where 65,535 stands for 1. It may be a
            memory map: nothing copies it or reads it as a whole.
        masses: `(users,)`, finite and >= 0, in any unit; None for equal ones.
        model_names: one name a model; `model_0, ...` by default.
        threads: how many work on a reduction at most; None for one a core. No result depends on it.
        source: the folder or file that the scores are in; None if they are in memory alone.
        check: whether the scores are checked, which reads them once, block by block.
        score_error: by how much a score may miss the true one, in units of the score; by default 0 of float32, which
            is taken for what was measured, and half a step, 1 / 131,070, in fixed point. See `regret_within`.

    Attributes:
        masses: `(users,)`, as shares of their sum.

    Raises:
        ValueError: a score is not finite or outside [0, 1], shapes do not match, there is no user or no model, a mass
            is negative or not finite, or all are 0.
        TypeError: scores are of another type.

    Example:
        >>> Users(np.array([[0.9, 0.2], [0.1, 0.8]], np.float32))
        Users(users=2, models=2)
    """

    scores: NDArray[Any]
    masses: FloatArray
    model_names: tuple[str, ...]
    threads: int | None = None
    source: Path | None = None
    score_error: float = 0.0
    runner: Runner | None = field(default=None, repr=False)

    def __init__(
        self,
        scores: NDArray[Any],
        masses: ArrayLike | None = None,
        *,
        model_names: Sequence[str] | None = None,
        threads: int | None = None,
        source: Path | None = None,
        check: bool = True,
        score_error: float | None = None,
    ) -> None:
        array = plain_array("scores", scores)
        if array.dtype not in (np.float32, np.uint16):
            raise TypeError(
                f"scores are {array.dtype}; they must be float32 or uint16: markets.write_users converts a file, "
                f".astype(numpy.float32) an array"
            )
        if array.ndim != 2 or 0 in array.shape:
            raise ValueError(f"scores need the axes (users, models), each at least 1; got the shape {array.shape}")
        if not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
        array = array.view(np.ndarray)
        array.flags.writeable = False
        names = checked_names(model_names, array.shape[1], "model")
        if check:
            check_scores(array, names)
        shares = _shares(masses, array.shape[0])
        shares.flags.writeable = False
        if threads is not None:
            threads = checked_integer("threads", threads, 1)
        if score_error is None:
            score_error = 0.5 / STEPS if array.dtype == np.uint16 else 0.0
        score_error = checked_real("score_error", score_error, 0, 1)
        for name, value in {
            "scores": array, "masses": shares, "model_names": names, "threads": threads, "source": source,
            "score_error": score_error, "runner": None,
        }.items():  # fmt: skip
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        fixed = ", fixed point" if self.scores.dtype == np.uint16 else ""
        return f"Users(users={self.num_users}, models={self.num_models}{fixed})"

    @property
    def num_users(self) -> int:
        """The number of users, U."""
        return int(self.scores.shape[0])

    @property
    def num_models(self) -> int:
        """The number of models in the pool, M."""
        return int(self.scores.shape[1])

    @property
    def scale(self) -> float:
        """What one unit of `scores` is in units of the score."""
        return 1 / STEPS if self.scores.dtype == np.uint16 else 1.0

    @property
    def parts(self) -> list[Part]:
        """The parts of the users, `(start, stop)` each, which depend on the shape alone."""
        count = 1 if self.scores.size <= SMALL else min(PARTS, self.num_users)
        bounds = np.linspace(0, self.num_users, count + 1).astype(np.int64).tolist()
        return list(pairwise(bounds))

    def with_threads(self, threads: int | None) -> Users:
        """The same users, with so many threads at work."""
        return self._with(threads=None if threads is None else checked_integer("threads", threads, 1))

    def values(self, start: int, stop: int, models: IntArray | None = None) -> FloatArray:
        """The scores of some users in float64, `(models, users)`, of these models or of all: axes as in a `Market`."""
        block = self.scores[start:stop] if models is None else self.scores[start:stop, models]
        found: FloatArray = np.multiply(block.T, self.scale, dtype=np.float64)
        return found

    def market(self, models: Sequence[int] | IntArray | None = None) -> Market:
        """The market in memory, every user a type of its own, with these models, by index, or with all.

        Raises:
            ValueError: more than 30 million scores.

        Example:
            >>> Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32)).market([1]).scores
            array([[0.25, 1.  ]])
        """
        chosen = np.arange(self.num_models) if models is None else np.asarray(models, dtype=np.int64)
        size = len(chosen) * self.num_users
        if size > MOST_IN_MEMORY:
            raise ValueError(
                f"{self.num_users:,} users and {len(chosen):,} models are {magnitude(size)} scores, too many for a "
                f"market in memory (at most {MOST_IN_MEMORY:,}): name fewer models, or merge users"
            )
        names = [self.model_names[j] for j in chosen]
        return Market(self.values(0, self.num_users, chosen), self.masses, model_names=names)

    def on(self, runner: Runner | None) -> Users:
        """The same users, whose parts the workers of a runner sum: processes, or the nodes of a Ray cluster.

        Users of a file travel as its path, which every node must have; others as their scores. Each function is one
        job, of which every worker sends back its sums. Results are the same to the bit. None is for threads.

        Example:
            >>> from genmarket_env.runner import Runner
            >>> Users(np.array([[0.75, 0.25]], np.float32)).on(Runner(jobs=1))
            Users(users=1, models=2)
        """
        return self._with(runner=runner)

    def alone(self) -> Users:
        """The same users, in this thread."""
        return self._with(runner=None, threads=1)

    def __reduce__(self) -> tuple[Any, ...]:
        scores: Any = self.scores if self.source is None else None
        return _again, (self.source, scores, self.masses, self.model_names, self.score_error, self.threads)

    def _with(self, **changes: Any) -> Users:
        twin = object.__new__(Users)
        for name in self.__dataclass_fields__:
            object.__setattr__(twin, name, changes.get(name, getattr(self, name)))
        return twin


def _again(
    source: Path | None, scores: Any, masses: FloatArray, names: tuple[str, ...], error: float, threads: int | None
) -> Users:
    """Users that have travelled: those of a file are mapped where they arrive."""
    if source is not None:
        scores = np.load(source / "scores.npy" if source.is_dir() else source, mmap_mode="r", allow_pickle=False)
    return Users(scores, masses, model_names=names, threads=threads, source=source, check=False, score_error=error)


def check_scores(scores: NDArray[Any], names: Sequence[str], first: int = 0) -> None:
    """Raise ValueError, which names the user and the model, unless all scores are in [0, 1]; block by block.

    `first` is the number of the first user.
    """
    if scores.dtype == np.uint16:
        return
    rows = max(1, CHECKED_SCORES // scores.shape[1])
    for start in range(0, len(scores), rows):
        block = scores[start : start + rows]
        # NaN makes both NaN, and no comparison with it holds.
        if block.min() >= 0 and block.max() <= 1:
            continue
        user, model = np.argwhere(~((block >= 0) & (block <= 1)))[0]
        value = float(block[user, model])
        remedy = (
            "leave such users or the model out, or fill the gap"
            if np.isnan(value)
            else "give write_users the scale of scores, or leave a column out that is no model's"
        )
        raise ValueError(
            f"the score of user {first + start + user} (from 0) for {shown(names[model])} is {value:g}; scores must be "
            f"in [0, 1]: {remedy}"
        )


def _shares(masses: ArrayLike | None, users: int) -> FloatArray:
    if masses is None:
        return np.full(users, 1 / users)
    array = real_array("masses", masses)
    if array.shape != (users,):
        raise ValueError(f"masses have the shape {array.shape}; there are {users} users")
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        user = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"the mass of user {user} (from 0) is {array[user]:g}; masses must be finite and >= 0")
    total = array.sum()
    if not 0 < total < np.inf:
        raise ValueError("all masses are 0" if total == 0 else "the masses sum to more than a float can hold")
    return array if abs(total - 1) <= AGREED else array / total
