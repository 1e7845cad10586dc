"""What all technologies do with their parameters and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import ArrayLike

from ...arguments import checked_real, real_array
from ...choice import Array
from ...market import FloatArray


def check_parameters(parameters: Array, count: int) -> None:
    """Raise ValueError unless these are `(*batch, count)` numbers in [-1, 1].

    Example:
        >>> check_parameters(np.array([0.5, 1.5]), 2)
        Traceback (most recent call last):
        ValueError: parameter 1 of a release is 1.5; parameters must be in [-1, 1]
    """
    if parameters.ndim < 1 or parameters.shape[-1] != count:
        raise ValueError(
            f"the parameters of a release have the shape {tuple(parameters.shape)}; this technology takes {count}"
        )
    xp = array_namespace(parameters)
    inside = xp.abs(parameters) <= 1.0
    if not bool(xp.all(inside)):
        *where, index = (int(axis[0]) for axis in xp.nonzero(~inside))
        raise ValueError(
            f"parameter {index} of a release is {float(parameters[(*where, index)])}; parameters must be in [-1, 1]"
        )


def check_users(incumbents: Array, count: int, technology: str) -> None:
    """Raise ValueError unless incumbents `(*batch, models, users)` are scored by `count` user types."""
    if incumbents.shape[-1] != count:
        raise ValueError(f"{technology} is made for {count} user types; the market has {incumbents.shape[-1]}")


def best_mean(incumbents: Array) -> Array:
    """The highest mean score of an incumbent, over the user types without regard to mass: `(*batch,)`."""
    xp = array_namespace(incumbents)
    return xp.max(xp.mean(incumbents, axis=-1), axis=-1)


def within_budget(raw: Array, budget: float | None, incumbents: Array) -> Array:
    """The scores `(*batch, users)`, all scaled down by one factor where their mean exceeds the budget.

    Without a budget it is the mean score of the best incumbent.
    """
    xp = array_namespace(raw, incumbents)
    mean = xp.mean(raw, axis=-1, keepdims=True)
    limit = best_mean(incumbents)[..., None] if budget is None else budget
    over = mean > limit
    return raw * xp.where(over, limit / xp.where(over, mean, xp.ones_like(mean)), xp.ones_like(mean))


def checked_budget(budget: Any) -> float | None:
    """`budget` as a float in [0, 1], or None."""
    return None if budget is None else checked_real("budget", budget, 0, 1)


def constants(values: FloatArray, like: Array) -> Array:
    """`values` on the backend, the device and of the type of `like`."""
    xp = array_namespace(like)
    # A copy: torch warns of read-only arrays.
    return xp.asarray(values.copy(), dtype=like.dtype, device=device(like))


def finite_array(name: str, values: ArrayLike, ndim: int) -> FloatArray:
    """`values` as a new, read-only array of finite floats with that many axes, none of length 0.

    Raises:
        ValueError: they are something else.
        TypeError: they are not numbers.
    """
    array = real_array(name, values)
    if array.ndim != ndim or 0 in array.shape:
        raise ValueError(f"{name} have the shape {array.shape}; they need {ndim} axes, none of length 0")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; they hold {array[~np.isfinite(array)][0]}")
    array.flags.writeable = False
    return array
