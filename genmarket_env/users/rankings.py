r"""Users who rank the models alike are one type: exactly, under `HardMax`.

To whom a user goes depends on how the deployed models rank, ties included, and on nothing else. So if all users of a
type rank the models alike, each platform serves the same share of all of them, and what it earns from them,
`share * sum_u pi_u S_j(u)`, is what it earns from one type with their mass and their mean scores. Every payoff of every
profile is the same, and with it pure, mixed and correlated equilibria, dynamics, coverage and welfare. Derived. Of five
models there are at most 541 rankings, of any number no more than users.

Most models of a large pool are in no equilibrium: see `genmarket_env.equilibrium.dominance`, whose rule `candidates`
applies to users one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked_integer, checked_real
from ..choice import ChoiceRule, HardMax
from ..equilibrium.pure_nash import pure_equilibria as equilibria_of_market
from ..game import checked_platforms
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from ..tolerances import EQUAL, REGRET_TOL
from .data import MOST_IN_MEMORY, Users
from .reductions import PIECE
from .sums import pieces, total

FIRST = 2048
"""So many users say first which models may dominate which."""

RIVALS = 4
"""Of so many models it is seen whether they dominate a model: those best on average that do for the first users."""

_SLACK = 1e-14


def by_ranking(users: Users, models: Sequence[int] | IntArray | None = None, tie_tol: float = EQUAL) -> Market:
    """The market of some models whose types are the rankings of them, ties included: exact under `HardMax`.

    Users two of whose scores differ, but by no more than `tie_tol`, are types of their own.

    Args:
        users: the users.
        models: the models to take, by index; all by default.
        tie_tol: that of the rule.

    Returns:
        The market; users without mass are in no type.

    Raises:
        ValueError: there are so many rankings that the market would have more than 30 million scores.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 0.25], [0.25, 1]], np.float32))
        >>> market = by_ranking(users)
        >>> market.scores.round(3).tolist(), market.masses.round(3).tolist()
        ([[0.625, 0.25], [0.25, 1.0]], [0.667, 0.333])
    """
    chosen = np.arange(users.num_models) if models is None else np.asarray(models, dtype=np.int64)
    types: dict[bytes, int] = {}
    masses, sums = np.zeros(0), np.zeros((0, len(chosen)))
    for start, stop in pieces(0, users.num_users, max(1, PIECE // len(chosen))):
        weights = users.masses[start:stop]
        scores = users.values(start, stop, chosen).T
        present = weights > 0
        codes = _codes(scores, tie_tol, start)[present]
        known = np.array([types.setdefault(code.tobytes(), len(types)) for code in codes], dtype=np.int64)
        if len(types) * len(chosen) > MOST_IN_MEMORY:
            raise ValueError(
                f"{len(chosen)} models have more rankings among these users than a market in memory may have: name "
                f"fewer models"
            )
        more = len(types) - len(masses)
        masses = np.append(masses, np.zeros(more))
        sums = np.vstack([sums, np.zeros((more, len(chosen)))])
        np.add.at(masses, known, weights[present])
        np.add.at(sums, known, weights[present, None] * scores[present])
    names = [users.model_names[j] for j in chosen]
    return Market(np.clip(sums / masses[:, None], 0, 1).T, masses / masses.sum(), model_names=names)


def _codes(scores: FloatArray, tie_tol: float, first: int) -> NDArray[np.uint8]:
    """A row of bytes for each user, equal for those who rank alike: the rank of each model, and who is alone."""
    users, models = scores.shape
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    lower = ranked[:, :-1] > ranked[:, 1:]
    near = (lower & (ranked[:, :-1] - tie_tol <= ranked[:, 1:])).any(axis=1)
    places = np.zeros((users, models), np.uint16)
    places[:, 1:] = np.cumsum(lower, axis=1)
    ranks = np.empty_like(places)
    np.put_along_axis(ranks, order, places, axis=1)
    alone = np.where(near, first + np.arange(users) + 1, 0).astype(np.uint64)
    return np.hstack([ranks.view(np.uint8), alone[:, None].view(np.uint8)])


def candidates(users: Users, num_platforms: int, *, tol: float = REGRET_TOL) -> IntArray:
    """The models that can be in a pure equilibrium under `HardMax`, indices in ascending order.

    A model is left out if another one is strictly better for every user for whom it is worth something; it is seen
    against few others, so that some may be kept that are dominated.

    Args:
        users: the users.
        num_platforms: at least 1.
        tol: the regret that an equilibrium may have.

    Example:
        >>> users = Users(np.array([[0.75, 0.5, 0], [0.5, 0.25, 1]], np.float32))
        >>> candidates(users, 2)
        array([0, 2])
    """
    margin = checked_platforms(num_platforms) * (checked_real("tol", tol, 0, np.inf) + _SLACK)
    stop = min(FIRST, users.num_users)
    values = users.values(0, stop) * users.masses[:stop]
    everyone = np.arange(users.num_models)
    if values.max() <= margin:
        return everyone
    dominates = np.ones((users.num_models, users.num_models), np.bool_)  # [l, j]
    np.fill_diagonal(dominates, val=False)
    for k in range(stop):
        dominates &= (values[:, k][:, None] > values[:, k] + margin) | (values[:, k] <= 0)
        if not dominates.any():
            return everyone
    averages = np.where(dominates, values.sum(axis=1)[:, None], -np.inf)
    rivals = np.argsort(-averages, axis=0, kind="stable")[:RIVALS]
    better, worse = rivals.ravel(), np.tile(everyone, len(rivals))
    tried = dominates[better, worse]
    better, worse = better[tried], worse[tried]
    counts = total(users, _not_dominated, better, worse, margin)[0]
    return np.setdiff1d(everyone, worse[counts == 0])


def _not_dominated(
    users: Users, start: int, stop: int, better: IntArray, worse: IntArray, margin: float
) -> tuple[IntArray]:
    """For how many users each of some pairs of models is no dominance."""
    found = np.zeros(len(better), np.int64)
    rows = max(1, PIECE // max(users.num_models, len(better)))
    for first, last in pieces(start, stop, rows):
        values = users.values(first, last) * users.masses[first:last]
        mine, theirs = values[better], values[worse]
        found += ((mine <= theirs + margin) & (theirs > 0)).sum(axis=1)
    return (found,)


def pure_equilibria(
    users: Users,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    models: Sequence[int] | None = None,
    tol: float = REGRET_TOL,
) -> IntArray:
    """Every pure Nash equilibrium, as sorted multisets `(E, platforms)` in lexicographic order; E may be 0.

    Under `HardMax` models that are in none are left out, and users merged by how they rank the rest: exact. Under any
    other rule every user is a type. Then it is the search of `genmarket_env.pure_equilibria`, and what it finds holds
    for all users.

    Args:
        users: the users.
        num_platforms: at least 1.
        choice: how users choose.
        models: the pool, by index; all by default. Platforms may deploy no other.
        tol: the largest regret that an equilibrium may have, >= 0.

    Raises:
        ValueError: too many multisets or scores to search (says how many): name fewer models.

    Example:
        >>> users = Users(np.array([[0.75, 0.5, 0], [0.5, 0.25, 1]], np.float32))
        >>> pure_equilibria(users, 2)
        array([[0, 2]])
    """
    platforms = checked_platforms(num_platforms)
    pool = np.arange(users.num_models) if models is None else np.array(
        [checked_integer("each of models", j, 0, users.num_models - 1) for j in models], dtype=np.int64
    )  # fmt: skip
    if not len(pool) or len(np.unique(pool)) < len(pool):
        raise ValueError(f"models is {shown(models)}; it must name at least one model, and none twice")
    pool = np.sort(pool)
    if type(choice) is not HardMax:
        found = equilibria_of_market(users.market(pool), platforms, choice, tol=tol)
        return pool[found]
    if len(pool) == users.num_models:
        pool = candidates(users, platforms, tol=tol)
    return pool[equilibria_of_market(by_ranking(users, pool, choice.tie_tol), platforms, choice, tol=tol)]
