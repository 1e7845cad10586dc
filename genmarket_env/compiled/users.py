"""Twins of the kernel's deviation payoffs under `HardMax`, for many users whose scores stand one row a user.

`scores` `(users, models)` are what a file holds, float32 or uint16; times `scale` they are scores. They are compared as
they stand, and added up in float64. A tie is being within `tie_tol`: where no score of a user lies that near to the
best of the deployed ones without being equal to it, which `coarse` often tells from the best alone, equality decides;
elsewhere the definition does, model by model. Derived; equal to the kernel on the same numbers up to rounding.

What platform `i` earns with model `j` from one user is `base[j] + gains[i, j]`: `base` is what one more platform would
earn beside all, `gains` what it gains because `i` leaves, which is not 0 only where `i` is among the best. `level` is
the lowest score that decides this of a user: a platform below it may switch to a model below it and nothing changes;
`deciding` are the models that do.

Users go in blocks. What is deployed is ranked for a block at once, and while it is gone through the rows of the next
are fetched, some of which lie apart: a processor follows some streams better than one. Profiles in ascending order are
the quickest: the scores of a user are then read in their order.
"""

import numpy as np

from . import inline, jit
from .shares import add_exact_reply
from .users_block import (
    BLOCK,
    NEAR,
    list_between,
    lists_for,
    rank_block,
    remember,
    take_deployed,
    worth_of,
)
from .vectors import BEST, LANES, LINE, RIVALS, SECOND, TERMS, TIED, WINNER, add_worths, fetch_ahead

GROUP = 4
"""So many are added up at once; a divisor of `BLOCK`."""


@jit
def add_group(scores, u, bars, wholes, parts, ahead, out):
    """Add what users are worth, as many as there are bars, from `u` on; fetch as many rows, `BLOCK / GROUP` apart."""
    last, models = scores.shape[0] - 1, scores.shape[1]
    line = LINE // scores.itemsize
    vectors = models // LANES * LANES
    for j in range(0, vectors, LANES):
        if j & (line - 1) == 0:
            for n in range(len(bars)):
                fetch_ahead(scores, min(ahead + n * (BLOCK // GROUP), last), j)
        add_worths(out, 0, scores, u, j, bars, wholes, parts)
    for j in range(vectors, models):
        for n in range(len(bars)):
            score = np.float64(scores[u + n, j])
            out[0, j] += worth_of(score, bars[n], wholes[n], parts[n]) * score


@inline
def _four(values, at):
    return values[at], values[at + 1], values[at + 2], values[at + 3]


@jit
def _add_block(scores, first, count, terms, wholes, out):
    """Add what the users of a block are worth, but for those of whom near ties decide; fetch those of the next."""
    bests, parts = np.empty(BLOCK), np.empty(BLOCK)
    for r in range(count):
        bests[r], parts[r] = terms[BEST, r], wholes[r] / (np.float64(terms[TIED, r]) + 1)
    for at in range(0, count, GROUP):
        near = terms[NEAR, at] + terms[NEAR, at + 1] + terms[NEAR, at + 2] + terms[NEAR, at + 3]
        if at + GROUP <= count and near == 0:
            of_group = _four(bests, at), _four(wholes, at), _four(parts, at)
            add_group(scores, first + at, *of_group, first + BLOCK + at // GROUP, out)
        else:
            for r in range(at, min(at + GROUP, count)):
                if terms[NEAR, r] == 0:
                    add_group(scores, first + r, (bests[r],), (wholes[r],), (parts[r],), first + r, out)


@jit
def add_exact(scores, u, mass, deployed, at, tie_tol, scale, leaving, out):
    """Add one user as the definition takes it: without one of the platforms to its row of `out`, or with all, -1."""
    models = scores.shape[1]
    row, weighted, opponents = np.empty((1, models)), np.empty((1, models)), np.empty(deployed.shape[0])
    for j in range(models):
        row[0, j] = scores[u, j] * scale
        weighted[0, j] = mass * row[0, j]
    for p in range(deployed.shape[0]):
        opponents[p] = deployed[p, at] * scale
    for p in range(out.shape[0]):
        add_exact_reply(row, weighted, 0, opponents, p if leaving else -1, tie_tol, -np.inf, out, p)


@jit
def take_members(first, users, masses, scale, members, wholes):
    """The users of a block from `first` on, the last of all again where there are no more; how many they are."""
    for r in range(BLOCK):
        members[r] = min(first + r, users - 1)
        wholes[r] = masses[members[r]] * scale
    return min(BLOCK, users - first)


@jit
def add_replies(scores, masses, rivals, tie_tol, scale, coarse, out):
    """Add what one more platform would get from these users with each model, beside those of `rivals`, to `out[0]`."""
    users = scores.shape[0]
    deployed, terms = np.empty((rivals.shape[0], BLOCK), np.float32), np.empty((TERMS + 1, BLOCK), np.float32)
    members, wholes = np.empty(BLOCK, np.int64), np.empty(BLOCK)
    for first in range(0, users, BLOCK):
        count = take_members(first, users, masses, scale, members, wholes)
        take_deployed(scores, members, rivals, deployed)
        rank_block(scores, members, deployed, (tie_tol, scale, coarse), False, terms)
        _add_block(scores, first, count, terms, wholes, out)
        for r in range(count):
            if terms[NEAR, r] > 0:
                add_exact(scores, first + r, masses[first + r], deployed, r, tie_tol, scale, False, out)


@jit
def add_gains(scores, members, count, wholes, terms, deployed, listed, gains):
    """Add what each platform gains because it leaves, from the users of a block of whom near ties do not decide.

    Of several that tie for the best each gains by the models equal to them, of one alone it gains down to the second.
    What there is to add is listed for all of them first, so that the gains have been fetched by then.
    """
    counts, lows, highs = np.empty(BLOCK, np.int64), np.empty(BLOCK), np.empty(BLOCK)
    for r in range(count):
        asked = terms[NEAR, r] == 0 and wholes[r] != 0
        lows[r], highs[r] = np.inf, -np.inf
        if asked:
            lows[r], highs[r] = terms[SECOND, r] if terms[TIED, r] == 1 else terms[BEST, r], terms[BEST, r]
    list_between(scores, members, lows, highs, members, 0, count, listed, counts)
    for r in range(count):
        for n in range(counts[r]):
            fetch_ahead(gains, np.int64(terms[WINNER, r]), listed[r, n])
    for r in range(count):
        u, winner, whole, tied = members[r], np.int64(terms[WINNER, r]), wholes[r], np.float64(terms[TIED, r])
        best, second = np.float64(terms[BEST, r]), np.float64(terms[SECOND, r])
        if tied > 1:
            gain = (whole / tied - whole / (tied + 1)) * best
            for p in range(deployed.shape[0] if counts[r] > 0 else 0):
                if deployed[p, r] == best:
                    for n in range(counts[r]):
                        gains[p, listed[r, n]] += gain
            continue
        left = whole / (np.float64(terms[RIVALS, r]) + 1)
        for n in range(counts[r]):
            j = listed[r, n]
            score = np.float64(scores[u, j])
            gains[winner, j] += (worth_of(score, second, whole, left) - worth_of(score, best, whole, whole / 2)) * score


@jit
def add_all_replies(scores, masses, profile, tie_tol, scale, coarse, base, gains, level, deciding):
    """Add what every platform would get from these users with every model to `base` `(1, models)` and `gains`.

    `gains` is `(platforms, models)`. Writes down what `remember` does of each user.
    """
    users, models = scores.shape
    deployed, terms = np.empty((profile.shape[0], BLOCK), np.float32), np.empty((TERMS + 1, BLOCK), np.float32)
    members, wholes, listed = np.empty(BLOCK, np.int64), np.empty(BLOCK), lists_for(models)
    for first in range(0, users, BLOCK):
        count = take_members(first, users, masses, scale, members, wholes)
        take_deployed(scores, members, profile, deployed)
        rank_block(scores, members, deployed, (tie_tol, scale, coarse), True, terms)
        _add_block(scores, first, count, terms, wholes, base)
        add_gains(scores, members, count, wholes, terms, deployed, listed, gains)
        for r in range(count):
            remember(terms, r, profile, first + r, level, deciding)
            if terms[NEAR, r] > 0:
                add_exact(scores, first + r, masses[first + r], deployed, r, tie_tol, scale, True, gains)
