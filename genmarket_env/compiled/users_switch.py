"""What changes in the deviation payoffs of `compiled.users` when one platform switches.

The users whom the switch concerns are listed without a branch, so that many are looked at before the first has been
fetched; they are gone through in blocks, while the rows of the next block are fetched. No more are listed ahead than
that, so that what has told where their rows lie is still known.
"""

import numpy as np

from . import inline, jit
from .users import add_exact, add_gains, add_group
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
from .vectors import BEST, RIVALS, SECOND, TERMS, TIED, WINNER, fetch_ahead

LISTED = 1 << 14
"""The most users between two ends of the list."""

AHEAD = 208
"""The score of the new model is fetched of so many users before a block is gone through: what it takes to list one."""

STEP = 128
"""So many are looked at before it is asked whether enough are listed."""


@jit
def _list_concerned(scores, level, deciding, start, stop, old, new, concerned, count):
    """Add to a list of `count` the users of whom the model `old` or `new` decides something; how many it has then.

    Of `old` its score need not be fetched where it is known which models decide.
    """
    for u in range(start, stop):
        concerned[count] = u
        first, second = deciding[u, 0], deciding[u, 1]
        some = (scores[u, new] >= level[u]) | (first == old) | (second == old)
        if first < 0 or second < 0:
            some |= scores[u, old] >= level[u]
        count += some
    return count


@jit
def add_switch(scores, masses, profile, mover, model, tie_tol, scale, coarse, base, gains, level, deciding):
    """Add what changes when the platform `mover` switches to `model`, as `add_all_replies` would tell it anew.

    Only users of whom its old or its new model decides something are read. Updates what is remembered of them, and
    returns how many they were.
    """
    users, models = scores.shape
    platforms = profile.shape[0]
    concerned = np.empty(min(users, LISTED) + 1, np.int64)
    deployed, switched = np.empty((platforms, BLOCK), np.float32), np.empty((platforms, BLOCK), np.float32)
    before, after = np.empty((TERMS + 1, BLOCK), np.float32), np.empty((TERMS + 1, BLOCK), np.float32)
    members, wholes, listed = np.empty(BLOCK, np.int64), np.empty(BLOCK), lists_for(models)
    rule, read = (tie_tol, scale, coarse), 0
    changed = profile.copy()
    changed[mover] = model
    for start in range(0, users, LISTED):
        stop = min(start + LISTED, users)
        looked, count, done = start, 0, 0
        while True:
            while looked < stop and count < done + 2 * BLOCK:
                until = min(looked + STEP, stop)
                count = _list_concerned(scores, level, deciding, looked, until, profile[mover], model, concerned, count)
                looked = until
            if done >= count:
                break
            for r in range(BLOCK):
                members[r] = concerned[min(done + r, count - 1)]
                wholes[r] = masses[members[r]] * scale
            for u in range(looked, min(looked + AHEAD, stop)):
                fetch_ahead(scores, u, model)
            take_deployed(scores, members, profile, deployed)
            rank_block(scores, members, deployed, rule, True, before)
            take_deployed(scores, members, changed, switched)
            rank_block(scores, members, switched, rule, True, after)
            some = min(BLOCK, count - done)
            _add_changes(scores, members, some, wholes, before, after, concerned, done, count, listed, base, gains)
            if _leave_others(before, after, changed, members, some, wholes, level, deciding) > 0:
                _add_others(scores, members, some, wholes, -1.0, rule, before, deployed, listed, base, gains)
                _add_others(scores, members, some, wholes, 1.0, rule, after, switched, listed, base, gains)
            done += BLOCK
        read += count
    return read


@jit
def _leave_others(before, after, changed, members, some, wholes, level, deciding):
    """Write down what is remembered of a block; leave in `wholes` those that `_add_changes` does not add. How many."""
    others = 0
    for r in range(some):
        remember(after, r, changed, members[r], level, deciding)
        if _is_plain(before, r) and _is_plain(after, r):
            wholes[r] = 0.0
        others += wholes[r] != 0
    return others


@inline
def _is_plain(terms, r):
    """Whether one platform alone is the best of a member of a block, and near ties do not decide."""
    return terms[NEAR, r] == 0 and terms[TIED, r] == 1


@jit
def _add_changes(scores, members, some, wholes, before, after, concerned, done, count, listed, base, gains):
    """Add what changes of those for whom one platform alone was the best, and one is; fetch the rows of the next block.

    It is listed for all of them first, so that the gains have been fetched by then.
    """
    counts, aheads, lows, highs = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK), np.empty(BLOCK)
    for r in range(some):
        aheads[r] = concerned[min(done + r + BLOCK, count - 1)]
        lows[r], highs[r] = min(before[SECOND, r], after[SECOND, r]), max(before[BEST, r], after[BEST, r])
        if before[WINNER, r] == after[WINNER, r] and before[BEST, r] == after[BEST, r]:
            highs[r] = max(before[SECOND, r], after[SECOND, r])
        if not _is_plain(before, r) or not _is_plain(after, r):
            lows[r], highs[r] = np.inf, -np.inf
    list_between(scores, members, lows, highs, aheads, 0, some, listed, counts)
    for r in range(some):
        for n in range(counts[r]):
            fetch_ahead(gains, np.int64(before[WINNER, r]), listed[r, n])
            fetch_ahead(gains, np.int64(after[WINNER, r]), listed[r, n])
    for r in range(some):
        u, whole, half = members[r], wholes[r], wholes[r] / 2
        loser, winner = np.int64(before[WINNER, r]), np.int64(after[WINNER, r])
        old, new = np.float64(before[BEST, r]), np.float64(after[BEST, r])
        old_second, new_second = np.float64(before[SECOND, r]), np.float64(after[SECOND, r])
        old_left, new_left = whole / (np.float64(before[RIVALS, r]) + 1), whole / (np.float64(after[RIVALS, r]) + 1)
        for n in range(counts[r]):
            j = listed[r, n]
            score = np.float64(scores[u, j])
            was, now = worth_of(score, old, whole, half), worth_of(score, new, whole, half)
            base[0, j] += (now - was) * score
            gains[loser, j] -= (worth_of(score, old_second, whole, old_left) - was) * score
            gains[winner, j] += (worth_of(score, new_second, whole, new_left) - now) * score


@jit
def _add_others(scores, members, some, wholes, sign, rule, terms, deployed, listed, base, gains):
    """Add, or take away if `sign` is -1, what those members of a block are worth whose `wholes` are not 0."""
    tie_tol, scale, _ = rule
    signed = sign * wholes
    for r in range(some):
        u, whole = members[r], signed[r]
        if whole != 0 and terms[NEAR, r] > 0:
            add_exact(scores, u, whole / scale, deployed, r, tie_tol, scale, True, gains)
        elif whole != 0:
            part = whole / (np.float64(terms[TIED, r]) + 1)
            add_group(scores, u, (np.float64(terms[BEST, r]),), (whole,), (part,), u, base)
    add_gains(scores, members, some, signed, terms, deployed, listed, gains)
