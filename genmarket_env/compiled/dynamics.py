"""Twin of the best-response dynamics of `genmarket_env.equilibrium.best_response`, which says what they are.

A platform needs only its own replies, and not again those to opponents that some platform has faced before. Where no
two scores of a type are close (see `shares`), replies are summed model by model over the types against three numbers a
type: the opponents' best score, what a tie with it earns, and the score above which the type is won alone. Otherwise
they come from `deviation.fill_replies`. Derived.

`scores` and `weighted` (masses times scores) are `(models, users)`, `by_user` and `weighted_by_user` the other way
round; `market` is what `prepare` makes of them, and `rule` the tuple of the fields of `RuleParameters`.
"""

from functools import partial

import numpy as np

from ..status import Status
from ..tolerances import REGRET_TOL
from . import HARDMAX, jit
from .deviation import fill_replies, logit_weights

CONVERGED, CYCLED, MAX_ROUNDS = int(Status.CONVERGED), int(Status.CYCLED), int(Status.MAX_ROUNDS)

MEMORY = 512
"""How many sets of opponents, with the only best reply to each, are remembered of one run."""


@jit
def prepare(scores, by_user, weighted_by_user, rule):
    """Whether `_fill_terms` does for a market, and what `fill_replies` needs of it if not."""
    kind, scale, outside, _ = rule
    weights, alternative = logit_weights(by_user, kind, scale, outside)
    simple = kind == HARDMAX and not _has_close(scores, scale)
    return simple, by_user, weighted_by_user, weights, alternative


@jit
def _has_close(scores, tie_tol):
    """Whether two scores of a type tie without being equal."""
    for j in range(scores.shape[0]):
        for other in range(j):
            close = 0
            for k in range(scores.shape[1]):
                above, below = max(scores[j, k], scores[other, k]), min(scores[j, k], scores[other, k])
                close += (above > below) & (above - tie_tol <= below)
            if close > 0:
                return True
    return False


@jit
def run(scores, weighted, market, profile, rounds, keys, ties, simultaneous, rule):
    """Play at most `rounds` rounds from `profile`.

    `keys` `(rounds, platforms)` draws the order of each round, `ties` of the same shape which best reply is taken; each
    has 0 rounds where nothing is drawn.

    Returns the status, the profiles at the start and after each round, and, if they cycled, the profiles of the cycle.
    """
    platforms = profile.shape[0]
    profile = profile.copy()
    sequence = np.arange(platforms)
    models, users = scores.shape
    row = np.empty((1, models))
    best, share, bar = np.empty(users), np.empty(users), np.empty(users)
    below = np.nextafter(rule[3], -np.inf)  # the largest number below the reservation
    memory = (
        np.empty((MEMORY, platforms), np.int64),
        np.empty(MEMORY, np.int64),
        np.empty(MEMORY, np.int64),
        np.zeros(1, np.int64),
    )
    history = np.empty((min(rounds, 15) + 1, platforms), np.int64)
    history[0] = profile
    path = np.empty((16, platforms), np.int64)  # the profile before each change
    changes = np.zeros(history.shape[0], np.int64)  # how many there were before each round
    for t in range(rounds):
        if keys.shape[0] > 0:
            sequence = np.argsort(keys[t])
        while changes[t] + platforms > path.shape[0]:
            path = np.concatenate((path, path))
        moves = _play_round(
            scores, weighted, market, profile, sequence, ties[t : t + 1], simultaneous, rule, below, row, best, share,
            bar, memory, path[changes[t] :],
        )  # fmt: skip
        if t + 1 == history.shape[0]:
            history, changes = np.concatenate((history, history)), np.concatenate((changes, changes))
        history[t + 1], changes[t + 1] = profile, changes[t] + moves
        if moves == 0:
            return CONVERGED, history[: t + 2].copy(), path[:0].copy()
        if keys.shape[0] == 0 and ties.shape[0] == 0:
            first = _first_visit(history, t + 1)
            if first <= t:
                return CYCLED, history[: t + 2].copy(), path[changes[first] : changes[t + 1]].copy()
    return MAX_ROUNDS, history[: rounds + 1].copy(), path[:0].copy()


@jit
def _first_visit(history, last):
    """The first row of `history` that equals row `last`."""
    for t in range(last):
        same = True
        for i in range(history.shape[1]):
            if history[t, i] != history[last, i]:
                same = False
                break
        if same:
            return t
    return last


@jit
def _play_round(
    scores, weighted, market, profile, sequence, ties, simultaneous, rule, below, row, best, share, bar, memory, path
):  # fmt: skip
    """Let every platform move once; the number of changes, and in `path` the profile before each of them."""
    moves = 0
    faced = profile.copy() if simultaneous else profile
    sets, codes, replies, size = memory
    for i in sequence:
        slot = _recall(sets, codes, size, faced, i)
        if slot < size[0]:
            model = replies[slot]
        else:
            if market[0]:
                _fill_terms(scores, faced, i, rule[3], below, best, share, bar)
                for j in range(scores.shape[0]):
                    row[0, j] = _earned(scores, weighted, j, best, share, bar)
            else:
                fill_replies(*market[1:], faced, i, *rule, row, 0)
            model, alone = _best_reply(row, profile[i], ties, i)
            if alone and slot < codes.shape[0] - 1:
                replies[slot] = model
                size[0] += 1
        if model != profile[i]:
            if moves == 0 or not simultaneous:
                path[moves] = profile
                moves += 1
            profile[i] = model
    return moves


@jit
def _recall(sets, codes, size, profile, mover):
    """Where the opponents of `mover` are remembered; their sorted models are written to the first free place if not.

    The dynamics often come back to the same opponents with platforms in other roles.
    """
    free = size[0]
    count = 0
    for p in range(profile.shape[0]):
        if p != mover:
            place = count
            while place > 0 and sets[free, place - 1] > profile[p]:
                sets[free, place] = sets[free, place - 1]
                place -= 1
            sets[free, place] = profile[p]
            count += 1
    code = 0
    for place in range(count):
        code = code * 1_000_003 + sets[free, place]
    codes[free] = code
    for slot in range(free):
        if codes[slot] == code:
            same = True
            for place in range(count):
                same &= sets[slot, place] == sets[free, place]
            if same:
                return slot
    return free


@jit
def _best_reply(row, own, ties, i):
    """The model to move to, `own` if it is a best reply, else the first one or the one drawn; and if it is the only."""
    top = row[0, own]
    for j in range(row.shape[1]):
        top = row[0, j] if row[0, j] > top else top
    enough = top - REGRET_TOL
    count = 0
    for j in range(row.shape[1]):
        count += row[0, j] >= enough
    if row[0, own] >= enough:
        return own, count == 1
    skipped = int(ties[0, i] * count) if ties.shape[0] > 0 else 0
    for j in range(row.shape[1]):
        if row[0, j] >= enough:
            if skipped == 0:
                return j, count == 1
            skipped -= 1
    return own, False


@jit
def _fill_terms(scores, profile, mover, reservation, below, best, share, bar):
    """Write of each type the opponents' best score, the share of a tie, and the score above which it is won alone."""
    for k in range(scores.shape[1]):
        best[k] = -np.inf
        share[k] = 1.0
    for p in range(profile.shape[0]):
        if p != mover:
            model = profile[p]
            for k in range(scores.shape[1]):
                score = scores[model, k]
                sharing = share[k] + 1.0 if score == best[k] else share[k]
                share[k] = 2.0 if score > best[k] else sharing
                best[k] = score if score > best[k] else best[k]
    for k in range(scores.shape[1]):
        accepted = best[k] >= reservation[k]
        share[k] = 1.0 / share[k] if accepted else 0.0
        bar[k] = best[k] if accepted else below[k]


@partial(jit, reassociate=True)
def _earned(scores, weighted, j, best, share, bar):
    """What model `j` earns against opponents with these terms."""
    total = 0.0
    for k in range(scores.shape[1]):
        score = scores[j, k]
        part = share[k] if score >= best[k] else 0.0
        part = 1.0 if score > bar[k] else part
        total += weighted[j, k] * part
    return total


@jit
def run_batch(
    scores, weighted, by_user, weighted_by_user, market_of, profiles, start, stop, rounds, keys, ties, simultaneous,
    rule, status, played, lengths,
):  # fmt: skip
    """`run` for the elements in [start, stop), each in its market; fills the last three and `profiles`, `(batch, ...)`.

    `keys` and `ties` are `(batch, rounds, platforms)`. Returns the cycles in a row; `lengths` says how long each is.
    """
    orbits = np.empty((64, profiles.shape[1]), np.int64)
    total = 0
    for b in range(start, stop):
        m = market_of[b]
        if b == start or m != market_of[b - 1]:
            market = prepare(scores[m], by_user[m], weighted_by_user[m], rule)
        status[b], history, orbit = run(
            scores[m], weighted[m], market, profiles[b], rounds, keys[b], ties[b], simultaneous, rule
        )
        profiles[b] = history[-1]
        played[b], lengths[b] = history.shape[0] - 1, orbit.shape[0]
        while total + orbit.shape[0] > orbits.shape[0]:
            orbits = np.concatenate((orbits, orbits))
        orbits[total : total + orbit.shape[0]] = orbit
        total += orbit.shape[0]
    return orbits[:total].copy()


@jit
def run_one(scores, weighted, by_user, weighted_by_user, profile, rounds, keys, ties, simultaneous, rule):
    """`run` in one market."""
    market = prepare(scores, by_user, weighted_by_user, rule)
    return run(scores, weighted, market, profile, rounds, keys, ties, simultaneous, rule)
