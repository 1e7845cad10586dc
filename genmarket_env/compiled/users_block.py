"""What `compiled.users` asks of some users together: how what is deployed ranks, and which models score in between."""

import numpy as np

from . import inline, jit
from .vectors import (
    BEST,
    LINE,
    LOOKED,
    RANKED,
    RIVALS,
    SECOND,
    TIED,
    WINNER,
    between,
    count_bits,
    fetch_ahead,
    first_bit,
    rank_deployed,
)

BLOCK = RANKED
"""So many users are ranked at once."""

AT_ONCE = 4
"""So many numbers are written to a list at once, of which only some may count."""


@jit
def rank_block(scores, members, profile, deployed, terms):
    """Take what is deployed for the members of a block, `deployed` `(platforms, BLOCK)`, and rank it."""
    for r in range(0, BLOCK, 4):
        one, two, three, four = members[r], members[r + 1], members[r + 2], members[r + 3]
        for p in range(profile.shape[0]):
            model = np.uint64(profile[p])
            deployed[p, r] = scores[one, model]
            deployed[p, r + 1] = scores[two, model]
            deployed[p, r + 2] = scores[three, model]
            deployed[p, r + 3] = scores[four, model]
    rank_deployed(deployed, terms)


@jit
def is_near(scores, u, best, tie_tol, coarse):
    """Whether some score of the user is within the tolerance of `best`, which there may be none of, but not equal."""
    if best > coarse or best == -np.inf:
        return False
    near = 0
    for j in range(scores.shape[1]):
        score = np.float64(scores[u, j])
        near += (score != best) & (score >= best - tie_tol) & (score - tie_tol <= best)
    return near > 0


@jit
def terms_of(scores, u, terms, r, tie_tol, scale, coarse):
    """What decides the user `u`, the member `r` of a block that has been ranked.

    The best, how many tie for it and the last of these, the second, how many tie for that, and whether near ties leave
    nothing but the definition.
    """
    best, second = np.float64(terms[BEST, r]), np.float64(terms[SECOND, r])
    tied, winner, rivals = np.int64(terms[TIED, r]), np.int64(terms[WINNER, r]), np.int64(terms[RIVALS, r])
    near = is_near(scores, u, best, tie_tol / scale, coarse)
    if not near and tied == 1:
        near = is_near(scores, u, second, tie_tol / scale, coarse)
    return best, tied, winner, second, rivals, near


@jit
def level_of(terms):
    """The lowest score that decides a user of these terms."""
    best, tied, _, second, _, near = terms
    if near:
        return -np.inf
    return second if tied == 1 else best


@inline
def worth_of(score, bar, whole, part):
    """The share that a model of this score gets of a user, `whole` above the bar and `part` at it."""
    worth = part if score >= bar else 0.0
    return whole if score > bar else worth


@inline
def _list_bits(bits, start, listed, count):
    """Add the numbers of the bits, from `start`, to a list of `count`: some at once, so that there is no branch."""
    more = count_bits(bits)
    for first in range(0, max(more, 1), AT_ONCE):
        for n in range(count + first, count + first + AT_ONCE):
            listed[n] = start + first_bit(bits)
            bits &= bits - np.uint64(1)
    return count + more


@jit
def list_between(scores, u, low, high, ahead, listed):
    """List the models that the user scores from `low` to `high`; how many they are. Fetch the row `ahead`."""
    models = scores.shape[1]
    for column in range(0, models, LINE // scores.itemsize):
        fetch_ahead(scores, ahead, column)
    count = 0
    if models < LOOKED:
        for j in range(models):
            listed[count] = j
            count += low <= scores[u, j] <= high
        return count
    seen = models // LOOKED * LOOKED
    for j in range(0, seen, LOOKED):
        count = _list_bits(between(scores, u, j, low, high), j, listed, count)
    rest = models - seen
    if rest > 0:
        bits = between(scores, u, models - LOOKED, low, high) >> np.uint64(LOOKED - rest)
        count = _list_bits(bits, seen, listed, count)
    return count


@jit
def list_for(models):
    """Room for `list_between`."""
    return np.empty(models + AT_ONCE, np.int64)
