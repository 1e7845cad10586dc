"""Shares of a summary by the rank and the score of bids, and the integral that Myerson's payment takes of them."""

from __future__ import annotations

import numpy as np

from ..market import FloatArray, IntArray

TINY = float(np.finfo(float).tiny)


def _double_exponential() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [0, 1] for integrands that are smooth inside but not at the ends."""
    t = np.linspace(-3.1, 3.1, 63)
    inner = np.pi * np.sinh(t)
    nodes = 1 / (1 + np.exp(-inner))
    weights = (t[1] - t[0]) * np.pi * np.cosh(t) * nodes * (1 - nodes)
    return nodes, weights / weights.sum()


NODES, WEIGHTS = _double_exponential()


def ranks(scores: FloatArray) -> IntArray:
    """0 for the largest score, of equal ones the first first: `(*batch, n)`.

    Example:
        >>> ranks(np.array([1.0, 3.0, 1.0]))
        array([1, 0, 2])
    """
    return np.asarray(np.argsort(np.argsort(-scores, axis=-1, kind="stable"), axis=-1, kind="stable"))


def by_rank(scores: FloatArray, discounts: FloatArray) -> FloatArray:
    """The discounts `(n,)` of the ranks of scores, `(*batch, n)`."""
    return np.asarray(discounts[ranks(scores)])


def prominences(scores: FloatArray, discounts: FloatArray, exponent: float) -> tuple[FloatArray, FloatArray]:
    """Shares in proportion to `(score discount)^exponent` of those with a discount, and the discounts.

    Scores of 0 have no share beside others of a positive exponent, all of a negative one, and equal ones if all are 0.

    Args:
        scores: `(*batch, n)`, >= 0.
        discounts: of the ranks, `(n,)`; 0 for who is not shown.
        exponent: any number; 0 gives equal shares.

    Example:
        >>> prominences(np.array([4.0, 3.0, 1.0]), np.array([1.0, 1.0, 0.0]), 2.0)[0]
        array([0.64, 0.36, 0.  ])
    """
    discount = by_rank(scores, discounts)
    visible = discount > 0
    logs = np.where(visible, _log_power(scores * discount, exponent), -np.inf)
    peak = logs.max(axis=-1, keepdims=True)
    # Where all are 0, or a negative exponent makes some infinite, the peak itself is infinite.
    with np.errstate(invalid="ignore"):
        lessened = np.where(logs == peak, 0.0, logs - peak)
    weights = np.where(visible, np.exp(lessened), 0.0)
    return weights / weights.sum(axis=-1, keepdims=True), discount


def share_integral(
    bids: FloatArray, rates: FloatArray, slope: float, discounts: FloatArray, exponent: float, beta: float
) -> FloatArray:
    """`integral_0^b_i c_i(z) dz` over the own bid, the others' given, of `c = rate (1 + slope z) discount share^beta`.

    The scores are `z rate (1 + slope z)`. Between two bids at which i overtakes a rival all ranks stay, so that
    `share = x^a / (x^a + S)` with `x = score discount`: the integral is split there. For `a = 1 / (1 - beta)` and no
    slope the antiderivative is the welfare `(x^a + S)^(1 - beta)`, which has no jumps, so that the integral is what i
    adds to it; otherwise the pieces are integrated numerically.

    Args:
        bids: `(*batch, n)`.
        rates: `(*batch, n)`, > 0.
        slope: at least `-1 / (2 max b)`, so that scores rise.
        discounts: of the ranks, `(n,)`, not increasing.
        exponent: a.
        beta: in (0, 1).

    Returns:
        `(*batch, n)`.
    """
    if slope == 0 and exponent == 1 / (1 - beta):
        return _added_welfare(bids * rates, discounts, exponent)
    n = bids.shape[-1]
    # Equal shares, or the only one, do not hang on the bid: what is left is linear, and its midpoint exact.
    flat = exponent == 0 or (discounts > 0).sum() == 1
    nodes, weights = (np.array([0.5]), np.ones(1)) if flat else (NODES, WEIGHTS)
    scores = bids * rates * (1 + slope * bids)
    total = np.zeros(bids.shape)
    for player in range(n):
        rivals = -np.sort(-np.delete(scores, player, axis=-1), axis=-1)
        rate, bid = rates[..., player, None], bids[..., player, None]
        # The own bid overtakes the best rival last: piece r, with r rivals above, lies below that of r - 1.
        overtakes = np.minimum(_bid_of(rivals / rate, slope), bid)
        upper = np.concatenate([bid, overtakes], axis=-1)
        lower = np.concatenate([overtakes, np.zeros_like(bid)], axis=-1)
        rest = _log_rest(rivals, discounts, exponent)
        width = upper - lower
        z = lower[..., None] + width[..., None] * nodes
        pure = rate[..., None] * (1 + slope * z)
        with np.errstate(invalid="ignore"):
            behind = rest[..., None] - _log_power(z * pure * discounts[:, None], exponent)
        share = np.exp(-beta * np.logaddexp(0.0, np.where(np.isnan(behind), -np.inf, behind)))
        piece = width * discounts * (pure * share * weights).sum(axis=-1)
        total[..., player] = np.where((width > 0) & (discounts > 0), piece, 0.0).sum(axis=-1)
    return total


def _added_welfare(scores: FloatArray, discounts: FloatArray, exponent: float) -> FloatArray:
    """What each adds to `(sum_j (score_j discount_j)^a)^(1 / a)`: without it those behind move up."""
    order = np.argsort(-scores, axis=-1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=-1)
    most = np.where(ranked[..., :1] > 0, ranked[..., :1], 1.0)
    ranked = ranked / most
    powers = (ranked * discounts) ** exponent
    moved_up = np.concatenate([np.zeros_like(most), (ranked[..., 1:] * discounts[:-1]) ** exponent], axis=-1)
    total = powers.sum(axis=-1, keepdims=True)
    before = np.cumsum(powers, axis=-1) - powers
    after = np.cumsum(moved_up[..., ::-1], axis=-1)[..., ::-1] - moved_up
    without = np.maximum(before + after, 0.0)
    added = most * np.maximum(total ** (1 / exponent) - without ** (1 / exponent), 0.0)
    return np.take_along_axis(added, np.argsort(order, axis=-1), axis=-1)


def _log_power(base: FloatArray, exponent: float) -> FloatArray:
    """`exponent log base`, where `0^0` is 1."""
    if exponent == 0:
        return np.zeros(base.shape)
    with np.errstate(divide="ignore"):
        return np.asarray(exponent * np.log(base))


def _bid_of(scores: FloatArray, slope: float) -> FloatArray:
    """The z with `z (1 + slope z)` equal to a score; infinite where no z below `-1 / (2 slope)` is enough."""
    if slope == 0:
        return scores
    root = 1 + 4 * slope * scores
    return np.where(root >= 0, 2 * scores / (1 + np.sqrt(np.maximum(root, 0.0))), np.inf)


def _log_rest(rivals: FloatArray, discounts: FloatArray, exponent: float) -> FloatArray:
    """The logarithm of S of each piece, `(*batch, n)`: the rivals' `(score discount)^a`, r of them above i."""
    n = len(discounts)
    sums = []
    for above in range(n):
        theirs = np.delete(discounts, above)
        logs = np.where(theirs > 0, _log_power(rivals * theirs, exponent), -np.inf)
        sums.append(np.logaddexp.reduce(logs, axis=-1, initial=-np.inf))
    return np.stack(sums, axis=-1)
