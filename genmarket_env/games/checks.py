"""What several games check and set up alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from ..arguments import checked_integer, checked_real, range_in_words, real_array
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Space

LARGEST = float(np.finfo(np.float32).max)
"""The largest bound of a Box, as observations and actions of environments are float32."""

MAX_PLAYERS, MAX_NUMBERS = 10_000, 1_000_000
"""With more of either one call of the rules takes a second or a gigabyte, and regret asks for thousands of them."""


def checked_players(name: str, value: Any) -> int:
    """A number of players as an int, 1 to `MAX_PLAYERS`.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is out of range.

    Example:
        >>> checked_players("n", 1_000_000)
        Traceback (most recent call last):
        ValueError: n is 1000000; it must be in 1 to 10000
    """
    return checked_integer(name, value, 1, MAX_PLAYERS)


def check_numbers(**sizes: int) -> None:
    """Raise a ValueError if a state of that size would hold more than `MAX_NUMBERS` numbers.

    Example:
        >>> check_numbers(n=3, M=1_000_000)
        Traceback (most recent call last):
        ValueError: n 3 and M 1,000,000 make states of 3,000,000 numbers, more than 1,000,000: take fewer
    """
    if (numbers := prod(sizes.values())) > MAX_NUMBERS:
        named = " and ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise ValueError(f"{named} make states of {numbers:,} numbers, more than {MAX_NUMBERS:,}: take fewer")


def check_choice(name: str, value: Any, known: Sequence[str]) -> None:
    """Raise a ValueError if a parameter is none of the words it may be.

    Example:
        >>> check_choice("pricing", "second", ("first", "none"))
        Traceback (most recent call last):
        ValueError: pricing is 'second'; it must be "first" or "none"
    """
    if value not in known:
        raise ValueError(f"{name} is {shown(value)}; it must be " + " or ".join(f'"{word}"' for word in known))


def check_flag(name: str, value: Any) -> None:
    """Raise a TypeError if a parameter is not True or False.

    Example:
        >>> check_flag("monotone", "yes")
        Traceback (most recent call last):
        TypeError: monotone must be True or False; got 'yes'
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; got {shown(value)}")


def shaped(name: str, values: Any, shape: tuple[int, ...]) -> FloatArray:
    """Values as an array of its own, `(*batch, *shape)`.

    Raises:
        TypeError: they are not real numbers.
        ValueError: they have another shape.

    Example:
        >>> shaped("v", [1, 2, 3], (2,))
        Traceback (most recent call last):
        ValueError: v has the shape (3,); it must be (*batch, 2)
    """
    array = real_array(name, values)
    if array.ndim < len(shape) or array.shape[array.ndim - len(shape) :] != shape:
        expected = ", ".join(map(str, ("*batch", *shape)))
        raise ValueError(f"{name} has the shape {array.shape}; it must be ({expected})")
    return array


def within(name: str, values: Any, shape: tuple[int, ...], low: float, high: float) -> FloatArray:
    """Values as an array of its own, `(*batch, *shape)`, that lie in [low, high].

    Raises:
        TypeError: they are not real numbers.
        ValueError: they have another shape, or one is out of range or NaN.

    Example:
        >>> within("v", [1, 12], (2,), 0, 10)
        Traceback (most recent call last):
        ValueError: v is [1.0, 12.0]; values must be in [0, 10]
    """
    array = shaped(name, values, shape)
    if not ((array >= low) & (array <= high)).all():
        raise ValueError(f"{name} is {shown(array.tolist())}; values must be in [{low:g}, {high:g}]")
    return array


def one_or_each(
    each: str, given: Mapping[str, Any], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, FloatArray]:
    """Parameters that are one number, or one for each of several, as arrays of the same length, by name.

    Args:
        each: what they are given for, such as "specialist".
        given: the values by name.
        ranges: the least and largest value by name.

    Raises:
        TypeError: they are not real numbers.
        ValueError: they are not of one length, or out of range.

    Example:
        >>> one_or_each("specialist", {"c": (1, 2), "f": 0}, {"c": (0, 9), "f": (0, 9)})["f"]
        array([0., 0.])
    """
    arrays = {name: np.atleast_1d(real_array(name, values)) for name, values in given.items()}
    size = max(array.size for array in arrays.values())
    for name, array in arrays.items():
        low, high = ranges[name]
        if not size or array.ndim != 1 or len(array) not in (1, size) or not ((array >= low) & (array <= high)).all():
            raise ValueError(
                f"{name} is {shown(array.tolist())}; give one value, or one a {each}, {range_in_words(low, high)}"
            )
    return {name: np.broadcast_to(array, (size,)).copy() for name, array in arrays.items()}


def beside_new(own: FloatArray, drawn: FloatArray, player: int) -> FloatArray:
    """What is drawn anew, `(*batch, n)`, but for the player's own, which stays.

    Example:
        >>> beside_new(np.array([1.0, 2.0]), np.array([8.0, 9.0]), 0)
        array([1., 9.])
    """
    return np.where(np.arange(drawn.shape[-1]) == player, own, drawn)


def move_at_once(game: Any, role: str, spaces: Sequence[Space]) -> None:
    """Set players `ROLE_0`, ..., their spaces and one stage in which all move, in a game that is frozen."""
    object.__setattr__(game, "players", tuple(f"{role}_{i}" for i in range(len(spaces))))
    object.__setattr__(game, "spaces", tuple(spaces))
    object.__setattr__(game, "stages", (tuple(range(len(spaces))),))


def bid_spaces(n: int, b_max: Any) -> tuple[Box, ...]:
    """A bid from 0 to `b_max` for each of n.

    Raises:
        TypeError: `b_max` is not a number.
        ValueError: it is not above 0.
    """
    high = checked_real("b_max", b_max, np.finfo(float).tiny, LARGEST)
    return tuple(Box(0.0, high, (1,), np.float64) for _ in range(n))


def stacked(actions: Actions) -> FloatArray:
    """Actions of one number each, `(*batch, 1)`, as `(*batch, n)`.

    Example:
        >>> stacked((np.array([1.0]), np.array([2.0])))
        array([1., 2.])
    """
    return np.stack(np.broadcast_arrays(*(np.asarray(action, float)[..., 0] for action in actions)), axis=-1)
