"""Checks of plain arguments: numbers of the right type, in range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .messages import shown


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
        raise ValueError(f"{name} is {value}; it must be in [{low}, {high}]")
    return number
