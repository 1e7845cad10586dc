"""Twin of the kernel's payoffs, for many profiles: no intermediate arrays of the size of the batch."""

import numpy as np

from . import HARDMAX, jit, lean
from .shares import best_and_ties


@jit
def payoffs_of_batch(scores, weighted, market_of, profiles, start, stop, kind, scale, outside, reservation, out):
    """Fill `out[b]`, `(platforms,)`, for `b` in [start, stop): the profile `b` in the market `market_of[b]`.

    `scores` and `weighted` (masses times scores) are `(markets, users, models)`; profiles are legal.
    """
    platforms = profiles.shape[1]
    deployed = np.empty(platforms)
    shares = np.empty(platforms)
    for b in range(start, stop):
        m = market_of[b]
        for i in range(platforms):
            out[b, i] = 0.0
        for k in range(scores.shape[1]):
            for i in range(platforms):
                deployed[i] = scores[m, k, profiles[b, i]]
            fill_demand(deployed, kind, scale, outside, reservation[k], shares)
            for i in range(platforms):
                out[b, i] += weighted[m, k, profiles[b, i]] * shares[i]


@lean
def fill_demand(deployed, kind, scale, outside, reservation, out):
    """Write to `out`, `(platforms,)`, the share of one user type that each platform serves."""
    best, tied = best_and_ties(deployed, -1, scale)
    if best < reservation:
        for i in range(deployed.shape[0]):
            out[i] = 0.0
    elif kind == HARDMAX:
        for i in range(deployed.shape[0]):
            out[i] = 1.0 / tied if deployed[i] >= best - scale else 0.0
    else:
        best = max(best, outside)
        total = np.exp((outside - best) / scale)
        for i in range(deployed.shape[0]):
            out[i] = np.exp((deployed[i] - best) / scale)
            total += out[i]
        for i in range(deployed.shape[0]):
            out[i] /= total
