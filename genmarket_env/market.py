"""The market: how much each user type likes each model, and how many users each type has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked_generator, checked_real, real_array
from .market_checks import (
    AMOUNTS,
    ERRORS,
    check_amounts,
    check_errors,
    check_shape_of_errors,
    checked_masses,
    checked_names,
    checked_scores,
    common_batch,
    frozen,
    read_only,
)
from .tolerances import EQUAL
from .uncertainty import (
    checked_concentration,
    checked_size,
    drawn_common_errors,
    drawn_errors,
    drawn_masses,
    drawn_scores,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


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
        common_errors: `(*batch, models, users)`, finite: how far each score moves, in units of the score, if what all
            scores of its user type were measured against is off by one standard deviation, such as the rating of the
            model that win rates are against. With independent standard normal `z[k]` and `e[j, k]` the error of
            `scores[j, k]` is `standard_errors[j, k] * e[j, k] + common_errors[j, k] * z[k]`. Without batch axes it
            holds for every market of a batch. None, the default, says that there is none.
        mass_concentration: in (0, 1e30], about how many users the masses are the shares of, as `resample` takes it.
            None, the default, says that nothing is known of it.
        prices: `(*batch, models)`, finite and >= 0: what a model is sold at, for example its list price. Without batch
            axes they hold for every market of a batch. None, the default, says that they are not known.
        costs: the same, what it costs a platform to serve a model.
        price_unit: what a price is, in words, such as "USD per million output tokens"; given with the prices.
        cost_unit: the same of the costs, such as "USD per query".

    The arrays are copied, converted to float64 and made read-only. Nothing but `resample` uses the errors; the game
    itself uses no prices and costs. Rounding is forgiven: scores and masses may miss their range by 1e-6, and masses
    the sum 1, as those of float32 and of solvers do; scores are then clipped to [0, 1], masses to >= 0 and divided by
    their sum if it misses 1 by more than 1e-9.

    Raises:
        ValueError: a score is NaN or outside [0, 1], a mass, an error, a price or a cost is not finite, one of them but
            a common error is negative, masses do not sum to 1, prices or costs have no unit, shapes do not match, the
            pool is empty, a name occurs twice, or `mass_concentration` is out of range.
        TypeError: scores, masses, errors, prices or costs are not numeric, or a name or a unit is not a string.

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
    common_errors: FloatArray | None
    mass_concentration: float | None
    prices: FloatArray | None
    costs: FloatArray | None
    price_unit: str
    cost_unit: str

    def __init__(
        self,
        scores: ArrayLike,
        masses: ArrayLike,
        *,
        model_names: Sequence[str] | None = None,
        user_names: Sequence[str] | None = None,
        standard_errors: ArrayLike | None = None,
        common_errors: ArrayLike | None = None,
        mass_concentration: float | None = None,
        prices: ArrayLike | None = None,
        costs: ArrayLike | None = None,
        price_unit: str = "",
        cost_unit: str = "",
    ) -> None:
        scores = real_array("scores", scores)
        masses = real_array("masses", masses)
        given = {"standard_errors": standard_errors, "common_errors": common_errors}
        errors = {name: real_array(name, values) for name, values in given.items() if values is not None}
        sold = {"prices": prices, "costs": costs}
        amounts = {name: real_array(name, values) for name, values in sold.items() if values is not None}
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
        for name, values in errors.items():
            check_shape_of_errors(name, values, models, users)
        axes = {"scores": scores.shape[:-2], "masses": masses.shape[:-1]}
        axes |= {name: values.shape[:-2] for name, values in errors.items()}
        batch = common_batch(axes | {name: values.shape[:-1] for name, values in amounts.items()})
        model_names = checked_names(model_names, models, "model")
        user_names = checked_names(user_names, users, "user")
        scores = checked_scores(scores, model_names, user_names)
        masses = checked_masses(masses, user_names)
        for name, values in errors.items():
            check_errors(name, values, model_names, user_names)
        for name, unit in {"prices": price_unit, "costs": cost_unit}.items():
            check_amounts(name, amounts.get(name), unit, model_names)
        object.__setattr__(self, "scores", frozen(scores, (*batch, models, users)))
        object.__setattr__(self, "masses", frozen(masses, (*batch, users)))
        object.__setattr__(self, "model_names", model_names)
        object.__setattr__(self, "user_names", user_names)
        for name in given:
            kept = frozen(errors[name], (*batch, models, users)) if name in errors else None
            object.__setattr__(self, name, kept)
        object.__setattr__(self, "mass_concentration", checked_concentration(mass_concentration))
        for name in sold:
            object.__setattr__(self, name, frozen(amounts[name], (*batch, models)) if name in amounts else None)
        object.__setattr__(self, "price_unit", price_unit)
        object.__setattr__(self, "cost_unit", cost_unit)

    @staticmethod
    def stacked(markets: Sequence[Market]) -> Market:
        """Markets of one size as a batch `(B,)`: their scores and masses, and the names of the first.

        Raises:
            ValueError: there are none, or they differ in size.

        Example:
            >>> Market.stacked([Market([[0.9, 0.1]], [0.6, 0.4]), Market([[0.2, 0.8]], [0.5, 0.5])])
            Market(batch=(2,), models=1, users=2)
        """
        if not markets:
            raise ValueError("there are no markets to stack; give at least one")
        first = markets[0]
        for index, market in enumerate(markets):
            if market.scores.shape != first.scores.shape:
                raise ValueError(f"market {index} is {market!r}, but the first is {first!r}: all need one size")
        made = object.__new__(Market)
        # What is stacked was checked.
        made.__dict__.update(
            dict.fromkeys((*ERRORS, *AMOUNTS, "mass_concentration")),
            scores=_stacked([market.scores for market in markets]),
            masses=_stacked([market.masses for market in markets]),
            model_names=first.model_names,
            user_names=first.user_names,
            **dict.fromkeys(AMOUNTS.values(), ""),
        )
        return made

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
        return read_only(self.masses[..., None, :] * self.scores)

    @cached_property
    def scores_by_user(self) -> FloatArray:
        """`scores` as `(*batch, users, models)`, contiguous: the layout of loops over models."""
        return read_only(np.swapaxes(self.scores, -1, -2))

    @cached_property
    def weighted_scores_by_user(self) -> FloatArray:
        """`weighted_scores` as `(*batch, users, models)`, contiguous."""
        return read_only(np.swapaxes(self.weighted_scores, -1, -2))

    @cached_property
    def average_scores(self) -> FloatArray:
        """`T_j = sum_k masses[k] * scores[j, k]`, `(*batch, models)`."""
        return read_only(self.weighted_scores.sum(axis=-1))

    @cached_property
    def best_on_average(self) -> IntArray:
        """The index of the model with the highest average score, `(*batch,)`; the first of those that tie.

        Scores within `EQUAL` of the highest tie: which of them rounding puts first differs between machines.

        Example:
            >>> int(Market([[0.1, 0.2], [0.3, 0.3], [0.2, 0.4]], [0.5, 0.5]).best_on_average)
            1
        """
        tied = self.average_scores >= self.average_scores.max(axis=-1, keepdims=True) - EQUAL
        best = np.asarray(tied.argmax(axis=-1))
        best.flags.writeable = False
        return best

    def resample(
        self,
        rng: np.random.Generator,
        size: int,
        *,
        shared_error: float = 0.0,
        mass_concentration: float | None = None,
        common_errors: bool = True,
        mass_errors: bool = True,
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
                asking `mass_concentration + 1` users. A mass of 0 stays 0. None, the default, takes that of the market,
                and keeps the masses where it has none.
            common_errors: whether the common errors of the market are drawn too; False takes what all scores of a user
                type were measured against as exact. The other draws are the same either way.
            mass_errors: whether masses are drawn by the concentration of the market where none is given.

        Returns:
            The markets, as a batch `(size, *batch)` with the same names, prices and costs. Their scores stand for the
            truth and carry no standard errors.

        Raises:
            ValueError: nothing is uncertain (no error is drawn that is not 0, and `mass_concentration` is None),
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
        if concentration is None and mass_errors:
            concentration = self.mass_concentration
        errors, common = self.standard_errors, self.common_errors if common_errors else None
        if concentration is None and not any(drawn is not None and drawn.any() for drawn in (errors, common)):
            raise ValueError(
                "nothing of this market is uncertain; give it standard errors (Market(..., standard_errors=...)) or "
                "give mass_concentration"
            )
        if shared_error and errors is None:
            raise ValueError(f"shared_error is {shared_error}, but this market has no standard errors; leave it out")
        # The common errors last: without them scores and masses are the same.
        moved = [] if errors is None else [drawn_errors(errors, size, shared_error, rng=rng)]
        masses = np.broadcast_to(self.masses, (size, *self.masses.shape))
        if concentration is not None:
            masses = drawn_masses(self.masses, concentration, size, rng=rng)
        if common is not None:
            moved.append(drawn_common_errors(common, size, rng=rng))
        return replace(
            self,
            scores=drawn_scores(self.scores, moved),
            masses=masses,
            standard_errors=None,
            common_errors=None,
            mass_concentration=None,
        )

    def __getitem__(self, index: Any) -> Market:
        """The market, or the batch of markets, at `index` of the batch axes."""
        if not self.batch_shape:
            raise TypeError("this is one market, not a batch: it cannot be indexed")
        index = index if isinstance(index, tuple) else (index,)
        at = (*index, ..., slice(None))
        return self._of_models(at, scores=self.scores[(*at, slice(None))], masses=self.masses[at])

    def only(self, models: Sequence[int] | IntArray) -> Market:
        """The market with these models alone, by index and in this order, and all that is known of them.

        Raises:
            ValueError: there are none, or one is given twice.
            IndexError: there is no such model.

        Example:
            >>> Market([[0.9], [0.5], [0.1]], [1.0]).only([2, 0]).model_names
            ('model_2', 'model_0')
        """
        kept = np.asarray(models, dtype=np.int64)
        names = [self.model_names[j] for j in kept.tolist()]
        return self._of_models((..., kept), scores=self.scores[..., kept, :], model_names=names)

    def _of_models(self, at: tuple[Any, ...], **changes: Any) -> Market:
        """With these changes, and of errors, prices and costs what stands at `at` of the axes up to that of models."""
        for names, index in ((ERRORS, (*at, slice(None))), (AMOUNTS, at)):
            for name in names:
                values = getattr(self, name)
                changes[name] = None if values is None else values[index]
        return replace(self, **changes)

    def __reduce__(self) -> tuple[Callable[..., Market], tuple[FloatArray, FloatArray]]:
        # Rebuilt, so that a copied or unpickled market is read-only as well.
        others = {field.name: getattr(self, field.name) for field in fields(self)[2:]}
        return partial(Market, **others), (self.scores, self.masses)

    def __repr__(self) -> str:
        batch = f"batch={self.batch_shape}, " if self.batch_shape else ""
        return f"Market({batch}models={self.num_models}, users={self.num_users})"


def _stacked(arrays: list[FloatArray]) -> FloatArray:
    """Read-only arrays of one shape as one, which is read-only too."""
    return arrays[0][None] if len(arrays) == 1 else read_only(np.stack(arrays))
