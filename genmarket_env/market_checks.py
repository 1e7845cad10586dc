"""What a market checks when it is made: shapes, names, and numbers in range, errors on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .arguments import without_rounding
from .messages import shown
from .tolerances import AGREED, GIVEN

FloatArray = NDArray[np.float64]

ERRORS = ("standard_errors", "common_errors")
"""What a market may know of the errors of its scores."""

AMOUNTS = {"prices": "price_unit", "costs": "cost_unit"}
"""What a market may know of the money of its models, with the field that holds its unit."""

EXAMPLE_UNIT = "USD per million output tokens"


def common_batch(axes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The batch axes that all arrays broadcast to; `axes` has those of each, by name.

    Raises:
        ValueError: they do not broadcast.
    """
    first, *others = axes.values()
    if all(shape == first for shape in others):
        return first
    try:
        return np.broadcast_shapes(first, *others)
    except ValueError:
        listed = " and of ".join(f"{name} {shape}" for name, shape in axes.items())
        raise ValueError(f"the batch axes of {listed} do not broadcast") from None


def checked_names(names: Sequence[str] | None, count: int, what: str) -> tuple[str, ...]:
    """Different names, one for each of `count` things; by default `what` and a number.

    Raises:
        ValueError: they are not as many as the things, or one occurs twice.
        TypeError: they are not strings.
    """
    if names is None:
        return _numbered(what, count)
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


@lru_cache(maxsize=32)
def _numbered(what: str, count: int) -> tuple[str, ...]:
    return tuple(f"{what}_{index}" for index in range(count))


def checked_scores(scores: FloatArray, model_names: tuple[str, ...], user_names: tuple[str, ...]) -> FloatArray:
    """Scores in [0, 1]; those beyond by no more than `GIVEN` are taken as 0 and 1.

    Raises:
        ValueError: a score is NaN or out of range.
    """
    if scores.size and scores.min() >= 0 and scores.max() <= 1:  # NaN is neither
        return scores
    bad = ~((scores >= -GIVEN) & (scores <= 1 + GIVEN))
    if bad.any():
        raise ValueError(
            f"the score of {_first_cell(bad, scores, model_names, user_names)}; scores must be numbers in [0, 1]"
        )
    return scores.clip(0, 1)


def check_shape_of_errors(name: str, errors: FloatArray, models: int, users: int) -> None:
    """Raise ValueError unless there is one for each model and user type."""
    if errors.shape[-2:] != (models, users):
        raise ValueError(
            f"{name} have the shape {errors.shape}, but the scores have {models} models and {users} user types: "
            f"{name} need the axes (*batch, models, users)"
        )


def check_errors(name: str, errors: FloatArray, model_names: tuple[str, ...], user_names: tuple[str, ...]) -> None:
    """Raise ValueError unless all `standard_errors` are finite and >= 0, or all `common_errors` finite."""
    least = 0 if name == "standard_errors" else -np.inf
    bad = ~((errors >= least) & np.isfinite(errors))
    if bad.any():
        what, wanted = name.replace("_", " "), "finite and >= 0" if least == 0 else "finite"
        raise ValueError(
            f"the {what[:-1]} of {_first_cell(bad, errors, model_names, user_names)}; {what} must be {wanted}"
        )


def _first_cell(
    bad: NDArray[np.bool_], values: FloatArray, model_names: tuple[str, ...], user_names: tuple[str, ...]
) -> str:
    *batch, j, k = (int(i) for i in np.argwhere(bad)[0])
    where = f" in market {tuple(batch)}" if batch else ""
    return f"model {shown(model_names[j])} for user {shown(user_names[k])}{where} is {values[(*batch, j, k)]}"


def checked_masses(masses: FloatArray, user_names: tuple[str, ...]) -> FloatArray:
    """Masses >= 0 that sum to 1; those that miss it by rounding, see `without_rounding`, are put right.

    Raises:
        ValueError: a mass is negative or not finite, or they sum to something else.
    """
    with np.errstate(over="ignore"):
        sums = masses.sum(axis=-1)
    if masses.size and masses.min() >= 0 and abs(sums - 1).max() <= AGREED:
        return masses
    bad = ~((masses >= -GIVEN) & np.isfinite(masses))
    if bad.any():
        *batch, k = (int(i) for i in np.argwhere(bad)[0])
        where = f" in market {tuple(batch)}" if batch else ""
        raise ValueError(
            f"the mass of user {shown(user_names[k])}{where} is {masses[(*batch, k)]}; masses must be finite and >= 0"
        )
    wrong = np.abs(sums - 1) > GIVEN
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f" of market {index}" if index else ""
        raise ValueError(
            f"the masses{where} sum to {sums[index]:.12g}, not 1; divide each by their sum, "
            f"masses / masses.sum(), in double precision"
        )
    return without_rounding(masses)


def check_amounts(name: str, values: FloatArray | None, unit: object, model_names: tuple[str, ...]) -> None:
    """Raise ValueError unless `prices` or `costs` are one finite number >= 0 a model, and have a unit if there are any.

    Raises:
        ValueError: they are not.
        TypeError: the unit is not a string.
    """
    of_unit, what = AMOUNTS[name], name[:-1]
    if not isinstance(unit, str):
        raise TypeError(f"{of_unit} must be a string such as {EXAMPLE_UNIT!r}; got {shown(unit)}")
    if values is None:
        if unit:
            raise ValueError(f"{of_unit} is {shown(unit)}, but there are no {name}; give both or none")
        return
    if not unit.strip():
        raise ValueError(f"{name} need a unit in words: {of_unit}={EXAMPLE_UNIT!r}")
    if values.ndim < 1 or values.shape[-1] != len(model_names):
        raise ValueError(
            f"{name} have the shape {values.shape}, but there are {len(model_names)} models: {name} need the axes "
            f"(*batch, models)"
        )
    bad = ~((values >= 0) & np.isfinite(values))
    if bad.any():
        *batch, j = (int(i) for i in np.argwhere(bad)[0])
        where = f" in market {tuple(batch)}" if batch else ""
        raise ValueError(
            f"the {what} of model {shown(model_names[j])}{where} is {values[(*batch, j)]}; {name} must be finite and "
            f">= 0"
        )


def read_only(array: FloatArray) -> FloatArray:
    """The array, contiguous, that nobody can write to."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def frozen(array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """An array of the caller's own, broadcast to that shape, that nobody can write to any more."""
    if array.shape == shape and array.flags.owndata:
        return read_only(array)
    return read_only(np.array(np.broadcast_to(array, shape), order="C"))
