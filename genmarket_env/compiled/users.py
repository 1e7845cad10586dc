"""Twins of the kernel's deviation payoffs under `HardMax`, for many users whose scores stand one row a user.

`scores` `(users, models)` are what a file holds, float32 or uint16; times `scale` they are scores. They are compared as
they stand, and added up in float64. A tie is being within `tie_tol`: where no score of a user lies that near to the
best of the deployed ones without being equal to it, which `coarse` often tells from the best alone, equality decides;
elsewhere the definition does, model by model. Derived; equal to the kernel on the same numbers up to rounding.

What platform `i` earns with model `j` from one user is `base[j] + gains[i, j]`: `base` is what one more platform would
earn beside all, `gains` what it gains because `i` leaves, which is not 0 only where `i` is among the best. `level` is
the lowest score that decides this of a user: a platform below it may switch to a model below it and nothing changes.

Users go in blocks. What is deployed is ranked for a block at once, and while it is gone through the rows of the next
are fetched, some of which lie apart: a processor follows some streams better than one. Profiles in ascending order are
the quickest: the scores of a user are then read in their order.
"""

import numpy as np

from . import jit
from .shares import add_exact_reply
from .users_block import BLOCK, is_near, level_of, list_between, list_for, rank_block, terms_of, worth_of
from .vectors import BEST, LANES, LINE, TERMS, TIED, add_worths, fetch_ahead

GROUP = 4
"""So many are added up at once; a divisor of `BLOCK`."""


@jit
def _add_group(scores, u, bars, wholes, parts, ahead, out):
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


@jit
def _add_one(scores, u, bar, whole, part, out, i):
    """Add what one user is worth to row `i`."""
    models = scores.shape[1]
    vectors = models // LANES * LANES
    for j in range(0, vectors, LANES):
        add_worths(out, i, scores, u, j, (bar,), (whole,), (part,))
    for j in range(vectors, models):
        score = np.float64(scores[u, j])
        out[i, j] += worth_of(score, bar, whole, part) * score


@jit
def _fill_exact(scores, u, mass, deployed, at, scale, row, weighted, opponents):
    """One user as the definition takes it: all in units of the score."""
    for j in range(scores.shape[1]):
        row[0, j] = scores[u, j] * scale
        weighted[0, j] = mass * row[0, j]
    for p in range(deployed.shape[0]):
        opponents[p] = deployed[p, at] * scale


@jit
def _take_members(first, users, members):
    """The users of a block from `first` on, the last of all again where there are no more."""
    for r in range(BLOCK):
        members[r] = min(first + r, users - 1)
    return min(BLOCK, users - first)


@jit
def add_replies(scores, masses, rivals, tie_tol, scale, coarse, out):
    """Add what one more platform would get from these users with each model, beside those of `rivals`, to `out[0]`."""
    users, models = scores.shape
    deployed, opponents = np.empty((rivals.shape[0], BLOCK), np.float32), np.empty(rivals.shape[0])
    terms, members = np.empty((TERMS, BLOCK), np.float32), np.empty(BLOCK, np.int64)
    row, weighted = np.empty((1, models)), np.empty((1, models))
    bests, wholes, parts, near = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.bool_)
    for first in range(0, users, BLOCK):
        count = _take_members(first, users, members)
        rank_block(scores, members, rivals, deployed, terms)
        for r in range(count):
            bests[r] = terms[BEST, r]
            wholes[r] = masses[members[r]] * scale
            parts[r] = wholes[r] / (np.float64(terms[TIED, r]) + 1)
            near[r] = is_near(scores, members[r], bests[r], tie_tol / scale, coarse)
        for at in range(0, count, GROUP):
            if _go_together(near, at, count):
                of_group = _four(bests, at), _four(wholes, at), _four(parts, at)
                _add_group(scores, first + at, *of_group, first + BLOCK + at // GROUP, out)
                continue
            for r in range(at, min(at + GROUP, count)):
                u = members[r]
                if near[r]:
                    _fill_exact(scores, u, masses[u], deployed, r, scale, row, weighted, opponents)
                    add_exact_reply(row, weighted, 0, opponents, -1, tie_tol, -np.inf, out, 0)
                else:
                    _add_one(scores, u, bests[r], wholes[r], parts[r], out, 0)


@jit
def _go_together(near, at, count):
    """Whether a group is whole and of none of its users near ties decide."""
    if at + GROUP > count:
        return False
    some = False
    for r in range(at, at + GROUP):
        some |= near[r]
    return not some


@jit
def _four(values, at):
    return values[at], values[at + 1], values[at + 2], values[at + 3]


@jit
def add_gains(scores, u, whole, terms, deployed, r, ahead, listed, gains):
    """Add what each platform gains from one user because it leaves; near ties decide nothing. Fetch the row `ahead`."""
    best, tied, winner, second, rivals, _ = terms
    part = whole / (tied + 1)
    if tied > 1:
        gain = (whole / tied - part) * best
        count = list_between(scores, u, best, best, ahead, listed)
        for p in range(deployed.shape[0]):
            if deployed[p, r] == best:
                for n in range(count):
                    gains[p, listed[n]] += gain
        return
    left = whole / (rivals + 1)
    count = list_between(scores, u, second, best, ahead, listed)
    for n in range(count):
        score = np.float64(scores[u, listed[n]])
        gained = worth_of(score, second, whole, left) - worth_of(score, best, whole, part)
        gains[winner, listed[n]] += gained * score


@jit
def add_user(scores, u, mass, terms, tie_tol, scale, deployed, r, scratch, base, gains):
    """Add what one user is worth to every platform with every model; the column `r` of `deployed` is the user's."""
    best, tied, _, _, _, near = terms
    opponents, row, weighted, listed = scratch
    if near:
        _fill_exact(scores, u, mass, deployed, r, scale, row, weighted, opponents)
        for p in range(opponents.shape[0]):
            add_exact_reply(row, weighted, 0, opponents, p, tie_tol, -np.inf, gains, p)
        return
    whole = mass * scale
    _add_one(scores, u, best, whole, whole / (tied + 1), base, 0)
    add_gains(scores, u, whole, terms, deployed, r, u, listed, gains)


@jit
def scratch_for(platforms, models):
    """What `add_user` writes on."""
    return np.empty(platforms), np.empty((1, models)), np.empty((1, models)), list_for(models)


@jit
def add_all_replies(scores, masses, profile, tie_tol, scale, coarse, base, gains, level):
    """Add what every platform would get from these users with every model to `base` `(1, models)` and `gains`.

    `gains` is `(platforms, models)`. Writes the levels of the users.
    """
    users, models = scores.shape
    deployed, members = np.empty((profile.shape[0], BLOCK), np.float32), np.empty(BLOCK, np.int64)
    ranks, scratch = np.empty((TERMS, BLOCK), np.float32), scratch_for(profile.shape[0], models)
    bests, wholes, parts, near = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.bool_)
    for first in range(0, users, BLOCK):
        count = _take_members(first, users, members)
        rank_block(scores, members, profile, deployed, ranks)
        for r in range(count):
            terms = terms_of(scores, members[r], ranks, r, tie_tol, scale, coarse)
            level[members[r]] = level_of(terms)
            bests[r], near[r] = terms[0], terms[5]
            wholes[r] = masses[members[r]] * scale
            parts[r] = wholes[r] / (terms[1] + 1)
        for at in range(0, count, GROUP):
            together = _go_together(near, at, count)
            if together:
                of_group = _four(bests, at), _four(wholes, at), _four(parts, at)
                _add_group(scores, first + at, *of_group, first + BLOCK + at // GROUP, base)
            for r in range(at, min(at + GROUP, count)):
                u = members[r]
                terms = terms_of(scores, u, ranks, r, tie_tol, scale, coarse)
                if together:
                    add_gains(scores, u, wholes[r], terms, deployed, r, u, scratch[3], gains)
                else:
                    add_user(scores, u, masses[u], terms, tie_tol, scale, deployed, r, scratch, base, gains)
