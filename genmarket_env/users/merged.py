r"""Users merged into types, with a bound on what that changes, and which verdicts it leaves certain.

A type scores a model by the mean over its members. Under `HardMax` the share of model j among a user's choices depends
only on which of the other models the user puts above j, and which level with it. Let `C_j` be the users for whom that
is not as for their type. Of the others `sum pi_u (S_j(u) - S_j(type))` is minus that of `C_j`, as the mean is a mean,
so that in any profile the payoff of j changes by

    sum over C_j of pi_u S_j(u) (share with u - share with its type),   at most   B_j = sum over C_j of pi_u S_j(u).

So a regret of a platform with model f, by a deviation to j, changes by at most `B_f + B_j`. Derived. Types that are
[rankings](rankings.py) have B = 0.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked_integer, checked_real, checked_seed
from ..choice import HardMax
from ..exact.effort import TooLarge
from ..exact.multisets import multisets
from ..game import checked_platforms
from ..game import deviation_payoffs as deviations_of_market
from ..k_means import first_centres, lloyd, nearest_centre
from ..market import FloatArray, IntArray, Market
from ..messages import magnitude, shown
from ..tolerances import EQUAL, REGRET_TOL
from .data import Users
from .reductions import PIECE, regret
from .sums import pieces, total

SAMPLE = 4096
"""Of so many users, drawn by mass, k-means finds the centres; then each user goes to the nearest."""

STARTS = 3

MOST_PROFILES = 200_000
"""The most profiles that a verdict goes through."""

_ROUNDING = 1e-11
"""More than sums over users round."""


@dataclass(frozen=True, eq=False)
class MergedUsers:
    """Users as the types of a market.

    Attributes:
        market: the types, with mean scores and masses, named after their labels or `group 1`, the largest, and so on;
            those without mass are left out.
        types: the type of each user, `(users,)`; -1 of those without mass.
        bound: the most by which the payoff of each model changes in any profile under `HardMax`, `(models,)`.
    """

    market: Market
    types: IntArray
    bound: FloatArray


def merge(users: Users, into: int | Sequence[Hashable], *, seed: int = 0) -> MergedUsers:
    """Merge users into types: by a label of each, such as a covariate, or by k-means of their scores.

    Args:
        users: the users.
        into: one label a user; or how many types at most, >= 1: k-means on 4,096 users drawn by mass finds the
            centres, then each user goes to the nearest one.
        seed: draws those users and the first centres.

    Raises:
        ValueError: there are not as many labels as users, or `into` is below 1.
        TypeError: `into` is neither.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 0.25], [0.25, 1]], np.float32))
        >>> merged = merge(users, 2)
        >>> merged.market.scores.tolist(), merged.bound.tolist()
        ([[0.625, 0.25], [0.25, 1.0]], [0.0, 0.0])
        >>> merge(users, ["en", "fr", "fr"]).bound.round(3).tolist()
        [0.167, 0.083]
    """
    if isinstance(into, (bool, str, float)) or not isinstance(into, (int, np.integer, Sequence, np.ndarray)):
        raise TypeError(f"into must be a number of types, or one label for each user; got {shown(into)}")
    if isinstance(into, (int, np.integer)):
        found = _by_scores(users, checked_integer("into", into, 1), checked_seed(seed) or 0)
        names = [f"group {place + 1}" for place in range(int(found.max()) + 1)]
    else:
        labels = np.asarray(into)
        if labels.shape != (users.num_users,):
            raise ValueError(f"into has {len(into)} labels for {users.num_users} users; give one for each")
        known, places = np.unique(labels.astype(str), return_inverse=True)
        names, found = known.tolist(), places.astype(np.int64)
    sums, weights = total(users, _sums, found, len(names))
    kept = np.flatnonzero(weights > 0)
    place = np.full(len(weights), -1)
    place[kept] = np.arange(len(kept))
    means = np.clip(sums[kept] / weights[kept, None], 0, 1)
    types = np.where(users.masses > 0, place[found], -1)
    bound = total(users, _changed, types, means)[0]
    market = Market(
        means.T,
        weights[kept] / weights.sum(),
        model_names=users.model_names,
        user_names=[names[group] for group in kept],
    )
    return MergedUsers(market, types, bound)


def _by_scores(users: Users, count: int, seed: int) -> IntArray:
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(users.num_users, SAMPLE, p=users.masses / users.masses.sum()))
    unique, counts = np.unique(users.scores[drawn], axis=0, return_counts=True)
    rows: FloatArray = np.multiply(unique, users.scale, dtype=np.float64)
    weights: FloatArray = counts / SAMPLE
    if count < len(rows):
        tried = []
        for _ in range(STARTS):
            centres = first_centres(rows, weights, count, rng)
            groups, squares = lloyd(rows, weights, centres)
            tried.append((squares, groups))
        groups = min(tried, key=lambda one: one[0])[1]
        masses = np.bincount(groups, weights)
        rows = np.stack([np.bincount(groups, weights * column) for column in rows.T], axis=1) / masses[:, None]
    found = np.empty(users.num_users, np.int64)
    for start, stop in pieces(0, users.num_users, max(1, PIECE // max(users.num_models, len(rows)))):
        found[start:stop] = nearest_centre(users.values(start, stop).T, rows)
    order = np.argsort(-np.bincount(found, users.masses), kind="stable")
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    largest_first: IntArray = ranks[found]
    return largest_first


def _sums(users: Users, start: int, stop: int, groups: IntArray, count: int) -> tuple[FloatArray, FloatArray]:
    from ..compiled.users_sums import add_group_sums

    sums, weights = np.zeros((count, users.num_models)), np.zeros(count)
    block, masses = users.scores[start:stop], users.masses[start:stop]
    add_group_sums(block, masses, groups[start:stop], users.scale, sums, weights)
    return sums, weights


def _changed(users: Users, start: int, stop: int, types: IntArray, means: FloatArray) -> tuple[FloatArray]:
    """What users have for a model, by mass, who put other models above it or level with it than their type does."""
    known, alone = _places(means)
    found = np.zeros(users.num_models)
    for first, last in pieces(start, stop, max(1, PIECE // users.num_models)):
        scores = users.values(first, last).T
        places, near = _places(scores)
        of_type = types[first:last]
        changed = (places != known[of_type]) | (near | alone[of_type])[:, None]
        found += ((users.masses[first:last, None] * scores) * changed).sum(axis=0)
    return (found,)


def _places(scores: FloatArray) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """For each row and model a number that tells which models are above it and level with it; and near ties of a row.

    Sets are told apart by sums of random numbers of 64 bits.
    """
    models = scores.shape[1]
    rng = np.random.default_rng(0)
    above, level = rng.integers(0, 2**64, (2, models), dtype=np.uint64)
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    lower = ranked[:, :-1] > ranked[:, 1:]
    near = np.asarray((lower & (ranked[:, :-1] - EQUAL <= ranked[:, 1:])).any(axis=1))
    position = np.arange(models)
    first = np.zeros(scores.shape, np.int64)  # where the run of those level with it starts
    first[:, 1:] = np.maximum.accumulate(np.where(lower, position[1:], 0), axis=1)
    last = np.full(scores.shape, models)  # and where it ends
    last[:, :-1] = np.minimum.accumulate(np.where(lower, position[1:], models)[:, ::-1], axis=1)[:, ::-1]
    sums = np.zeros((2, len(scores), models + 1), np.uint64)
    np.cumsum(above[order], axis=1, out=sums[0, :, 1:])
    np.cumsum(level[order], axis=1, out=sums[1, :, 1:])
    better = np.take_along_axis(sums[0], first, axis=1)
    equal = np.take_along_axis(sums[1], last, axis=1) - np.take_along_axis(sums[1], first, axis=1)
    found = np.empty_like(better)
    np.put_along_axis(found, order, better + equal, axis=1)
    return found, near


@dataclass(frozen=True, eq=False)
class Verdict:
    """Which profiles are pure equilibria among all users, as far as the types and their bound tell.

    Attributes:
        equilibria: those that certainly are, `(E, platforms)`, sorted multisets.
        undecided: those that may be, `(P, platforms)`. All others certainly are none.
    """

    equilibria: IntArray
    undecided: IntArray

    @property
    def certain(self) -> bool:
        """Whether nothing is undecided: then the types have the same equilibria as all users."""
        return not len(self.undecided)


def verdict(merged: MergedUsers, num_platforms: int, *, tol: float = REGRET_TOL) -> Verdict:
    """What the types say of every profile, under `HardMax`, if each payoff may be off by its bound.

    Args:
        merged: what `merge` gives.
        num_platforms: at least 1.
        tol: the largest regret that an equilibrium may have.

    Raises:
        ValueError: more than 200,000 profiles.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 0.25], [0.25, 1]], np.float32))
        >>> found = verdict(merge(users, 2), 2)
        >>> found.certain, found.equilibria.tolist()
        (True, [[0, 1]])
    """
    platforms, tol = checked_platforms(num_platforms), checked_real("tol", tol, 0, np.inf)
    market, bound = merged.market, merged.bound
    count = math.comb(market.num_models + platforms - 1, platforms)
    if count > MOST_PROFILES:
        raise TooLarge(
            f"{market.num_models} models on {platforms} platforms are {magnitude(count)} profiles, more than the "
            f"{MOST_PROFILES:,} that a verdict goes through: merge users.by_ranking of fewer models"
        )
    held: list[list[IntArray]] = [[], []]
    for profiles in multisets(market.num_models, platforms, 4096):
        gains = deviations_of_market(market, profiles)
        own = np.take_along_axis(gains, profiles[..., None], axis=-1)
        gains = gains - own
        other = profiles[..., None] != np.arange(market.num_models)
        error = other * (bound + bound[profiles][..., None] + _ROUNDING * (bound.max() > 0))
        most, least = (gains + error).max(axis=(1, 2)), (gains - error).max(axis=(1, 2))
        held[0].append(profiles[most <= tol])
        held[1].append(profiles[(least <= tol) & (most > tol)])
    return Verdict(*(np.concatenate(parts) for parts in held))


def settled(users: Users, found: Verdict, *, tol: float = REGRET_TOL) -> IntArray:
    """All pure equilibria among all users, once the undecided profiles of a verdict are put to them, one pass each.

    Example:
        >>> users = Users(np.array([[0.75, 0.25], [0.5, 0.25], [0.25, 1]], np.float32))
        >>> settled(users, verdict(merge(users, ["en", "fr", "fr"]), 2))
        array([[0, 1]])
    """
    kept = [profile for profile in found.undecided if regret(users, profile, HardMax()).max() <= tol]
    every = np.concatenate([found.equilibria, np.array(kept, dtype=np.int64).reshape(-1, found.equilibria.shape[1])])
    return every[np.lexsort(every.T[::-1])]
