"""Mixed equilibria of two players by SciPy's HiGHS: a linear programme if payoffs add up to a constant, or integers."""

from __future__ import annotations

import numpy as np

from ..market import FloatArray

SECONDS = 60.0
"""So long the mixed-integer programme may take."""


def by_linear_programme(first: FloatArray, second: FloatArray) -> list[FloatArray]:
    """The mixtures of two players whose payoffs `(m, n)` add up to a constant (von Neumann 1928).

    Example:
        >>> pennies = np.array([[1.0, -1.0], [-1.0, 1.0]])
        >>> [mixture.round(9).tolist() for mixture in by_linear_programme(pennies, -pennies)]
        [[0.5, 0.5], [0.5, 0.5]]
    """
    return [_maximin(first), _maximin(second.T)]


def _maximin(payoffs: FloatArray) -> FloatArray:
    """The mixture of the row player that makes its least payoff the largest."""
    from scipy.optimize import linprog

    rows, columns = payoffs.shape
    found = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.hstack([-payoffs.T, np.ones((columns, 1))]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, 1)] * rows + [(None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    mixture = np.maximum(found.x[:rows], 0.0)
    return np.asarray(mixture / mixture.sum())


def by_mixed_integer_programme(first: FloatArray, second: FloatArray) -> list[FloatArray] | None:
    """The mixtures of an equilibrium of two players with payoffs `(m, n)` that range over 1; None if none is found.

    Each strategy has a binary: 1 where it may have a regret and must not be played. Source: Sandholm, Gilpin and
    Conitzer, "Mixed-Integer Programming Methods for Finding Nash Equilibria", AAAI 2005, formulation 1.

    Example:
        >>> chicken = np.array([[0.0, -1.0], [1.0, -9.0]])
        >>> x, y = by_mixed_integer_programme(chicken / 10, chicken.T / 10)
        >>> bool(np.isclose(x.sum(), 1) and np.isclose(y.sum(), 1))
        True
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows, columns = first.shape
    # x, y, the binaries of both, and what both expect.
    size = 2 * (rows + columns) + 2
    x, y = slice(0, rows), slice(rows, rows + columns)
    mine, theirs = slice(rows + columns, 2 * rows + columns), slice(2 * rows + columns, size - 2)
    parts, lower, upper = [], [], []

    def add(matrix: FloatArray, least: float, most: float) -> None:
        parts.append(matrix)
        lower.extend([least] * len(matrix))
        upper.extend([most] * len(matrix))

    for own, other, binary, payoffs, value in ((x, y, mine, first, -2), (y, x, theirs, second.T, -1)):
        count = payoffs.shape[0]
        total = np.zeros((1, size))
        total[0, own] = 1.0
        add(total, 1.0, 1.0)
        regret = np.zeros((count, size))
        regret[:, other], regret[:, value] = -payoffs, 1.0
        add(regret, 0.0, np.inf)
        bounded = regret.copy()
        bounded[:, binary] = -np.eye(count) * max(float(np.ptp(payoffs)), 1e-300)
        add(bounded, -np.inf, 0.0)
        played = np.zeros((count, size))
        played[:, own], played[:, binary] = np.eye(count), np.eye(count)
        add(played, -np.inf, 1.0)
    low, high = np.zeros(size), np.ones(size)
    low[-2:], high[-2:] = -np.inf, np.inf
    whole = np.zeros(size)
    whole[mine], whole[theirs] = 1, 1
    found = milp(
        np.zeros(size),
        integrality=whole,
        bounds=Bounds(low, high),
        constraints=LinearConstraint(np.concatenate(parts), np.array(lower), np.array(upper)),
        options={"time_limit": SECONDS},
    )
    if found.x is None:
        return None
    mixtures = [
        np.where(found.x[binary] < 0.5, np.maximum(found.x[own], 0.0), 0.0) for own, binary in ((x, mine), (y, theirs))
    ]
    return [mixture / mixture.sum() for mixture in mixtures]
