"""A technology that trains on a mixture of classes of data: what resampling acts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import ArrayLike

from ...arguments import checked_real, real_array, without_rounding
from ...choice import Array, HardMax
from ...equilibrium.checks import check_one_market
from ...market import FloatArray, Market
from ...messages import listed, shown
from ...tolerances import GIVEN
from .box import best_mean, check_parameters, check_users, constants, finite_array
from .fitting import Fit, fit_least_squares

MIDDLE = 0.5
"""How far from its floor to its ceiling a class is at equal shares, by default."""


@dataclass(frozen=True, eq=False)
class DataMixture:
    """A training mixture over classes makes a quality a class; users' preferences over classes make scores of them.

    The shares of the mixture are `softmax(spread * parameters)`, one parameter a class. The quality of a class
    saturates in its share of the data: `q = floor + (ceiling - floor) * (1 - (1 + share * data / scale)^-exponent)`.
    It rises strictly from the floor, at no data, towards the ceiling. A user type's score is its preference-weighted
    mean of the qualities.

    Args:
        preferences: of each type over the classes, `(users, classes)`, >= 0, rows summing to 1.
        floors: the quality of each class without data, `(classes,)`, in [0, 1].
        ceilings: its quality with unlimited data, `(classes,)`, from the floor to 1.
        scales: the amounts of data over which quality rises, `(classes,)`, > 0, in the unit of `data`.
        exponents: of the power laws, `(classes,)`, > 0.
        data: the data budget, > 0.
        spread: half the range of the log shares, > 0: shares of two classes differ by at most a factor
            `exp(2 * spread)`.
        class_names: one a class; by default class_0, ...

    Raises:
        ValueError: a number is out of range, a shape does not fit, preferences do not sum to 1, or no user type prefers
            a class (it is empty).
        TypeError: something is no number.

    Source: derived; power laws in the amount of data are those of neural scaling laws (Hestness et al. 2017).

    Example:
        >>> technology = DataMixture([[1.0, 0.0], [0.25, 0.75]], [0.2, 0.2], [1.0, 1.0], [0.5, 0.5], [1.0, 1.0])
        >>> technology.shares(np.array([0.0, 0.0]))
        array([0.5, 0.5])
        >>> technology.scores(np.array([0.0, 0.0]), np.array([[0.5, 0.5]])).round(3)
        array([0.6, 0.6])
    """

    preferences: FloatArray = field(repr=False)
    floors: FloatArray
    ceilings: FloatArray
    scales: FloatArray
    exponents: FloatArray
    data: float = 1.0
    spread: float = 3.0
    class_names: tuple[str, ...] = ()

    def __init__(
        self,
        preferences: ArrayLike,
        floors: ArrayLike,
        ceilings: ArrayLike,
        scales: ArrayLike,
        exponents: ArrayLike,
        *,
        data: float = 1.0,
        spread: float = 3.0,
        class_names: Sequence[str] = (),
    ) -> None:
        wanted = finite_array("preferences", preferences, 2)
        classes = wanted.shape[1]
        names = _names_of(classes, class_names)
        wanted = _checked_preferences(wanted, names)
        curves = {"floors": floors, "ceilings": ceilings, "scales": scales, "exponents": exponents}
        for name, values in curves.items():
            array = finite_array(name, values, 1)
            if len(array) != classes:
                raise ValueError(f"{len(array)} {name} for {classes} classes; give one for each")
            object.__setattr__(self, name, array)
        object.__setattr__(self, "preferences", wanted)
        object.__setattr__(self, "data", checked_real("data", data, np.finfo(float).tiny, np.finfo(float).max))
        object.__setattr__(self, "spread", checked_real("spread", spread, np.finfo(float).tiny, 100.0))
        object.__setattr__(self, "class_names", names)
        self._check_curves()

    @classmethod
    def for_market(
        cls,
        market: Market | None = None,
        *,
        preferences: ArrayLike | None = None,
        mixing: float = 0.1,
        data: float = 1.0,
        exponent: float = 1.0,
        spread: float = 3.0,
        class_names: Sequence[str] = (),
    ) -> DataMixture:
        """The technology of one market, calibrated to the mean of its best incumbent.

        By default there is a class for each user type, which the type prefers by `1 - mixing`; the rest is spread over
        all classes. At equal shares the quality of a class is in proportion to the best scores `Sbar` of the types that
        prefer it (their mean, weighted by the preference), at the level at which those best scores, scaled alike, have
        the mean score of the best incumbent. So without given preferences the entrant's mean score at parameters 0 is
        that incumbent's. There each class is half way from its floor to its ceiling, which are as far apart as [0, 1]
        lets them be: specialising can beat every incumbent for some types, at the cost of others.

        Args:
            market: one market.
            preferences: `(users, classes)`, >= 0, rows summing to 1.
            mixing: in [0, 1].
            data: the data budget, > 0, in units of the one with which the entrant is calibrated so.
            exponent: of the power laws, > 0.
            spread: half the range of the log shares, > 0.
            class_names: one a class; by default those of the user types, or class_0, ...

        Raises:
            ValueError: no market is given, preferences are not of its user types, or a number is out of range.
        """
        if market is None:
            raise ValueError("it is made for one market: give the market")
        check_one_market(market, HardMax(), "DataMixture")
        users = market.num_users
        if preferences is None:
            share = checked_real("mixing", mixing, 0, 1)
            preferences = (1 - share) * np.eye(users) + share / users
            class_names = tuple(class_names) or market.user_names
        wanted = finite_array("preferences", preferences, 2)
        if len(wanted) != users:
            raise ValueError(f"preferences are of {len(wanted)} user types; the market has {users}")
        names = _names_of(wanted.shape[1], class_names)
        wanted = _checked_preferences(wanted, names)
        best = market.scores.max(axis=0)
        level = float(best_mean(market.scores)) / best.mean() if best.any() else 0.0
        middle = np.clip(level * (best @ wanted) / wanted.sum(axis=0), 0, 1)
        reach = np.minimum(middle, 1 - middle)
        power = checked_real("exponent", exponent, 1e-3, 1e3)
        scale = 1 / (wanted.shape[1] * ((1 - MIDDLE) ** (-1 / power) - 1))
        every = np.ones(wanted.shape[1])
        return cls(
            wanted,
            middle - reach,
            middle + reach,
            scale * every,
            power * every,
            data=data,
            spread=spread,
            class_names=names,
        )

    def num_parameters(self, num_users: int) -> int:
        """One a class."""
        return len(self.class_names)

    def shares(self, parameters: Array) -> Array:
        """The share of each class in the training data, `(*batch, classes)`: positive, summing to 1."""
        check_parameters(parameters, len(self.class_names))
        xp = array_namespace(parameters)
        weights = xp.exp(self.spread * (parameters - xp.max(parameters, axis=-1, keepdims=True)))
        return weights / xp.sum(weights, axis=-1, keepdims=True)

    def quality(self, shares: Array) -> Array:
        """The quality of each class at these shares, `(*batch, classes)`, in [0, 1]."""
        floors, ceilings, scales, exponents = (
            constants(curve, shares) for curve in (self.floors, self.ceilings, self.scales, self.exponents)
        )
        return floors + (ceilings - floors) * (1.0 - (1.0 + shares * self.data / scales) ** -exponents)

    def scores(self, parameters: Array, incumbents: Array) -> Array:
        """The preference-weighted qualities, `(*batch, users)`; the incumbents do not matter."""
        check_users(incumbents, len(self.preferences), "DataMixture")
        quality = self.quality(self.shares(parameters))
        xp = array_namespace(quality)
        scores = xp.clip(quality @ constants(self.preferences.T, quality), 0.0, 1.0)
        batch = np.broadcast_shapes(tuple(scores.shape[:-1]), tuple(incumbents.shape[:-2]))
        return xp.broadcast_to(scores, (*batch, len(self.preferences)))

    def parameters_of(self, shares: ArrayLike) -> FloatArray:
        """The parameters of a mixture `(*batch, classes)`, where the spread allows it; else smaller shares are raised.

        Raises:
            ValueError: the shares are negative, NaN, all 0, or not one a class.

        Example:
            >>> technology = DataMixture.for_market(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]))
            >>> technology.shares(technology.parameters_of([0.9, 0.1]))
            array([0.9, 0.1])
        """
        mixture = real_array("shares", shares)
        if mixture.shape[-1:] != (len(self.class_names),):
            raise ValueError(f"a mixture of the shape {mixture.shape} for {len(self.class_names)} classes")
        top = mixture.max(axis=-1, keepdims=True)
        if not ((mixture >= 0) & (top > 0) & np.isfinite(top)).all():
            raise ValueError(f"shares of a mixture must be >= 0 and not all 0; got {shown(mixture.tolist())}")
        logs = np.log(np.maximum(mixture / top, np.exp(-2 * self.spread)))
        return np.clip((logs - logs.min(axis=-1, keepdims=True) / 2) / self.spread, -1, 1)

    def trained(self, weights: FloatArray) -> FloatArray:
        """The parameters of the mixture `w_c = sum_k weights_k preference_k(c)`, `(classes,)`."""
        return self.parameters_of(weights @ self.preferences)

    def fit(self, parameters: ArrayLike, scores: ArrayLike, incumbents: ArrayLike) -> Fit[DataMixture]:
        """The curves (floors, ceilings, scales, exponents) that fit measured releases best, by least squares.

        Preferences, budget and spread are kept; the search starts from the present curves. `parameters_of` turns
        measured mixtures into parameters.

        Args:
            parameters: `(releases, classes)`, in [-1, 1].
            scores: measured, `(releases, users)`, in [0, 1].
            incumbents: `(models, users)`.

        Raises:
            ValueError: the shapes do not fit, or a number is out of range.
        """
        room = np.where(self.floors < 1, 1 - self.floors, 1.0)
        start = np.stack(
            [self.floors, (self.ceilings - self.floors) / room, np.log(self.scales / self.data), np.log(self.exponents)]
        )
        limits = np.array([[0.0, 0.0, -12.0, -4.0], [1.0, 1.0, 12.0, 3.0]])
        low, high = np.repeat(limits, len(self.class_names), axis=1)
        return fit_least_squares(self._with_curves, start.ravel(), (low, high), parameters, scores, incumbents)

    def _with_curves(self, unknowns: FloatArray) -> DataMixture:
        floors, gains, scales, exponents = unknowns.reshape(4, -1)
        return DataMixture(
            self.preferences,
            floors,
            np.minimum(floors + gains * (1 - floors), 1),
            np.exp(scales) * self.data,
            np.exp(exponents),
            data=self.data,
            spread=self.spread,
            class_names=self.class_names,
        )

    def _check_curves(self) -> None:
        for index, name in enumerate(self.class_names):
            floor, ceiling = self.floors[index], self.ceilings[index]
            if not 0 <= floor <= ceiling <= 1:
                raise ValueError(
                    f"class {shown(name)} has floor {floor} and ceiling {ceiling}; 0 <= floor <= ceiling <= 1"
                )
            if not (self.scales[index] > 0 and self.exponents[index] > 0):
                raise ValueError(f"class {shown(name)} needs a scale and an exponent > 0")


def preference_matrix(preferences: Mapping[str, Mapping[str, Any]], class_names: Sequence[str]) -> FloatArray:
    """The matrix `(users, classes)` of preferences given by name; what a type does not name it does not want.

    Raises:
        ValueError: a type prefers a class that is not among `class_names`.
        TypeError: a preference is no number.

    Example:
        >>> preference_matrix({"pets": {"cat": 0.6, "dog": 0.4}}, ["cat", "dog", "ship"])
        array([[0.6, 0.4, 0. ]])
    """
    column = {name: c for c, name in enumerate(class_names)}
    matrix = np.zeros((len(preferences), len(column)))
    for k, (user, wanted) in enumerate(preferences.items()):
        for name, weight in wanted.items():
            if name not in column:
                raise ValueError(f"user {shown(user)} prefers the unknown class {shown(name)}; known: {listed(column)}")
            matrix[k, column[name]] = checked_real(f"the preference of {shown(user)} for {shown(name)}", weight, 0, 1)
    return matrix


def _names_of(classes: int, class_names: Sequence[str]) -> tuple[str, ...]:
    """One different name a class; class_0, ... without any."""
    if isinstance(class_names, str):
        raise TypeError(f"class_names must be a sequence of strings; got {shown(class_names)}")
    names = tuple(class_names) or tuple(f"class_{c}" for c in range(classes))
    if len(names) != classes or len(set(names)) < classes:
        raise ValueError(f"{classes} classes need as many different names; got {listed(map(str, names))}")
    return names


def _checked_preferences(preferences: FloatArray, names: Sequence[str]) -> FloatArray:
    """Rows >= 0 that sum to 1; those that miss it by rounding, see `without_rounding`, are put right."""
    if (preferences < -GIVEN).any():
        raise ValueError(f"preferences must be >= 0; one is {preferences.min()}")
    for k, total in enumerate(preferences.sum(axis=1)):
        if abs(total - 1) > GIVEN:
            raise ValueError(f"the preferences of user type {k} sum to {total:.12g}, not 1")
    preferences = without_rounding(preferences)
    preferences.flags.writeable = False
    for name, wanted in zip(names, preferences.sum(axis=0) > 0, strict=True):
        if not wanted:
            raise ValueError(f"class {shown(name)} is empty: no user type prefers it; leave it out")
    return preferences
