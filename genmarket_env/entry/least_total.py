"""The least total improvement of a model that breaks every limit set, as a mixed-integer programme.

For every user type the scores from the start on are cut into segments at the best scores of the opponents that occur.
A binary chooses the segment, a continuous variable the place in it. Of each limit set a binary chooses the case that is
met. What a model earns against given opponents is linear in these, since a type is won or not by the segment alone: in
the infimum a tie counts as won, because any more wins it, except at the score 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..market import FloatArray
from ..tolerances import EQUAL

STRICT = 1e-10
"""By how much a strict target is to be exceeded, so that one which cannot be exceeded counts as out of reach."""

SAFE = 1e-5
"""By how much instead, where the solver's tolerance lets it take too many choices that just miss a strict target."""

ATTEMPTS = 20
"""So many choices that just miss a target are excluded one by one."""

NEGLIGIBLE = 1e-9
"""Improvements of no more than this, by mass, are taken for 0."""


@dataclass(frozen=True, eq=False)
class Closure:
    """One case of a limit set, type by type.

    Attributes:
        best: the best opponent's score of each type, `(users,)`; -1 without opponents.
        rivals: how many opponents have it, `(users,)`.
        target: what the model must earn.
        weak: whether exactly that suffices.
    """

    best: FloatArray
    rivals: FloatArray
    target: float
    weak: bool

    def earned_per_mass(self, scores: FloatArray) -> FloatArray:
        """What a model with these scores earns of each type, by its mass, ties split: `(users,)`."""
        tied = np.abs(scores - self.best) <= EQUAL
        won = np.where(scores > self.best, scores, 0.0)
        return np.where(tied, scores / (self.rivals + 1), won)


class _Segments(NamedTuple):
    """The segments of all types in a row: whose they are, where they start and how long they are."""

    user: Any
    low: FloatArray
    length: FloatArray


def least_total(limit_sets: list[list[Closure]], masses: FloatArray, start: FloatArray) -> FloatArray | None:
    """The scores of the least mass-weighted sum, from `start` up to 1, that break every limit set; None if none do.

    Args:
        limit_sets: the cases of each, one of which is to be met.
        masses: of the types, `(users,)`; a type without mass keeps its score.
        start: `(users,)`, in [0, 1].

    Returns:
        `(users,)`: the scores at the infimum; where it needs a tie to be won, scores a little higher attain it. The
        least sum is exact to 1e-8; to 1e-5 where more than `ATTEMPTS` cheaper choices miss a strict target by less than
        the solver's tolerance.
    """
    reachable = _reachable(limit_sets, masses)
    if not all(reachable):
        return None
    cases = [case for cases in reachable for case in cases]
    segments = _segments(cases, masses, start)
    count, total = len(segments.user), len(segments.user) * 2 + len(cases)
    cost = np.zeros(total)
    cost[:count], cost[count : 2 * count] = masses[segments.user] * segments.low, masses[segments.user]
    equal = np.zeros((len(start), total))
    equal[segments.user, np.arange(count)] = 1
    chosen = np.zeros((len(reachable), total))
    owner = np.repeat(np.arange(len(reachable)), [len(cases) for cases in reachable])
    chosen[owner, 2 * count + np.arange(len(cases))] = 1
    inside = np.hstack([np.diag(segments.length), -np.eye(count), np.zeros((count, len(cases)))])
    least = np.repeat([1.0, 0.0], [len(chosen), count + len(cases)])
    whole = np.ones(total, np.bool_)
    whole[count : 2 * count] = False
    for margin in (STRICT, SAFE):
        rows = np.vstack([chosen, inside, _met(cases, segments, masses, margin)])
        values = _solve(cost, equal, rows, least, whole)
        if values is not None:
            return _scores(values, segments, masses, start)
    return np.where(masses > 0, 1.0, start)  # every limit set is broken there


def _reachable(limit_sets: list[list[Closure]], masses: FloatArray) -> list[list[Closure]]:
    """The cases that a perfect model meets, of each limit set once."""
    found: dict[tuple[Any, ...], list[Closure]] = {}
    for cases in limit_sets:
        met = [
            case
            for case in cases
            if masses @ case.earned_per_mass(np.ones(len(masses))) >= case.target + (-EQUAL if case.weak else STRICT)
        ]
        key = tuple((case.best.tobytes(), case.rivals.tobytes(), case.target, case.weak) for case in met)
        found[key] = met
    return list(found.values())


def _met(cases: list[Closure], segments: _Segments, masses: FloatArray, margin: float) -> FloatArray:
    """What each case earns beyond its target, if it is chosen, as coefficients: `(cases, variables)`."""
    count = len(segments.user)
    met = np.zeros((len(cases), 2 * count + len(cases)))
    for row, case in enumerate(cases):
        met[row, :count], met[row, count : 2 * count] = _earnings(case, segments, masses)
        met[row, 2 * count + row] = -(case.target - EQUAL if case.weak else case.target + margin)
    return met


def _solve(cost: FloatArray, equal: FloatArray, rows: FloatArray, least: FloatArray, whole: Any) -> Any:
    """The variables in [0, 1] of the least cost with `equal @ v = 1` and `rows @ v >= least`.

    The solver's tolerances are wide beside ours. So what it chooses for the whole variables is solved again as a linear
    programme with narrow ones; a choice that then turns out to be impossible is excluded, and the next best is sought.
    None after `ATTEMPTS` such choices, or if there is none.
    """
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    narrow = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    integrality = whole.astype(int)
    for _ in range(ATTEMPTS):
        constraints = [LinearConstraint(equal, 1, 1), LinearConstraint(rows, least, np.inf)]
        # The solver stops at an absolute gap of 1e-6: of a larger cost that is less.
        found = milp(
            1e3 * cost,
            integrality=integrality,
            bounds=Bounds(0, 1),
            constraints=constraints,
            # With presolve HiGHS writes to the standard output now and then, whatever it is told to display.
            options={"mip_rel_gap": 0.0, "presolve": False},
        )
        if found.x is None:
            return None
        choice = np.round(found.x)
        bounds = [(value, value) if fixed else (0, 1) for value, fixed in zip(choice, whole, strict=True)]
        polished = linprog(cost, -rows, -least, equal, np.ones(len(equal)), bounds=bounds, options=narrow)
        if polished.x is not None:
            return np.where(whole, choice, polished.x)
        taken = whole & (choice == 1)
        rows, least = np.vstack([rows, -1.0 * taken]), np.append(least, 1.0 - taken.sum())
    return None


def _scores(values: FloatArray, segments: _Segments, masses: FloatArray, start: FloatArray) -> FloatArray:
    """The scores that the variables stand for, `(users,)`."""
    count = len(segments.user)
    further = values[count : 2 * count]
    # What the strict targets ask beyond the infimum, and rounding.
    further = np.where(masses[segments.user] * further <= NEGLIGIBLE, 0.0, further)
    scores = np.zeros(len(start))
    np.add.at(scores, segments.user, values[:count] * segments.low + further)
    return np.clip(scores, start, 1)


def _segments(cases: list[Closure], masses: FloatArray, start: FloatArray) -> _Segments:
    rows: list[tuple[int, float, float]] = []
    for user, (mass, first) in enumerate(zip(masses.tolist(), start.tolist(), strict=True)):
        above = {float(case.best[user]) for case in cases if case.best[user] > first} if mass > 0 else set()
        cuts = [first, *sorted(above)]
        ends = [*cuts[1:], 1.0 if mass > 0 else first]
        rows += [(user, low, high - low) for low, high in zip(cuts, ends, strict=True)]
    users, lows, lengths = zip(*rows, strict=True)
    return _Segments(np.array(users), np.array(lows), np.array(lengths))


def _earnings(case: Closure, segments: _Segments, masses: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What choosing each segment earns in a case, and what each unit further in it adds."""
    best, mass = case.best[segments.user], masses[segments.user]
    won = segments.low >= best
    full = won & (best >= 1)
    share = np.where(full, 1 / (case.rivals[segments.user] + 1), won.astype(float))
    return mass * share * segments.low, mass * share
