"""The cheapest contract under which an agent picks one of its options, and the hypothesis tests that say its cost.

Option i yields score j with probability `F_ij` and costs `c_i`; a contract pays `t_j >= 0`. It implements option i if
`(F_i - F_k).t >= c_i - c_k` for all k. Linear programmes are solved by HiGHS, the least variance as a least-distance
problem by non-negative least squares (Lawson and Hanson).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..market import FloatArray
from ..tolerances import EQUAL

Objective = Literal["min-pay", "min-budget", "min-variance"]
OBJECTIVES: tuple[Objective, ...] = ("min-pay", "min-budget", "min-variance")


def objective_value(objective: Objective, row: FloatArray, t: FloatArray) -> FloatArray:
    """What a contract costs under a distribution of scores: expected pay, largest pay or variance; `(*batch,)`."""
    if objective == "min-budget":
        return np.broadcast_to(t.max(axis=-1), np.broadcast_shapes(row.shape[:-1], t.shape[:-1]))
    mean = (row * t).sum(axis=-1)
    return mean if objective == "min-pay" else (row * (t - mean[..., None]) ** 2).sum(axis=-1)


def cheapest_contract(
    F: FloatArray,
    c: FloatArray,
    target: int,
    objective: Objective,
    *,
    monotone: bool = False,
    reject: bool = False,
    most: float | None = None,
) -> FloatArray | None:
    """The contract `(m,)` of the least cost that implements an option; None where there is none.

    Args:
        F: the distribution of scores of each option, `(n, m)`.
        c: the costs, `(n,)`.
        target: the option.
        objective: what is made least; all on the distribution of the target.
        monotone: whether a better score must not be paid less.
        reject: whether the agent can also walk away, with nothing.
        most: the largest payment.

    Raises:
        ValueError: the least variance is asked for, and `most` binds or the target never yields some score.

    Example:
        >>> F = np.array([[0.665, 0.335], [0.64, 0.36], [0.47, 0.53]])
        >>> cheapest_contract(F, np.array([0.18165, 0.2415, 0.6405]), 2, "min-pay").round(6)
        array([0.      , 2.353077])
    """
    others = np.arange(len(F)) != target
    rows, needed = F[target] - F[others], c[target] - c[others]
    if reject:
        rows, needed = np.vstack([rows, F[target]]), np.append(needed, c[target])
    # A row of zeros asks for nothing, or for what cannot be had: a solver might take rounding for a way.
    blank = np.abs(rows).max(axis=1, initial=0) <= EQUAL
    if (blank & (needed > EQUAL)).any():
        return None
    rows, needed = rows[~blank], needed[~blank]
    if objective == "min-variance":
        return _least_variance(F[target], rows, needed, monotone, most)
    return _least_linear(F[target], rows, needed, objective, monotone, most)


def _least_linear(
    row: FloatArray, rows: FloatArray, needed: FloatArray, objective: Objective, monotone: bool, most: float | None
) -> FloatArray | None:
    from scipy.optimize import linprog

    size = len(row)
    rising = np.diff(np.eye(size), axis=0) if monotone else np.zeros((0, size))
    limits = [-rows, -rising]
    bounds: list[tuple[float, float | None]] = [(0, most)] * size
    costs = row
    if objective == "min-budget":  # one variable more: the largest payment
        limits = [np.hstack([part, np.zeros((len(part), 1))]) for part in limits]
        limits.append(np.hstack([np.eye(size), -np.ones((size, 1))]))
        bounds, costs = [*bounds, (0, most)], np.append(np.zeros(size), 1.0)
    right = np.zeros(sum(len(part) for part in limits))
    right[: len(needed)] = -needed
    found = linprog(costs, np.vstack(limits), right, bounds=bounds, method="highs-ds")
    return np.maximum(found.x[:size], 0.0) if found.status == 0 else None


def _least_variance(
    row: FloatArray, rows: FloatArray, needed: FloatArray, monotone: bool, most: float | None
) -> FloatArray | None:
    from scipy.optimize import nnls

    if (row <= 0).any():
        raise ValueError("the least variance needs that every score can come about under the option to be implemented")
    size, scale = len(row), np.sqrt(row)
    shifted = np.abs(rows.sum(axis=1)) <= 1e-9  # incentives do not see what is paid at every score; walking away does
    rising = np.diff(np.eye(size), axis=0) if monotone else np.zeros((0, size))
    # Least |x| subject to G x >= h, for x = sqrt(row) u.
    G = np.vstack([rows[shifted], rising]) / scale
    h = np.append(needed[shifted], np.zeros(len(rising)))
    u = np.zeros(size)
    if len(h):  # without a condition SciPy's solver ends the process
        y, _ = nnls(np.vstack([G.T, h]), np.append(np.zeros(size), 1.0))
        residual = np.append(G.T @ y, h @ y - 1.0)
        if abs(residual[-1]) <= 1e-10:
            return None
        u = -residual[:size] / residual[-1] / scale
    met = rows[shifted] @ u
    if (met > 0).any():
        u = u * max(1.0, float(np.max(np.where(met > 0, needed[shifted] / np.where(met > 0, met, 1.0), 0.0))))
    t = u - u.min()
    short = (needed - rows @ t)[~shifted]
    t = t + max(0.0, float(short.max(initial=0.0)))
    if most is not None and t.max() > most:
        raise ValueError(f"the contract of the least variance pays up to {t.max():g}: give a B_max above that")
    return t


def minimax_test(F: FloatArray, kind: Literal["sum", "ratio"]) -> float:
    """The risk of the best test of the last option against all the others, in [0, 1].

    Args:
        F: the distribution of scores of each option, `(n, m)`.
        kind: "sum": `min_phi max_i F_i.phi + 1 - F_n.phi`; "ratio": `min_phi max_i F_i.phi / F_n.phi`. A test phi in
            [0, 1]^m says how likely each score counts for the last option.

    The least budget that covers a gap b of costs is `b / (1 - sum risk)`, the least pay `b / (1 - ratio risk)`.

    Example:
        >>> minimax_test(np.array([[0.665, 0.335], [0.47, 0.53]]), "ratio").__round__(6)
        0.632075
    """
    from scipy.optimize import linprog

    weak, strong = F[:-1], F[-1]
    size = len(strong)
    costs = np.append(np.zeros(size), 1.0)
    above = -np.ones((len(weak), 1))
    if kind == "sum":
        found = linprog(
            costs, np.hstack([weak - strong, above]), -np.ones(len(weak)), bounds=[(0, 1)] * size + [(0, 1)]
        )
    else:  # a ratio does not change with the scale of phi, so that the power can be set to 1
        found = linprog(
            costs,
            np.hstack([weak, above]),
            np.zeros(len(weak)),
            np.append(strong, 0.0)[None],
            [1.0],
            bounds=[(0, None)] * (size + 1),
        )
    return float(min(found.fun, 1.0))


def threshold_pays(F: FloatArray, c: FloatArray, target: int, reject: bool = False) -> FloatArray:
    """What must at least be paid from each score on, and nothing below, to implement an option, `(m,)`; inf if nothing.

    Example:
        >>> F = np.array([[0.665, 0.335], [0.64, 0.36], [0.47, 0.53]])
        >>> threshold_pays(F, np.array([0.18165, 0.2415, 0.6405]), 2).round(6)
        array([     inf, 2.353077])
    """
    tails = np.cumsum(F[:, ::-1], axis=1)[:, ::-1]
    others = np.arange(len(F)) != target
    gains, needed = tails[target] - tails[others], (c[target] - c[others])[:, None]
    if reject:
        gains, needed = np.vstack([gains, tails[target]]), np.append(needed, [[c[target]]], axis=0)
    up, down = gains > EQUAL, gains < -EQUAL
    needed = np.broadcast_to(needed, gains.shape)
    ratios = needed / np.where(up | down, gains, 1.0)
    least = np.where(up, ratios, 0.0).max(axis=0, initial=0.0)
    most = np.where(down, ratios, np.inf).min(axis=0, initial=np.inf)
    possible = (least <= most) & (up | down | (needed <= EQUAL)).all(axis=0)
    return np.where(possible, least, np.inf)
