"""The market: how much each user type likes each model, and how many users each type has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked_generator, checked_real, real_array
from .messages import shown
from .uncertainty import checked_concentration, checked_size, drawn_masses, drawn_scores

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
        standard_errors: `(*batch, models, users)`, finite and >= 0: the standard deviation of the error with which
            each score was measured, in units of the score. Without batch axes it holds for every market of a
            batch. None, the default, says that nothing is known of the errors.

    The arrays are copied, converted to float64 and made read-only. Nothing but `resample` uses the standard errors.

    Raises:
        ValueError: a score is NaN or outside [0, 1], a mass or a standard error is negative or not finite, masses do
            not sum to 1, shapes do not match, the pool is empty, or a name occurs twice.
        TypeError: scores, masses or standard errors are not numeric, or a name is not a string.

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
    standard_errors: FloatArray | None

    def __init__(
        self,
        scores: ArrayLike,
        masses: ArrayLike,
        *,
        model_names: Sequence[str] | None = None,
        user_names: Sequence[str] | None = None,
        standard_errors: ArrayLike | None = None,
    ) -> None:
        scores = real_array("scores", scores)
        masses = real_array("masses", masses)
        errors = None if standard_errors is None else real_array("standard_errors", standard_errors)
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
        if errors is not None and errors.shape[-2:] != (models, users):
            raise ValueError(
                f"standard_errors have the shape {errors.shape}, but the scores have {models} models and {users} user "
                f"types: standard_errors need the axes (*batch, models, users)"
            )
        batch = _batch(scores, masses, errors)
        model_names = _names(model_names, models, "model")
        user_names = _names(user_names, users, "user")
        _check_scores(scores, model_names, user_names)
        _check_masses(masses, user_names)
        if errors is not None:
            _check_errors(errors, model_names, user_names)
            errors = _frozen(errors, (*batch, models, users))
        object.__setattr__(self, "scores", _frozen(scores, (*batch, models, users)))
        object.__setattr__(self, "masses", _frozen(masses, (*batch, users)))
        object.__setattr__(self, "model_names", model_names)
        object.__setattr__(self, "user_names", user_names)
        object.__setattr__(self, "standard_errors", errors)

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

    def resample(
        self,
        rng: np.random.Generator,
        size: int,
        *,
        shared_error: float = 0.0,
        mass_concentration: float | None = None,
    ) -> Market:
        """A batch of markets that the truth may be, given what was measured.

        Scores are drawn around the measured ones with normal errors of the standard deviation `standard_errors`, and
        clipped to [0, 1]: a score within two standard errors of 0 or 1 moves inwards on average (by 0.4 standard
        errors if it is 0 or 1 itself), so the draws of a very good model are a little worse than its score.

        Args:
            rng: where the draws come from. Its scores are the same whatever `mass_concentration` is.
            size: how many markets, >= 1; of 50 million scores in all at most.
            shared_error: in [0, 1], the correlation between the errors of any two models on one user type. 0 says that
                each model met questions of its own. Models that answered the same questions err together, on a set
                of questions that was hard by chance, and the difference between two of them is surer: with equal
                standard errors s its standard deviation is `s sqrt(2 (1 - shared_error))`. At 1 all models of a type
                move by the same number of standard errors. Errors on different user types are independent.
            mass_concentration: masses are drawn from `Dirichlet(mass_concentration * masses)`, whose mean is `masses`
                and whose variances are `masses (1 - masses) / (mass_concentration + 1)`: those of the shares found by
                asking `mass_concentration + 1` users. A mass of 0 stays 0. None, the default, keeps the masses.

        Returns:
            The markets, as a batch `(size, *batch)` with the same names. Their scores stand for the truth and carry
            no standard errors.

        Raises:
            ValueError: nothing is uncertain (no standard error is positive and `mass_concentration` is None),
                `shared_error` is given without standard errors, or an argument is out of range.
            TypeError: an argument has another type.

        Source: derived; the binomial errors of `binomial_standard_errors` are those of the files' question counts.

        Example:
            >>> market = Market([[0.6, 0.5]], [0.5, 0.5], standard_errors=[[0.1, 0.0]])
            >>> draws = market.resample(np.random.default_rng(0), 1000)
            >>> draws
            Market(batch=(1000,), models=1, users=2)
            >>> draws.scores.std(axis=0).round(2)
            array([[0.1, 0. ]])
        """
        checked_generator("rng", rng)
        size = checked_size(size, self.scores.size)
        shared_error = checked_real("shared_error", shared_error, 0, 1)
        concentration = checked_concentration(mass_concentration)
        errors = self.standard_errors
        if concentration is None and (errors is None or not errors.any()):
            raise ValueError(
                "nothing of this market is uncertain; give it standard errors (Market(..., standard_errors=...)) or "
                "give mass_concentration"
            )
        if shared_error and errors is None:
            raise ValueError(f"shared_error is {shared_error}, but this market has no standard errors; leave it out")
        return Market(
            self.scores if errors is None else drawn_scores(self.scores, errors, size, shared_error, rng=rng),
            np.broadcast_to(self.masses, (size, *self.masses.shape))
            if concentration is None
            else drawn_masses(self.masses, concentration, size, rng=rng),
            model_names=self.model_names,
            user_names=self.user_names,
        )

    def __getitem__(self, index: Any) -> Market:
        """The market, or the batch of markets, at `index` of the batch axes."""
        if not self.batch_shape:
            raise TypeError("this is one market, not a batch: it cannot be indexed")
        index = index if isinstance(index, tuple) else (index,)
        at = (*index, ..., slice(None), slice(None))
        return Market(
            self.scores[at],
            self.masses[(*index, ..., slice(None))],
            model_names=self.model_names,
            user_names=self.user_names,
            standard_errors=None if self.standard_errors is None else self.standard_errors[at],
        )

    def __reduce__(self) -> tuple[Callable[..., Market], tuple[FloatArray, FloatArray]]:
        # Rebuilt, so that a copied or unpickled market is read-only as well.
        rebuild = partial(
            Market, model_names=self.model_names, user_names=self.user_names, standard_errors=self.standard_errors
        )
        return rebuild, (self.scores, self.masses)

    def __repr__(self) -> str:
        batch = f"batch={self.batch_shape}, " if self.batch_shape else ""
        return f"Market({batch}models={self.num_models}, users={self.num_users})"


def _read_only(array: FloatArray) -> FloatArray:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _frozen(array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    return _read_only(np.array(np.broadcast_to(array, shape), order="C"))


def _batch(scores: FloatArray, masses: FloatArray, errors: FloatArray | None) -> tuple[int, ...]:
    axes = {"scores": scores.shape[:-2], "masses": masses.shape[:-1]}
    if errors is not None:
        axes["standard_errors"] = errors.shape[:-2]
    try:
        return np.broadcast_shapes(*axes.values())
    except ValueError:
        listed = " and of ".join(f"{name} {shape}" for name, shape in axes.items())
        raise ValueError(f"the batch axes of {listed} do not broadcast") from None


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
        raise ValueError(
            f"the score of {_first_cell(bad, scores, model_names, user_names)}; scores must be numbers in [0, 1]"
        )


def _check_errors(errors: FloatArray, model_names: tuple[str, ...], user_names: tuple[str, ...]) -> None:
    bad = ~((errors >= 0) & np.isfinite(errors))
    if bad.any():
        raise ValueError(
            f"the standard error of {_first_cell(bad, errors, model_names, user_names)}; "
            f"standard errors must be finite and >= 0"
        )


def _first_cell(
    bad: NDArray[np.bool_], values: FloatArray, model_names: tuple[str, ...], user_names: tuple[str, ...]
) -> str:
    *batch, j, k = (int(i) for i in np.argwhere(bad)[0])
    where = f" in market {tuple(batch)}" if batch else ""
    return f"model {shown(model_names[j])} for user {shown(user_names[k])}{where} is {values[(*batch, j, k)]}"


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
            f"the masses{where} sum to {sums[index]:.12g}, not 1; divide each by their sum, masses / masses.sum()"
        )
