"""What changes in the deviation payoffs of `compiled.users` when one platform switches.

The users whom the switch concerns are listed without a branch, so that many are looked at before the first has been
fetched; they are gone through in blocks, while the rows of the next block are fetched. No more are listed ahead than
that, so that what has told where their rows lie is still known.
"""

import numpy as np

from . import jit
from .users import add_gains, add_user, scratch_for
from .users_block import BLOCK, level_of, list_between, rank_block, terms_of, worth_of
from .vectors import TERMS, rank_deployed

LISTED = 1 << 14
"""The most users between two ends of the list."""

STEP = 128
"""So many are looked at before it is asked whether enough are listed."""


@jit
def _list_concerned(scores, level, start, stop, old, new, concerned, count):
    """Add to a list of `count` the users of whom the model `old` or `new` decides something; how many it has then."""
    for u in range(start, stop):
        concerned[count] = u
        count += (scores[u, old] >= level[u]) | (scores[u, new] >= level[u])
    return count


@jit
def add_switch(scores, masses, profile, mover, model, tie_tol, scale, coarse, base, gains, level):
    """Add what changes when the platform `mover` switches to `model`, as `add_all_replies` would tell it anew.

    Only users of whom its old or its new model decides something are read. Updates their levels, and returns how many
    they were.
    """
    users, models = scores.shape
    concerned = np.empty(min(users, LISTED) + 1, np.int64)
    scratch = _scratch(profile.shape[0], models)
    read = 0
    for start in range(0, users, LISTED):
        stop = min(start + LISTED, users)
        looked, count, done = start, 0, 0
        while True:
            while looked < stop and count < done + 2 * BLOCK:
                until = min(looked + STEP, stop)
                count = _list_concerned(scores, level, looked, until, profile[mover], model, concerned, count)
                looked = until
            if done >= count:
                break
            rule = tie_tol, scale, coarse
            _switch_block(
                scores, masses, profile, mover, model, rule, concerned[done:count], base, gains, level, scratch
            )
            done += BLOCK
        read += count
    return read


@jit
def _scratch(platforms, models):
    """Two of what a block takes for ranking, and what a user takes."""
    deployed, switched = np.empty((platforms, BLOCK), np.float32), np.empty((platforms, BLOCK), np.float32)
    earlier, later = np.empty((TERMS, BLOCK), np.float32), np.empty((TERMS, BLOCK), np.float32)
    return deployed, switched, earlier, later, np.empty(BLOCK, np.int64), scratch_for(platforms, models)


@jit
def _switch_block(scores, masses, profile, mover, model, rule, concerned, base, gains, level, scratch):
    """The first of some users that are listed, up to a block; the rows of those after them are fetched."""
    deployed, switched, earlier, later, members, of_user = scratch
    tie_tol, scale, coarse = rule
    last = concerned.shape[0] - 1
    for r in range(BLOCK):
        members[r] = concerned[min(r, last)]
    rank_block(scores, members, profile, deployed, earlier)
    switched[:] = deployed
    for r in range(BLOCK):
        switched[mover, r] = scores[members[r], model]
    rank_deployed(switched, later)
    for r in range(min(BLOCK, last + 1)):
        u, ahead, whole = members[r], concerned[min(r + BLOCK, last)], masses[members[r]] * scale
        before = terms_of(scores, u, earlier, r, tie_tol, scale, coarse)
        after = terms_of(scores, u, later, r, tie_tol, scale, coarse)
        level[u] = level_of(after)
        if before[5] or after[5]:
            add_user(scores, u, -masses[u], before, tie_tol, scale, deployed, r, of_user, base, gains)
            add_user(scores, u, masses[u], after, tie_tol, scale, switched, r, of_user, base, gains)
        elif before[1] == 1 and after[1] == 1:
            _add_change(scores, u, whole, before, after, ahead, of_user[3], base, gains)
        else:
            _add_base_change(scores, u, whole, before, after, ahead, of_user[3], base)
            add_gains(scores, u, -whole, before, deployed, r, u, of_user[3], gains)
            add_gains(scores, u, whole, after, switched, r, u, of_user[3], gains)


@jit
def _add_base_change(scores, u, whole, before, after, ahead, listed, base):
    old, new = before[0], after[0]
    old_part, new_part = whole / (before[1] + 1), whole / (after[1] + 1)
    count = list_between(scores, u, min(old, new), max(old, new), ahead, listed)
    for n in range(count):
        score = np.float64(scores[u, listed[n]])
        base[0, listed[n]] += (worth_of(score, new, whole, new_part) - worth_of(score, old, whole, old_part)) * score


@jit
def _add_change(scores, u, whole, before, after, ahead, listed, base, gains):
    """Add what changes of a user of whom one platform alone was the best, and one is; only its rows of `gains` do."""
    old, _, loser, old_second, old_rivals, _ = before
    new, _, winner, new_second, new_rivals, _ = after
    old_left, new_left = whole / (old_rivals + 1), whole / (new_rivals + 1)
    same = old == new and loser == winner
    top = max(old_second, new_second) if same else max(old, new)
    count = list_between(scores, u, min(old_second, new_second), top, ahead, listed)
    for n in range(count):
        j = listed[n]
        score = np.float64(scores[u, j])
        was, now = worth_of(score, old, whole, 0.5 * whole), worth_of(score, new, whole, 0.5 * whole)
        base[0, j] += (now - was) * score
        gains[loser, j] -= (worth_of(score, old_second, whole, old_left) - was) * score
        gains[winner, j] += (worth_of(score, new_second, whole, new_left) - now) * score
