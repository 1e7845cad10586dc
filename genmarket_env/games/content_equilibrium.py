"""The equilibria of producers of content: with one tool, by pooling and water-filling; with two tools side by side.

With z the probability of a type and n - 1 others, `g(z) = E[(1 + Bin(n - 1, z))^-gamma]` falls in z. All making p is an
equilibrium iff p maximises the potential `sum_k d_k integral_0^{p_k} g`: over all distributions that means `d_k g(p_k)`
equal on the support; over those that do not increase along a ranking, the same for values pooled along it. Derived;
Raghavan (arXiv 2412.08610) has the potential.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

import numpy as np

from ..market import FloatArray

COLDEST, HOTTEST = 0.05, 20.0
"""The temperatures of a tool."""

NEWTON_STEPS = 200
"""Far more than are needed: both functions solved are convex, so that Newton's steps from the left never overshoot."""


def crowding(z: FloatArray, n: int, gamma: float) -> FloatArray:
    """`E[(1 + Bin(n - 1, z))^-gamma]`, elementwise: what is left of a value beside n - 1 others.

    Example:
        >>> crowding(np.array([0.0, 0.5, 1.0]), 2, 1.0)
        array([1.  , 0.75, 0.5 ])
    """
    return _expected(z, _scores(n, gamma))


def _scores(n: int, gamma: float) -> FloatArray:
    """What is left of a value beside 0..n - 1 others."""
    return np.asarray((1.0 + np.arange(n)) ** -gamma, float)


def _expected(z: FloatArray, scores: FloatArray) -> FloatArray:
    """`E[scores[X]]`, X binomial of `len(scores) - 1` trials of probability z."""
    counts = np.arange(len(scores))
    ways = np.array([float(comb(len(scores) - 1, c)) for c in counts])
    with np.errstate(under="ignore"):
        return (z[..., None] ** counts * (1 - z[..., None]) ** counts[::-1]) @ (ways * scores)


def others_score(made: FloatArray, gamma: float) -> FloatArray:
    """`E[(1 + others who make k)^-gamma]` of each producer and type, `(*batch, n, K)`, of distributions made.

    The number of others is a sum of independent trials, whose law is built up producer by producer.
    """
    n = made.shape[-2]
    scores = _scores(n, gamma)
    if ((made == 0) | (made == 1)).all():
        return scores[(made.sum(axis=-2, keepdims=True) - made).astype(int)]
    kept = []
    for i in range(n):
        law = np.zeros((*made.shape[:-2], made.shape[-1], n))
        law[..., 0] = 1.0
        for j in (j for j in range(n) if j != i):
            chance = made[..., j, :, None]
            law[..., 1:] = law[..., 1:] * (1 - chance) + law[..., :-1] * chance
            law[..., :1] *= 1 - chance
        kept.append((law * scores).sum(axis=-1))
    return np.stack(kept, axis=-2)


def extremes_of(ranking: Sequence[int] | None, size: int) -> FloatArray:
    """The distributions of which a tool's user makes a mixture, `(K, K)`: the top j of the ranking, equally likely.

    Without a ranking a type each.

    Example:
        >>> extremes_of((1, 0), 2)
        array([[0. , 1. ],
               [0.5, 0.5]])
    """
    if ranking is None:
        return np.eye(size)
    rows = np.zeros((size, size))
    rows[:, np.array(ranking)] = np.tril(np.ones((size, size))) / np.arange(1, size + 1)[:, None]
    return rows


def pooled(d: FloatArray, ranking: Sequence[int] | None) -> FloatArray:
    """The values averaged over neighbours in the ranking until they do not increase along it; d itself without one.

    Example:
        >>> pooled(np.array([1.0, 0.8, 0.5]), (1, 0, 2))
        array([0.9, 0.9, 0.5])
    """
    if ranking is None:
        return d
    blocks: list[tuple[float, int]] = []
    for value in d[np.array(ranking)]:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] < mean:
            last, length = blocks.pop()
            mean, size = (last * length + mean * size) / (length + size), length + size
        blocks.append((mean, size))
    values = np.empty(len(d))
    values[np.array(ranking)] = np.concatenate([np.full(size, mean) for mean, size in blocks])
    return values


def water_filled(d: FloatArray, n: int, gamma: float) -> FloatArray:
    """The distribution p with `d_k g(p_k)` equal where `p_k > 0` and not larger elsewhere, `(K,)`.

    Where g does not fall (n = 1, or gamma = 0) everything is made of the best types: of values that are one pool
    equally, of distinct types that tie the first.
    """
    best = d >= d.max() - 1e-15
    if n == 1 or gamma == 0 or (d > 0).sum() == 1:
        return np.where(best, 1 / best.sum(), 0.0)

    scores = _scores(n, gamma)

    def slope(z: FloatArray) -> FloatArray:
        return (n - 1) * _expected(z, np.diff(scores))

    def made(level: float) -> FloatArray:
        """Where g has fallen to `level / d_k`."""
        p, target = np.zeros(len(d)), level / np.where(d > level, d, level)
        for _ in range(NEWTON_STEPS):
            step = np.where(d > level, (target - _expected(p, scores)) / slope(p), 0.0)
            p = np.clip(p + step, 0.0, 1.0)
            if not (step > 1e-16).any():
                break
        return p

    positive = d > 0
    # At this level the probabilities sum to 1 or more, and none is above 1.
    even = float(_expected(np.array(1 / positive.sum()), scores))
    level = max(float(d[positive].min()) * even, float(d.max() * scores[-1]))
    for _ in range(NEWTON_STEPS):
        p = made(level)
        inside = d > level
        step = (p.sum() - 1) / -(1 / (d[inside] * slope(p[inside]))).sum()
        level += step
        if step <= 1e-16:
            break
    return p / p.sum()


def symmetric_potential(p: FloatArray, d: FloatArray, n: int, gamma: float) -> FloatArray:
    """`sum_k d_k integral_0^{p_k} g(z) dz`, `(...,)` of `(..., K)`: g is a polynomial, so the quadrature is exact."""
    nodes, weights = np.polynomial.legendre.leggauss(n // 2 + 1)
    inner = crowding(p[..., None] * (nodes + 1) / 2, n, gamma) @ weights
    return (inner * p / 2) @ d


def tempered(temperature: FloatArray, d: FloatArray, ranking: Sequence[int] | None) -> FloatArray:
    """What a tool makes at a temperature, whose scores are the values of d in its order: `(..., 1) -> (..., K)`."""
    scores = d.copy()
    if ranking is not None:
        scores[np.array(ranking)] = np.sort(d)[::-1]
    powers = np.exp((scores - scores.max()) / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


def best_temperature(worth: FloatArray, d: FloatArray, ranking: Sequence[int] | None) -> FloatArray:
    """The temperature, `(*batch, 1)`, of the largest `sum_k p_k worth_k`: the best of a grid, refined by halving."""
    grid = np.geomspace(COLDEST, HOTTEST, 257)
    grid[[0, -1]] = COLDEST, HOTTEST
    at = (worth[..., None, :] * tempered(grid[:, None], d, ranking)).sum(axis=-1).argmax(axis=-1)
    best, step = grid[at], grid[at] * (grid[1] / grid[0] - 1)
    for _ in range(30):
        step = step / 2
        for tried in (np.maximum(best - step, COLDEST), np.minimum(best + step, HOTTEST)):
            change = tempered(tried[..., None], d, ranking) - tempered(best[..., None], d, ranking)
            best = np.where((worth * change).sum(axis=-1) > 0, tried, best)
    return best[..., None]


class TwoTools(NamedTuple):
    """The equilibrium of some producers with one tool beside others with another.

    Attributes:
        made: what each tool's users make, `(2, K)`.
        payoffs: what each of them gets, `(2,)`.
        switching: what each would gain by taking the other tool and its best distribution, `(2,)`, >= 0.
    """

    made: FloatArray
    payoffs: FloatArray
    switching: FloatArray

    @property
    def stable(self) -> bool:
        """Whether nobody gains by taking the other tool."""
        return bool(self.switching.max() <= 1e-6)


def two_tools(d: FloatArray, rankings: Sequence[Sequence[int]], users: tuple[int, int], gamma: float = 1.0) -> TwoTools:
    """The equilibrium in which all users of a tool make the same, to within 1e-6.

    Args:
        d: the values, `(K,)`.
        rankings: of the two tools.
        users: how many have the one and the other, at least 1 each.
        gamma: as of the game.

    It maximises the potential of the congestion game, from several starts.

    Raises:
        ValueError: no such equilibrium was reached.
    """
    from scipy.optimize import minimize

    d, size, total = np.asarray(d, float), len(d), sum(users)
    extremes = np.stack([extremes_of(ranking, size) for ranking in rankings])
    tool_of = np.repeat([0, 1], users)
    harmonic = np.concatenate([[0.0], np.cumsum(_scores(total, gamma))])

    def worth(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What the users of each tool make, and what a type is worth to one of them, `(2, K)` each."""
        made = (weights.reshape(2, size, 1) * extremes).sum(axis=1)
        scores = others_score(made[tool_of], gamma)
        return made, d * scores[[0, users[0]]]

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        made, values = worth(weights)
        law = np.zeros((size, total + 1))
        law[:, 0] = 1
        for chance in made[tool_of][:, :, None]:
            law[:, 1:], law[:, :1] = law[:, 1:] * (1 - chance) + law[:, :-1] * chance, law[:, :1] * (1 - chance)
        gradient = np.array(users)[:, None] * (extremes @ values[:, :, None])[..., 0]
        return -float(d @ (law @ harmonic)), -gradient.ravel()

    sums = [{"type": "eq", "fun": lambda w, t=t: w[t * size : (t + 1) * size].sum() - 1} for t in (0, 1)]
    for start in (np.full(2 * size, 1 / size), np.eye(2 * size)[0] + np.eye(2 * size)[size]):
        found = minimize(
            loss, start, jac=True, bounds=[(0, 1)] * (2 * size), constraints=sums, method="SLSQP", tol=1e-14
        )
        weights = np.maximum(found.x.reshape(2, size), 0)
        made, values = worth((weights / weights.sum(axis=1, keepdims=True)).ravel())
        own = (made * values).sum(axis=1)
        best = np.array([[(extremes[tool] @ values[user]).max() for tool in (0, 1)] for user in (0, 1)])
        if (best.diagonal() - own).max() <= 1e-6:
            return TwoTools(made, own, np.maximum([best[0, 1] - own[0], best[1, 0] - own[1]], 0.0))
    raise ValueError("no equilibrium of the two tools was reached")
