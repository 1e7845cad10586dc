"""Sums over some users under `HardMax`, by the compiled twins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..market import FloatArray, IntArray
from .data import Users


def hardmax_replies(
    users: Users, start: int, stop: int, deployed: IntArray, platform: int, tie_tol: float
) -> tuple[FloatArray]:
    """What one platform would get from some users with each model, `(1, models)`."""
    from ..compiled.users import add_replies

    out = np.zeros((1, users.num_models))
    block, masses = users.scores[start:stop], users.masses[start:stop]
    add_replies(block, masses, np.sort(np.delete(deployed, platform)), *ties_of(users, tie_tol), out)
    return (out,)


def hardmax_matrix_alone(
    users: Users, start: int, stop: int, deployed: IntArray, tie_tol: float
) -> tuple[FloatArray, FloatArray]:
    """`hardmax_matrix`, of which nothing is remembered."""
    return hardmax_matrix(users, start, stop, deployed, tie_tol, *room_to_remember(stop - start))


def hardmax_matrix(
    users: Users, start: int, stop: int, deployed: IntArray, tie_tol: float, level: Any, deciding: Any
) -> tuple[FloatArray, FloatArray]:
    """`compiled.users.add_all_replies` of some users: `base`, `gains`; writes the rest."""
    from ..compiled.users import add_all_replies

    base, gains = np.zeros((1, users.num_models)), np.zeros((len(deployed), users.num_models))
    block, masses = users.scores[start:stop], users.masses[start:stop]
    order = np.argsort(deployed, kind="stable")
    add_all_replies(block, masses, deployed[order], *ties_of(users, tie_tol), base, gains, level, deciding)
    return base, gains[np.argsort(order)]


def room_to_remember(users: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """What `compiled.users` writes down of each user, not yet written: its level, and the models that decide."""
    return np.empty(users, np.float32), np.empty((users, 2), np.int32)


def ties_of(users: Users, tie_tol: float) -> tuple[float, float, float]:
    """The tolerance, the scale, and from what kept score on no other is within the tolerance: see `compiled.users`."""
    if users.scores.dtype == np.uint16:
        return tie_tol, users.scale, -np.inf if tie_tol < users.scale / 2 else np.inf
    # Neighbours of a float32 x > 0 differ from it by at least 2^-24 x.
    return tie_tol, 1.0, tie_tol * 2.0**24
