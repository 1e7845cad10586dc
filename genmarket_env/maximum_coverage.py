"""Maximum coverage: the models that together are worth the most to users who each take the best.

`values[j, k]` is what type `k` is worth if model `j` is its best: a set `S` is worth `sum_k max_{j in S} values[j, k]`.

`maximum_coverage` is exact: branch and bound with the Lagrangian bound of the p-median problem: for any multipliers
`u_k >= 0`

    worth(S) <= sum_k u_k + sum of the |S| largest rho_j,    rho_j = sum_k max(0, values[j, k] - u_k),

which at the best multipliers equals the bound of the linear relaxation (Cornuejols, Fisher, Nemhauser 1977). It holds
for any multipliers, so the search is exact but for rounding: optima that differ by 1e-12 are told apart.

`coverage_by_milp` is the same problem as a mixed-integer programme. Its solver, HiGHS, ends at an absolute gap of 1e-6,
which SciPy does not let one set, so the objective is scaled up by 2^20: unscaled, two of models that differ by 1e-7
are confused, and the bound may lie below the optimum.

`greedy_coverage` adds the model that adds the most, one at a time: worth is monotone and submodular, so what it finds
is worth at least `1 - (1 - 1 / size)^size > 1 - 1 / e` of the optimum (Nemhauser, Wolsey, Fisher 1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .market import FloatArray, IntArray

_ROOT_STEPS = 500
_NODE_STEPS = 30

_SCALE = 2.0**20
_HIGHS_GAP = 1e-6


@dataclass(frozen=True, eq=False)
class MaximumCoverage:
    """The best set found.

    Attributes:
        models: the set, ascending, `(size,)`.
        worth: what it is worth.
        upper_bound: no set is worth more than this.
        nodes: how many nodes were searched; 0 by a greedy choice.
    """

    models: IntArray
    worth: float
    upper_bound: float
    nodes: int


@dataclass(frozen=True, eq=False)
class _Node:
    """The sets that contain `chosen` and otherwise only models of `free`: none is worth more than `bound`."""

    chosen: IntArray
    free: IntArray
    multipliers: FloatArray
    bound: float


def maximum_coverage(values: FloatArray, size: int, *, tolerance: float, max_nodes: int) -> MaximumCoverage:
    """The set of `size` models that is worth the most, to within `tolerance` unless `max_nodes` run out.

    Args:
        values: `(models, users)`, >= 0.
        size: in [1, models].
        tolerance: how much better a set must be to be looked for.
        max_nodes: how many nodes to search at most.
    """
    models = len(values)
    best = _local_search(values, size)
    worth = _worth(values, best)
    # With the multipliers at a type's (size + 1)-th best value, about `size` models have a claim to it.
    start = np.sort(values, axis=0)[max(0, models - size - 1)]
    stack = [_Node(np.arange(0), np.arange(models), start, np.inf)]
    nodes = 0
    while stack and nodes < max_nodes:
        node = stack.pop()
        if node.bound <= worth + tolerance:
            continue
        nodes += 1
        candidate, children = _explore(values, size, node, worth + tolerance)
        if _worth(values, candidate) > worth:
            best, worth = candidate, _worth(values, candidate)
        stack += children
    upper_bound = max([worth + tolerance, *(node.bound for node in stack)])
    return MaximumCoverage(np.sort(best), worth, upper_bound, nodes)


def greedy_coverage(values: FloatArray, size: int) -> MaximumCoverage:
    """The set of `size` models that adding the best one, one at a time, comes to.

    By submodularity no set is worth more than the chosen so far and the `size` largest gains that are left. The least
    of these bounds along the way is at most `worth / (1 - (1 - 1 / size)^size)`.

    Args:
        values: `(models, users)`, >= 0.
        size: in [1, models].
    """
    models = _greedy(values, size)
    bounds = []
    for count in range(size + 1):
        covered = values[models[:count]].max(axis=0, initial=0.0)
        gains = np.maximum(values - covered, 0.0).sum(axis=1)
        bounds.append(float(covered.sum() + np.sort(gains)[-size:].sum()))
    return MaximumCoverage(np.sort(models), _worth(values, models), min(bounds), 0)


def coverage_by_milp(values: FloatArray, size: int, *, max_nodes: int) -> MaximumCoverage:
    """The set of `size` models that is worth the most, by HiGHS, to within 1e-11 unless `max_nodes` run out.

    Args:
        values: `(models, users)`, >= 0.
        size: in [1, models].
        max_nodes: how many nodes to search at most.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack

    models, users = values.shape
    worth_something = np.nonzero(values)
    cells = worth_something[0].size
    opened = csr_array((np.ones(cells), (np.arange(cells), worth_something[0])), shape=(cells, models))
    served = csr_array((np.ones(cells), (worth_something[1], np.arange(cells))), shape=(users, cells))
    found = milp(
        np.concatenate([np.zeros(models), -_SCALE * values[worth_something]]),
        constraints=[
            LinearConstraint(hstack([-opened, eye_array(cells)], format="csr"), ub=0),
            LinearConstraint(hstack([csr_array((users, models)), served], format="csr"), ub=1),
            LinearConstraint(csr_array(np.repeat([1.0, 0.0], [models, cells])[None]), ub=size),
        ],
        integrality=np.repeat([1, 0], [models, cells]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0, "node_limit": max_nodes},
    )
    opened_models = np.flatnonzero(found.x[:models] > 0.5) if found.x is not None else _greedy(values, size)
    # HiGHS opens fewer models where more add nothing.
    best = np.append(opened_models, np.setdiff1d(np.arange(models), opened_models))[:size]
    worth = _worth(values, best)
    bound = np.inf if found.mip_dual_bound is None else (_HIGHS_GAP - found.mip_dual_bound) / _SCALE
    return MaximumCoverage(np.sort(best), worth, max(worth, float(bound)), int(found.mip_node_count or 0))


def _worth(values: FloatArray, models: IntArray) -> float:
    return float(values[models].max(axis=0).sum())


def _greedy(values: FloatArray, size: int) -> IntArray:
    """Models in the order in which each adds the most to those before, `(size,)`."""
    models = np.zeros(size, np.int64)
    for position in range(size):
        models[position] = _best_addition(values, models[:position])
    return models


def _local_search(values: FloatArray, size: int) -> IntArray:
    """The greedy choice, then swaps of one model as long as they help."""
    best = _greedy(values, size)
    improved = True
    while improved:
        improved = False
        for position in range(size):
            swapped = best.copy()
            swapped[position] = _best_addition(values, np.delete(best, position))
            if _worth(values, swapped) > _worth(values, best):
                best, improved = swapped, True
    return best


def _best_addition(values: FloatArray, models: IntArray) -> int:
    together = np.maximum(values, values[models].max(axis=0, initial=0.0)).sum(axis=1)
    together[models] = -1.0
    return int(together.argmax())


def _explore(values: FloatArray, size: int, node: _Node, target: float) -> tuple[IntArray, list[_Node]]:
    """A set of the node, and the nodes that hold all its sets worth more than `target`."""
    from .compiled.coverage import lagrangian_bound

    covered = values[node.chosen].max(axis=0, initial=0.0)
    gains = np.maximum(values[node.free] - covered, 0.0)
    room = size - len(node.chosen)
    if len(node.free) <= room:
        return np.append(node.chosen, node.free), []
    if room == 1:
        return np.append(node.chosen, node.free[gains.sum(axis=1).argmax()]), []
    base = float(covered.sum())
    steps = _ROOT_STEPS if node.bound == np.inf else _NODE_STEPS
    bound, reduced, multipliers = lagrangian_bound(gains, room, node.multipliers, target - base, steps)
    bound += base
    order = np.argsort(-reduced, kind="stable")
    leading, trailing = order[:room], order[room:]
    candidate = np.append(node.chosen, node.free[leading])
    # What the bound falls to if a leading model is left out, and if a trailing one is taken in instead of the last.
    needed = bound - reduced[leading] + reduced[trailing[0]] <= target
    possible = bound - reduced[leading[-1]] + reduced[trailing] > target
    if bound <= target or needed.all():
        return candidate, []
    chosen = np.append(node.chosen, node.free[leading[needed]])
    branch = leading[~needed][0]
    others = np.append(leading[~needed][1:], trailing[possible])
    # Beside `branch`, a model that adds no more to any type is no rival: a set gains by having `branch` in its place.
    rivals = others[(gains[others] > gains[branch]).any(axis=1)]
    children = []
    if len(chosen) + len(rivals) >= size:
        children.append(_Node(chosen, node.free[rivals], multipliers, bound))
    if len(chosen) + 1 < size:
        children.append(_Node(np.append(chosen, node.free[branch]), node.free[others], multipliers, bound))
    return candidate, children
