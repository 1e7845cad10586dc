"""The scores of entrants, checked, and the market with one of them in its pool."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import plain_array
from ..market import FloatArray, Market
from ..messages import shown


def with_entrant(market: Market, entrant_scores: ArrayLike, name: str = "entrant") -> Market:
    """The market with one more model, the last, that has these scores `(users,)`.

    Raises:
        ValueError, TypeError: the scores are not those of one model, or the name is no string.

    Example:
        >>> with_entrant(Market([[0.9, 0.1]], [0.6, 0.4]), [0.5, 0.5]).model_names
        ('model_0', 'entrant')
    """
    return Market(
        np.vstack([market.scores, checked_entrant(market, entrant_scores)]),
        market.masses,
        model_names=(*market.model_names, unused_name(name, market.model_names)),
        user_names=market.user_names,
    )


def unused_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number if it is taken.

    Example:
        >>> unused_name("entrant", ["poet", "entrant"])
        'entrant 2'
    """
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def checked_entrants(market: Market, entrant_scores: ArrayLike) -> FloatArray:
    """The scores of entrants, `(*batch, users)`, as floats.

    Raises:
        ValueError: they are not of the market's user types, or not in [0, 1].
        TypeError: they are not numbers.

    Example:
        >>> checked_entrants(Market([[0.9, 0.1]], [0.6, 0.4]), [0.5, 2])
        Traceback (most recent call last):
        ValueError: the entrant's score for user 'user_1' is 2.0; scores must be numbers in [0, 1]
    """
    scores = plain_array("the entrant's scores", entrant_scores)
    if scores.dtype.kind not in "fiu":
        raise TypeError(f"the entrant's scores must be real numbers; got {scores.dtype}")
    if scores.shape[-1:] != (market.num_users,):
        raise ValueError(
            f"the entrant's scores have the shape {scores.shape}; the market has {market.num_users} user types"
        )
    scores = scores.astype(np.float64)
    bad = ~((scores >= 0) & (scores <= 1))
    if bad.any():
        where = tuple(int(axis) for axis in np.argwhere(bad)[0])
        raise ValueError(
            f"the entrant's score for user {shown(market.user_names[where[-1]])} is {scores[where]}; "
            f"scores must be numbers in [0, 1]"
        )
    return scores


def checked_entrant(market: Market, entrant_scores: ArrayLike) -> FloatArray:
    """The scores of one entrant, `(users,)`, as floats.

    Raises:
        ValueError, TypeError: as `checked_entrants`, or there are several.

    Example:
        >>> checked_entrant(Market([[0.9, 0.1]], [0.6, 0.4]), [[0.5, 0.5], [0.4, 0.6]])
        Traceback (most recent call last):
        ValueError: one entrant has scores (users,); got the shape (2, 2)
    """
    scores = checked_entrants(market, entrant_scores)
    if scores.ndim != 1:
        raise ValueError(f"one entrant has scores (users,); got the shape {scores.shape}")
    return scores
