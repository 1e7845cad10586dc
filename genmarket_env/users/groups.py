"""What a profile gives users group by group, and what one more model would win."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..choice import ChoiceRule, HardMax
from ..entry.objective import GATE_BETA, adoption_objective, checked_beta
from ..market import FloatArray, IntArray
from ..messages import shown
from .data import Users
from .reductions import PIECE, checked_choice, checked_profile
from .sums import pieces, total


@dataclass(frozen=True, eq=False)
class ByGroup:
    """What a profile gives users, group by group.

    Attributes:
        names: of the groups, in the order of their labels, sorted.
        masses: the share of all users that each has, `(groups,)`.
        welfare: what a user of it gets on average, in units of the score, those who stay away having what is elsewhere.
        served: the share of its users that each platform serves, `(platforms, groups)`.
    """

    names: tuple[str, ...]
    masses: FloatArray
    welfare: FloatArray
    served: FloatArray


def welfare_by_group(
    users: Users, profile: ArrayLike, groups: Sequence[Hashable], choice: ChoiceRule = HardMax()
) -> ByGroup:
    """What a profile gives users, by a label of each, such as their language.

    Args:
        users: the users.
        profile: `(platforms,)`.
        groups: one label a user. A group without mass gets NaN.
        choice: how users choose.

    Raises:
        ValueError: there are not as many labels as users.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1], [0.25, 0.5]], np.float32))
        >>> found = welfare_by_group(users, [0, 1], ["en", "fr", "fr"])
        >>> found.names, found.welfare.tolist(), found.served.tolist()
        (('en', 'fr'), [0.75, 0.75], [[1.0, 0.0], [0.0, 1.0]])
    """
    deployed = checked_profile(users, profile)
    labels = np.asarray(groups)
    if labels.shape != (users.num_users,):
        raise ValueError(f"groups have the shape {labels.shape}; give one label for each of {users.num_users} users")
    names, codes = np.unique(labels.astype(str), return_inverse=True)
    rule = checked_choice(users, choice, len(deployed))
    sums = total(users, _of_groups, deployed, rule, codes.astype(np.int64), len(names))[0]
    with np.errstate(invalid="ignore"):
        means = sums[1:] / sums[0]
    return ByGroup(tuple(names.tolist()), sums[0], means[0], means[1:])


def _of_groups(
    users: Users, start: int, stop: int, deployed: IntArray, choice: ChoiceRule, codes: IntArray, count: int
) -> tuple[FloatArray]:
    """The mass of each group, what it gets, and how much of it each platform serves, `(2 + platforms, groups)`."""
    found = np.zeros((2 + len(deployed), count))
    everyone = np.arange(len(deployed))
    for first, last in pieces(start, stop, max(1, PIECE // len(deployed))):
        scores, masses = users.values(first, last, deployed), users.masses[first:last]
        got = kernel.user_surplus(scores, everyone, choice)
        served = kernel.demand(scores, everyone, choice)
        for row, values in enumerate((np.ones_like(got), got, *served)):
            found[row] += np.bincount(codes[first:last], masses * values, minlength=count)
    return (found,)


@dataclass(frozen=True)
class Entrant:
    """What a new model wins on a platform of its own, the others staying as they are.

    Attributes:
        share: of all users that it serves.
        payoff: the score that they get from it, by mass.
        welfare_gain: by how much the welfare rises.
        objective: the smooth surrogate `F` of the payoff that an entrant trains for, against the best deployed model.
    """

    share: float
    payoff: float
    welfare_gain: float
    objective: float


def entrant(
    users: Users, profile: ArrayLike, scores: ArrayLike, choice: ChoiceRule = HardMax(), *, beta: float = GATE_BETA
) -> Entrant:
    """What a new model would win, given as a column of scores.

    Args:
        users: the users.
        profile: `(platforms,)`, the incumbents.
        scores: of the new model, `(users,)`, in [0, 1].
        choice: how users choose.
        beta: the steepness of the gate of the objective.

    Raises:
        ValueError: there are not as many scores as users, or one is outside [0, 1].

    Source: the objective, Section 5 of the paper; `genmarket_env.entry.objective`.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        >>> found = entrant(users, [0], [0.5, 1])
        >>> found.share, found.payoff, found.welfare_gain, round(found.objective, 3)
        (0.5, 0.5, 0.25, 0.508)
    """
    deployed = checked_profile(users, profile)
    column = np.asarray(scores)
    if column.shape != (users.num_users,) or column.dtype.kind not in "fiu":
        raise ValueError(
            f"scores are {column.dtype} of the shape {column.shape}; give one number for each of {users.num_users} "
            f"users"
        )
    wrong = np.flatnonzero(~((column >= 0) & (column <= 1)))
    if len(wrong):
        raise ValueError(
            f"the new model's score of user {wrong[0]} (from 0) is {shown(float(column[wrong[0]]))}; scores must be in "
            f"[0, 1]"
        )
    rule = checked_choice(users, choice, len(deployed) + 1)
    found = total(users, _entrant, deployed, column, rule, checked_beta(beta))[0]
    return Entrant(*map(float, found))


def _entrant(
    users: Users, start: int, stop: int, deployed: IntArray, column: FloatArray, choice: ChoiceRule, beta: float
) -> tuple[FloatArray]:
    found = np.zeros(4)
    before, after = np.arange(len(deployed)), np.arange(len(deployed) + 1)
    for first, last in pieces(start, stop, max(1, PIECE // len(after))):
        incumbents, masses = users.values(first, last, deployed), users.masses[first:last]
        own = column[first:last].astype(np.float64)
        scores = np.vstack([incumbents, own])
        found += (
            kernel.market_shares(scores, masses, after, choice)[-1],
            kernel.payoffs(scores, masses, after, choice)[-1],
            kernel.welfare(scores, masses, after, choice) - kernel.welfare(incumbents, masses, before, choice),
            adoption_objective(own, incumbents.max(axis=0), masses, beta),
        )
    return (found,)
