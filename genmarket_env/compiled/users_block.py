"""What `compiled.users` asks of some users together: how what is deployed ranks, and which models score in between.

Functions of one user are part of their caller: a call counts the references of each array anew, which takes as long as
they do.
"""

import numpy as np

from . import inline, jit
from .vectors import (
    BEST,
    LINE,
    LOOKED,
    RANKED,
    RIVALS,
    RUNNER,
    SECOND,
    TERMS,
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

NEAR = TERMS
"""The row of what a block is told that says whether near ties leave nothing but the definition: 1, or 0."""

AT_ONCE = 4
"""So many numbers are written to a list at once, of which only some may count."""


@jit
def take_deployed(scores, members, profile, deployed):
    """Take what is deployed for the members of a block, `deployed` `(platforms, BLOCK)`."""
    for r in range(0, BLOCK, 4):
        one, two, three, four = members[r], members[r + 1], members[r + 2], members[r + 3]
        for p in range(profile.shape[0]):
            model = np.uint64(profile[p])
            deployed[p, r] = scores[one, model]
            deployed[p, r + 1] = scores[two, model]
            deployed[p, r + 2] = scores[three, model]
            deployed[p, r + 3] = scores[four, model]


@jit
def _is_near(scores, u, best, tie_tol):
    near = 0
    for j in range(scores.shape[1]):
        score = np.float64(scores[u, j])
        near += (score != best) & (score >= best - tie_tol) & (score - tie_tol <= best)
    return near > 0


@jit
def rank_block(scores, members, deployed, rule, seconds, terms):
    """Rank what is deployed, and say of whom near ties decide: at the best, and at the second best if `seconds`."""
    tie_tol, scale, coarse = rule
    rank_deployed(deployed, terms)
    for r in range(BLOCK):
        best, second = np.float64(terms[BEST, r]), np.float64(terms[SECOND, r])
        near = best <= coarse and _is_near(scores, members[r], best, tie_tol / scale)
        if seconds and not near and terms[TIED, r] == 1 and second <= coarse and second > -np.inf:
            near = _is_near(scores, members[r], second, tie_tol / scale)
        terms[NEAR, r] = near


@inline
def remember(terms, r, profile, u, level, deciding):
    """Write down of a user, the member `r` of a block, the lowest score that decides, and the models that do.

    These are the best and the second best; -1 for both where platforms tie, or near ties decide.
    """
    alone = terms[NEAR, r] == 0 and terms[TIED, r] == 1 and terms[RIVALS, r] == 1
    deciding[u, 0] = profile[np.int64(terms[WINNER, r])] if alone else -1
    deciding[u, 1] = profile[np.int64(terms[RUNNER, r])] if alone else -1
    if terms[NEAR, r] > 0:
        level[u] = -np.inf
    else:
        level[u] = terms[SECOND, r] if terms[TIED, r] == 1 else terms[BEST, r]


@inline
def worth_of(score, bar, whole, part):
    """The share that a model of this score gets of a user, `whole` above the bar and `part` at it."""
    worth = part if score >= bar else 0.0
    return whole if score > bar else worth


@jit
def lists_for(models):
    """Room for `list_between`: of each member of a block."""
    return np.empty((BLOCK, models + AT_ONCE), np.int64)


@jit
def list_between(scores, members, lows, highs, aheads, start, stop, listed, counts):
    """List in row `r` the models that the member `r` scores from `lows` to `highs`, and how many they are in `counts`.

    Of the members from `start` to `stop`, for each of whom a row is fetched. Some numbers are written at once, right or
    wrong, so that there is no branch for each.
    """
    models = scores.shape[1]
    line = LINE // scores.itemsize
    for r in range(start, stop):
        u, low, high, count = members[r], lows[r], highs[r], 0
        for column in range(0, models, line):
            fetch_ahead(scores, aheads[r], column)
        if models < LOOKED:
            for j in range(models):
                listed[r, count] = j
                count += low <= scores[u, j] <= high
        elif low <= high:
            for first in range(0, models, LOOKED):
                last = min(first, models - LOOKED)
                bits = between(scores, u, last, low, high) >> np.uint64(first - last)
                more = count_bits(bits)
                for n in range(0, max(more, 1), AT_ONCE):
                    for at in range(count + n, count + n + AT_ONCE):
                        listed[r, at] = first + first_bit(bits)
                        bits &= bits - np.uint64(1)
                count += more
        counts[r] = count
