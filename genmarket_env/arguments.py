"""Checks of plain arguments: numbers of the right type, in range; arrays; generators."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .messages import shown
from .tolerances import AGREED

NEAR = 1e30
"""Beyond this a bound is there for the sake of floats, not of anybody's parameters."""


def checked_integer(name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int in [low, high], no upper bound if `high` is None.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is out of range.

    Example:
        >>> checked_integer("max_rounds", 0, 1)
        Traceback (most recent call last):
        ValueError: max_rounds is 0; it must be at least 1
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer; got {shown(value)}")
    if value < low or (high is not None and value > high):
        legal = f"at least {low}" if high is None else f"in {low} to {high}"
        raise ValueError(f"{name} is {value}; it must be {legal}")
    return int(value)


def real_number(name: str, value: Any) -> float:
    """`value` as a float, NaN and infinities included.

    Raises:
        TypeError: it is not a real number.

    Example:
        >>> real_number("tol", "0")
        Traceback (most recent call last):
        TypeError: tol must be a real number; got '0'
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a real number; got {shown(value)}")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def checked_real(name: str, value: Any, low: float, high: float) -> float:
    """`value` as a float in [low, high].

    Raises:
        TypeError: it is not a real number.
        ValueError: it is NaN or out of range.

    Example:
        >>> checked_real("gamma", 1, 0, 1)
        1.0
    """
    number = real_number(name, value)
    if not low <= number <= high:
        raise ValueError(f"{name} is {value}; it must be {range_in_words(low, high)}")
    return number


def range_in_words(low: float, high: float) -> str:
    """What lies in [low, high]; a `low` that is there to keep 0 out, and a `high` that no one comes near, in short.

    Example:
        >>> range_in_words(0, 1), range_in_words(float(np.finfo(float).tiny), float(np.finfo(np.float32).max))
        ('in [0, 1]', 'above 0 and at most 3.4e+38')
    """
    most = f"{high:.3g}" if high > NEAR else f"{high:.12g}"
    return f"above 0 and at most {most}" if 0 < low < 1 / NEAR else f"in [{low:.12g}, {most}]"


def checked_seed(seed: Any) -> int | None:
    """`seed` as an int >= 0, or None for fresh entropy.

    Raises:
        TypeError: it is neither an integer nor None.
        ValueError: it is negative.

    Example:
        >>> checked_seed(True)
        Traceback (most recent call last):
        TypeError: seed must be an integer; got True
    """
    return None if seed is None else checked_integer("seed", seed, 0)


def checked_generator(name: str, value: Any) -> np.random.Generator:
    """`value`, once it is known to be a numpy Generator.

    Raises:
        TypeError: it is something else.

    Example:
        >>> checked_generator("rng", 0)
        Traceback (most recent call last):
        TypeError: rng must be a numpy.random.Generator; got 0: use np.random.default_rng(seed)
    """
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator; got {shown(value)}: use np.random.default_rng(seed)")
    return value


def plain_array(name: str, values: Any) -> NDArray[Any]:
    """`values` as a NumPy array of whatever type.

    Raises:
        TypeError: it is a masked array, or NumPy cannot read it.
        ValueError: it is ragged.

    Example:
        >>> plain_array("scores", [[0.5], [0.5, 0.5]])
        Traceback (most recent call last):
        ValueError: scores are ragged: every row must have the same length
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name} are a masked array; give a plain one, without gaps")
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} are ragged: every row must have the same length") from None
    except (TypeError, RuntimeError):  # what a torch tensor that requires a gradient, or is on a GPU, raises
        raise TypeError(f"{name} cannot be read as a NumPy array; got {shown(values)}") from None


def without_rounding(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities >= 0 that sum to 1 over the last axis, of some that miss that by at most `GIVEN`.

    Negative ones become 0. Then rows whose sum misses 1 by more than `AGREED` are divided by it; others stay as they
    are, so that what was right comes back to the bit.

    Example:
        >>> import numpy as np
        >>> without_rounding(np.array([[1.0, -1e-17], [0.75, 0.2500004]])).round(9)
        array([[1.       , 0.       ],
               [0.7499997, 0.2500003]])
    """
    kept = np.where(probabilities < 0, 0.0, probabilities)
    sums = kept.sum(axis=-1, keepdims=True)
    return np.where(np.abs(sums - 1) > AGREED, kept / sums, kept)


def real_array(name: str, values: Any) -> NDArray[np.float64]:
    """`values` as a float64 array of its own, NaN and infinities included.

    Raises:
        TypeError: it is a masked array, or not of real numbers.
        ValueError: it is ragged.

    Example:
        >>> real_array("masses", [True, False])
        Traceback (most recent call last):
        TypeError: masses must be real numbers; got bool
    """
    array = plain_array(name, values)
    if array.dtype == np.float64:
        return array.astype(np.float64)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{name} must be real numbers; got {shown(values) if array.dtype.kind in 'OSU' else array.dtype}"
        )
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf, which its caller names
        return array.astype(np.float64)
