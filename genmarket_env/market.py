"""The market: how much each user type likes each model, and how many users each type has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import plain_array
from .messages import shown

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MASS_SUM_TOL = 1e-9
"""How far the masses of one market may sum from 1."""


@dataclass(frozen=True, eq=False)
class Market:
    """A pool of models, user types with masses, and the scores between them (Section 2 of the paper).

    Args:
        scores: `(*batch, models, users)`, in [0, 1]. `scores[j, k]` is the expected reward of a user of
            type `k` from model `j`.
        masses: `(*batch, users)`, >= 0, summing to 1: the share of users of each type. Without batch axes
            it holds for every market of a batch of scores.
        model_names: one name a model; `model_0, ...` by default.
        user_names: one name a user type; `user_0, ...` by default.

    Both arrays are copied, converted to float64 and made read-only.

    Raises:
        ValueError: a score is NaN or outside [0, 1], a mass is negative, masses do not sum to 1, shapes do
            not match, the pool is empty, or a name occurs twice.
        TypeError: scores or masses are not numeric, or a name is not a string.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["poet", "coder"])
        >>> market
        Market(models=2, users=2)
        >>> market.model_names
        ('poet', 'coder')
    """

    scores: FloatArray
    masses: FloatArray
    model_names: tuple[str, ...]
    user_names: tuple[str, ...]

    def __init__(
        self,
        scores: ArrayLike,
        masses: ArrayLike,
        *,
        model_names: Sequence[str] | None = None,
        user_names: Sequence[str] | None = None,
    ) -> None:
        scores = _numeric(scores, "scores")
        masses = _numeric(masses, "masses")
        if scores.ndim < 2:
            raise ValueError(f"scores need the axes (*batch, models, users); got the shape {scores.shape}")
        models, users = scores.shape[-2:]
        if models == 0 or users == 0:
            raise ValueError(f"the pool is empty: {models} models, {users} user types; each must be at least 1")
        if masses.ndim < 1 or masses.shape[-1] != users:
            raise ValueError(
                f"masses have the shape {masses.shape}, but the scores have {users} user types: "
                f"masses need the axes (*batch, users)"
            )
        try:
            batch = np.broadcast_shapes(scores.shape[:-2], masses.shape[:-1])
        except ValueError:
            raise ValueError(
                f"the batch axes of scores {scores.shape[:-2]} and of masses {masses.shape[:-1]} do not broadcast"
            ) from None
        model_names = _names(model_names, models, "model")
        user_names = _names(user_names, users, "user")
        _check_scores(scores, model_names, user_names)
        _check_masses(masses, user_names)
        object.__setattr__(self, "scores", _frozen(scores, (*batch, models, users)))
        object.__setattr__(self, "masses", _frozen(masses, (*batch, users)))
        object.__setattr__(self, "model_names", model_names)
        object.__setattr__(self, "user_names", user_names)

    @property
    def num_models(self) -> int:
        """The number of models in the pool, M."""
        return int(self.scores.shape[-2])

    @property
    def num_users(self) -> int:
        """The number of user types, K."""
        return int(self.scores.shape[-1])

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of markets; `()` for one market."""
        return self.scores.shape[:-2]

    @cached_property
    def weighted_scores(self) -> FloatArray:
        """`masses[k] * scores[j, k]`, `(*batch, models, users)`: what model `j` earns from serving all of type `k`."""
        return _read_only(self.masses[..., None, :] * self.scores)

    @cached_property
    def scores_by_user(self) -> FloatArray:
        """`scores` as `(*batch, users, models)`, contiguous: the layout of loops over models."""
        return _read_only(np.swapaxes(self.scores, -1, -2))

    @cached_property
    def weighted_scores_by_user(self) -> FloatArray:
        """`weighted_scores` as `(*batch, users, models)`, contiguous."""
        return _read_only(np.swapaxes(self.weighted_scores, -1, -2))

    @cached_property
    def average_scores(self) -> FloatArray:
        """`T_j = sum_k masses[k] * scores[j, k]`, `(*batch, models)`."""
        return _read_only(self.weighted_scores.sum(axis=-1))

    def __getitem__(self, index: Any) -> Market:
        """The market, or the batch of markets, at `index` of the batch axes."""
        if not self.batch_shape:
            raise TypeError("this is one market, not a batch: it cannot be indexed")
        index = index if isinstance(index, tuple) else (index,)
        return Market(
            self.scores[(*index, ..., slice(None), slice(None))],
            self.masses[(*index, ..., slice(None))],
            model_names=self.model_names,
            user_names=self.user_names,
        )

    def __reduce__(self) -> tuple[Callable[..., Market], tuple[FloatArray, FloatArray]]:
        # Rebuilt, so that a copied or unpickled market is read-only as well.
        return partial(Market, model_names=self.model_names, user_names=self.user_names), (self.scores, self.masses)

    def __repr__(self) -> str:
        batch = f"batch={self.batch_shape}, " if self.batch_shape else ""
        return f"Market({batch}models={self.num_models}, users={self.num_users})"


def _numeric(values: ArrayLike, what: str) -> FloatArray:
    array = plain_array(what, values)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{what} must be real numbers; got {array.dtype}")
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf, which is named later
        return array.astype(np.float64)


def _read_only(array: FloatArray) -> FloatArray:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _frozen(array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    return _read_only(np.array(np.broadcast_to(array, shape), order="C"))


def _names(names: Sequence[str] | None, count: int, what: str) -> tuple[str, ...]:
    if names is None:
        return tuple(f"{what}_{index}" for index in range(count))
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"{what}_names must be a sequence of strings; got {shown(names)}")
    names = tuple(names)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{what}_names must be strings; got {shown(name)}")
    if len(names) != count:
        raise ValueError(f"{len(names)} {what} names for {count} {what}s; give one name for each")
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"the {what} name {shown(name)} occurs more than once; names must differ")
    return tuple(str(name) for name in names)


def _check_scores(scores: FloatArray, model_names: tuple[str, ...], user_names: tuple[str, ...]) -> None:
    bad = ~((scores >= 0) & (scores <= 1))
    if bad.any():
        *batch, j, k = (int(i) for i in np.argwhere(bad)[0])
        where = f" in market {tuple(batch)}" if batch else ""
        raise ValueError(
            f"the score of model {shown(model_names[j])} for user {shown(user_names[k])}{where} is "
            f"{scores[(*batch, j, k)]}; scores must be numbers in [0, 1]"
        )


def _check_masses(masses: FloatArray, user_names: tuple[str, ...]) -> None:
    bad = ~((masses >= 0) & np.isfinite(masses))
    if bad.any():
        *batch, k = (int(i) for i in np.argwhere(bad)[0])
        where = f" in market {tuple(batch)}" if batch else ""
        raise ValueError(
            f"the mass of user {shown(user_names[k])}{where} is {masses[(*batch, k)]}; masses must be finite and >= 0"
        )
    with np.errstate(over="ignore"):
        sums = masses.sum(axis=-1)
    wrong = np.abs(sums - 1) > MASS_SUM_TOL
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f" of market {index}" if index else ""
        raise ValueError(
            f"the masses{where} sum to {sums[index]:.12g}, not 1; normalise them first: masses / masses.sum()"
        )
