r"""What errors in the scores leave certain: fixed point, or anything else that moves each score by at most `error`.

Under `HardMax` a model that is further than `2 error` from the best opponent with another model wins or loses a user
whatever the errors, and ties with those who have the same model, so that the platform's payoff with it changes by at
most `error` times the share of users that it serves. Of users for whom it is nearer, nothing is known: they give at
most their mass times `score + error`. So the payoff of a deviation to j is within

    error + sum over users u with |S_j(u) - best opponent without j| <= 2 error of pi_u (S_j(u) + error)

of what the true scores would give, and a regret within that of the deviation plus that of the payoff. Derived.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_real
from ..choice import HardMax
from ..market import FloatArray, IntArray
from ..tolerances import REGRET_TOL
from .data import Users
from .reductions import checked_profile, deviation_payoffs
from .sums import total

_ROUNDING = 1e-12
"""Relative: more than the width is rounded by."""


@dataclass(frozen=True, eq=False)
class RegretWithin:
    """The regrets of a profile, if scores may be off.

    Attributes:
        low: the least that each platform's regret can be, `(platforms,)`, >= 0.
        high: the most, alike.
    """

    low: FloatArray
    high: FloatArray

    def is_equilibrium(self, tol: float = REGRET_TOL) -> bool | None:
        """Whether the profile certainly is a pure equilibrium (True), certainly is none (False), or None."""
        if self.high.max() <= tol:
            return True
        return False if self.low.max() > tol else None


def regret_within(users: Users, profile: ArrayLike, error: float | None = None) -> RegretWithin:
    """Between what the regrets lie under `HardMax`, whatever the errors of scores: two passes over them.

    Args:
        users: the users.
        profile: `(platforms,)`.
        error: by how much each score may be off, in [0, 1]; by default the `score_error` of the users.

    Example:
        >>> users = Users(np.array([[50000, 20000], [10000, 60000]], np.uint16))
        >>> regret_within(users, [0, 1]).is_equilibrium(), regret_within(users, [0, 0]).is_equilibrium()
        (True, False)
        >>> regret_within(users, [0, 1], error=0.3).is_equilibrium() is None
        True
    """
    deployed = checked_profile(users, profile)
    off = users.score_error if error is None else checked_real("error", error, 0, 1)
    matrix = deviation_payoffs(users, deployed)
    bound = np.zeros_like(matrix)
    if off > 0:
        base, gains = total(users, _uncertain, deployed, off)
        bound = base + gains + off
    own = np.arange(len(deployed)), deployed
    payoff, slack = matrix[own][:, None], bound[own][:, None]
    most, least = matrix + bound - (payoff - slack), matrix - bound - (payoff + slack)
    most[own], least[own] = 0.0, 0.0
    return RegretWithin(least.max(axis=1), most.max(axis=1))


def _uncertain(users: Users, start: int, stop: int, deployed: IntArray, error: float) -> tuple[FloatArray, FloatArray]:
    from ..compiled.users_sums import add_uncertain

    base, gains = np.zeros((1, users.num_models)), np.zeros((len(deployed), users.num_models))
    models, first, counts = np.unique(deployed, return_index=True, return_counts=True)
    owner = np.where(counts == 1, first, -1)
    width = (2 * error + HardMax().tie_tol) * (1 + _ROUNDING) / users.scale
    block, masses = users.scores[start:stop], users.masses[start:stop]
    add_uncertain(block, masses, models, owner, width, users.scale, error, base, gains)
    return base, gains
