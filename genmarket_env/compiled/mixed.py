"""Expected payoffs of independent mixed play under HardMax, exact at any size (derived).

Sort a type's models by score. A platform that deploys the model at position `r` gets a share of the type iff the
highest position `q` among all platforms ties with `r`; it then shares with every platform in `[low(q), q]`, the
positions that tie with `q` as the maximum. The events "nobody above `q`" nest, so the share of `r` is a sum of
terms `(low, high, sign)` that contain `r`:

    share(r) = sum_terms sign * E[1 / (1 + ties); nobody above high, ties = others in [low, high]]

A class of scores within `tie_tol` of each other is one term; near-ties that are not transitive take a few more. With
`a_p` the probability that platform `p` deploys a model below `low` and `b_p` that it deploys one in `[low, high]`, the
expectation is `integral_0^1 prod_p (a_p + u b_p) du`: a polynomial in `u`, integrated exactly by Gauss-Legendre nodes.
For a mixture that all platforms play it is `((a + b)^N - a^N) / (N b) = (1 / N) sum_t (a + b)^t a^(N - 1 - t)`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..market import FloatArray, IntArray
from . import jit


class TieTerms(NamedTuple):
    """The terms of every type's shares, which depend on the market and the rule alone.

    Attributes:
        order: the models of each type by ascending score, `(batch, users, models)`.
        low: the first position of each term, `(batch, users, 2 * models)`; filled up to `num_terms`.
        high: the last position of each term, alike.
        sign: +1 or -1, alike.
        num_terms: the number of terms of each type, `(batch, users)`.
    """

    order: IntArray
    low: IntArray
    high: IntArray
    sign: FloatArray
    num_terms: IntArray


def tie_terms(scores_by_user: FloatArray, tie_tol: float, reservation: FloatArray) -> TieTerms:
    """The terms for scores `(batch, users, models)`; a type stays away if its best score is below `reservation`."""
    order = np.argsort(scores_by_user, axis=-1, kind="stable")
    return TieTerms(order, *_terms(np.take_along_axis(scores_by_user, order, axis=-1), tie_tol, reservation))


@jit
def _terms(
    ascending: FloatArray, tie_tol: float, reservation: FloatArray
) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
    batch, users, models = ascending.shape
    low = np.zeros((batch, users, 2 * models), np.int64)
    high = np.zeros((batch, users, 2 * models), np.int64)
    sign = np.zeros((batch, users, 2 * models))
    count = np.zeros((batch, users), np.int64)
    for b in range(batch):
        for k in range(users):
            scores = ascending[b, k]
            first, previous, n = 0, -1, 0
            for q in range(models):
                while scores[first] < scores[q] - tie_tol:
                    first += 1
                if scores[q] < reservation[k]:
                    continue
                if previous != first and first < q:
                    low[b, k, n], high[b, k, n], sign[b, k, n] = first, q - 1, -1.0
                    n += 1
                if q + 1 == models or scores[first] < scores[q + 1] - tie_tol:
                    low[b, k, n], high[b, k, n], sign[b, k, n] = first, q, 1.0
                    n += 1
                previous = first
            count[b, k] = n
    return low, high, sign, count


@jit
def expected_deviation_payoffs(
    terms: TieTerms,
    weighted_scores: FloatArray,
    market_of: IntArray,
    policies: FloatArray,
    policies_of: IntArray,
    nodes: FloatArray,
    weights: FloatArray,
) -> FloatArray:
    """What platform `i` can expect of model `j`: `(batch, N, M)`.

    Element `b` of the batch plays `policies[policies_of[b]]`, `(N, M)`, in market `market_of[b]`, whose weighted scores
    are `(users, models)`. `nodes` and `weights` are those of Gauss-Legendre on [0, 1], at least `N / 2` of them.
    """
    platforms, models = policies.shape[1:]
    out = np.zeros((market_of.size, platforms, models))
    cumulative = np.zeros((platforms, models + 1))
    below, tied = np.empty(platforms), np.empty(platforms)
    before, share = np.empty(platforms), np.empty(platforms)
    for b in range(market_of.size):
        market, policy = market_of[b], policies[policies_of[b]]
        for k in range(weighted_scores.shape[1]):
            order = terms.order[market, k]
            for p in range(platforms):
                for r in range(models):
                    cumulative[p, r + 1] = cumulative[p, r] + policy[p, order[r]]
            for t in range(terms.num_terms[market, k]):
                low, high, sign = terms.low[market, k, t], terms.high[market, k, t], terms.sign[market, k, t]
                for p in range(platforms):
                    below[p] = cumulative[p, low]
                    tied[p] = cumulative[p, high + 1] - cumulative[p, low]
                _expected_shares(below, tied, nodes, weights, before, share)
                for r in range(low, high + 1):
                    value = sign * weighted_scores[market, k, order[r]]
                    for i in range(platforms):
                        out[b, i, order[r]] += value * share[i]
    return out


@jit
def _expected_shares(
    below: FloatArray, tied: FloatArray, nodes: FloatArray, weights: FloatArray, before: FloatArray, share: FloatArray
) -> None:
    # A platform's own factor is left out by products from both ends: it can be 0, so dividing by it is no way.
    share[:] = 0.0
    for q in range(nodes.size):
        product = weights[q]
        for p in range(share.size):
            before[p] = product
            product *= below[p] + nodes[q] * tied[p]
        product = 1.0
        for p in range(share.size - 1, -1, -1):
            share[p] += before[p] * product
            product *= below[p] + nodes[q] * tied[p]


@jit
def symmetric_jacobian(terms: TieTerms, weighted_scores: FloatArray, mixture: FloatArray, platforms: int) -> FloatArray:
    """`[j, l]`: the derivative of what model `j` earns, when all others play `mixture`, by `mixture[l]`.

    The market is element 0 of `terms`; its weighted scores are `(users, models)`.
    """
    users, models = weighted_scores.shape
    out = np.zeros((models, models))
    cumulative = np.zeros(models + 1)
    for k in range(users):
        order = terms.order[0, k]
        for r in range(models):
            cumulative[r + 1] = cumulative[r] + mixture[order[r]]
        for t in range(terms.num_terms[0, k]):
            low, high, sign = terms.low[0, k, t], terms.high[0, k, t], terms.sign[0, k, t]
            by_below, by_top = _share_derivatives(cumulative[low], cumulative[high + 1], platforms)
            for r in range(low, high + 1):
                value = sign * weighted_scores[k, order[r]]
                row = out[order[r]]
                for position in range(low):
                    row[order[position]] += value * (by_below + by_top)
                for position in range(low, high + 1):
                    row[order[position]] += value * by_top
    return out


@jit
def _share_derivatives(below: float, top: float, platforms: int) -> tuple[float, float]:
    # of (1 / N) sum_t top^t below^(N - 1 - t)
    by_below, by_top = 0.0, 0.0
    for t in range(platforms - 1):
        power = top**t * below ** (platforms - 2 - t)
        by_below += (platforms - 1 - t) * power
        by_top += (t + 1) * power
    return by_below / platforms, by_top / platforms
