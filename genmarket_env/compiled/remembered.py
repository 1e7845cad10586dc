"""What every model would earn beside given opponents, remembered by their set: the replies of `dynamics`.

Which opponent is which platform does not matter to a reply, and dynamics come back to the same opponents. Under
`HardMax` a reply to a set of opponents goes by how far their models are *apart* from all others. Where no score is
within the tolerance of theirs, a type is won by every score that reaches a bar, their best one: such replies are sums
of weights from a bar on, and only the opponents' own models share. Where scores of a type are equal but not close (see
`shares`), three numbers a type tell what a score earns. Any others come from `deviation.replies_into`. Derived.

A market is the tuple of `scores`, `weighted` (masses times scores), both `(models, users)`, the same the other way
round, and `deviation.logit_weights`; a rule is the tuple of the fields of `RuleParameters`.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from ..market import FloatArray, IntArray
from . import HARDMAX, jit, lean
from .deviation import replies_into

MOST = 512
"""So many sets of opponents are remembered of one market; then all are forgotten."""

UNKNOWN, APART, EQUAL, CLOSE = range(4)
"""How near other models come to one: not looked at, nowhere within the tolerance, nowhere but equal, or closer."""


class Memory(NamedTuple):
    """The sets of opponents that are remembered, and scratch."""

    size: IntArray
    """How many they are, `(1,)`."""
    places: IntArray
    """Which of them has a code, -1 if none, `(2 * MOST,)`: from where the code points, the first with that code."""
    codes: IntArray
    """Their codes: the sums of those of the models, `(MOST,)`."""
    opponents: IntArray
    """Their models in order, `(MOST, platforms)`, the last unused."""
    earned: FloatArray
    """What each model would earn, `(MOST, models)`."""
    only: IntArray
    """The only best reply, -1 if there are several, `(MOST,)`."""
    code_of: IntArray
    """The code of each model, `(models,)`."""
    nearness: IntArray
    """How near other models come to each: `UNKNOWN` to `CLOSE`, `(models,)`."""
    bar: FloatArray
    best: FloatArray
    share: FloatArray
    below: FloatArray
    """Of each type the largest number below the reservation, `(users,)`."""
    sequence: IntArray
    """The platforms in the order of their moves, `(platforms,)`."""
    deployed: FloatArray


@jit
def empty_memory(models, users, platforms, reservation):
    """A memory for markets of this size."""
    code_of = np.empty(models, np.int64)
    for j in range(models):
        code = (j + 1) * -7046029254386353131
        code = (code ^ (code >> 32)) * -4658895280553007687
        code_of[j] = (code ^ (code >> 29)) * -7723592293110705685
    return Memory(
        np.zeros(1, np.int64),
        np.full(2 * MOST, -1, np.int64),
        np.empty(MOST, np.int64),
        np.empty((MOST, platforms), np.int64),
        np.empty((MOST, models)),
        np.empty(MOST, np.int64),
        code_of,
        np.zeros(models, np.int64),
        np.empty(users),
        np.empty(users),
        np.empty(users),
        np.nextafter(reservation, -np.inf),
        np.arange(platforms),
        np.empty(platforms),
    )


@lean
def forget(memory):
    """Make room for the replies of another market."""
    _forget_sets(memory)
    for j in range(memory.nearness.shape[0]):
        memory.nearness[j] = UNKNOWN


@lean
def _forget_sets(memory):
    if memory.size[0] > 0:
        memory.size[0] = 0
        for place in range(memory.places.shape[0]):
            memory.places[place] = -1


@lean
def reply_slot(market, memory, profile, ordered, code, mover, rule, regret_tol):
    """Where `memory` has the replies of `mover` to the others, whose models are computed and written there if new.

    `ordered` holds the models of the profile in order, `code` is the sum of their codes.
    """
    own = profile[mover]
    code -= memory.code_of[own]
    mask = memory.places.shape[0] - 1
    place = (code >> 40) & mask
    while memory.places[place] >= 0:
        slot = memory.places[place]
        if memory.codes[slot] == code and _same(memory.opponents, slot, ordered, own):
            return slot
        place = (place + 1) & mask
    if memory.size[0] == MOST:
        _forget_sets(memory)
        place = (code >> 40) & mask
    slot = memory.size[0]
    memory.size[0] += 1
    memory.places[place], memory.codes[slot] = slot, code
    skipped = 0
    for p in range(ordered.shape[0]):
        if skipped == 0 and ordered[p] == own:
            skipped = 1
        else:
            memory.opponents[slot, p - skipped] = ordered[p]
    _fill_earned(market, memory, slot, profile, mover, rule)
    memory.only[slot] = _only_best(memory.earned, slot, regret_tol)
    return slot


@lean
def _same(opponents, slot, ordered, own):
    """Whether the remembered opponents are those of a platform with the model `own`."""
    skipped = 0
    for p in range(ordered.shape[0]):
        if skipped == 0 and ordered[p] == own:
            skipped = 1
        elif opponents[slot, p - skipped] != ordered[p]:
            return False
    return True


@lean
def _only_best(earned, slot, regret_tol):
    top, best = earned[slot, 0], 0
    for j in range(earned.shape[1]):
        if earned[slot, j] > top:
            top, best = earned[slot, j], j
    count = 0
    for j in range(earned.shape[1]):
        count += earned[slot, j] >= top - regret_tol
    return best if count == 1 else -1


@lean
def _fill_earned(market, memory, slot, profile, mover, rule):
    scores, weighted = market[0], market[1]
    opponents = profile.shape[0] - 1
    nearest = CLOSE if rule[0] != HARDMAX else APART
    if nearest == APART:
        for p in range(opponents):
            model = memory.opponents[slot, p]
            if memory.nearness[model] == UNKNOWN:
                memory.nearness[model] = _nearness(scores, model, memory.nearness, rule[1])
            nearest = max(nearest, memory.nearness[model])
    if nearest == APART:
        _fill_bar(scores, memory.opponents, slot, opponents, rule[3], memory.bar)
        for j in range(scores.shape[0]):
            memory.earned[slot, j] = _weight_from(scores, weighted, j, memory.bar)
        tied = 0
        for p in range(opponents):
            tied += 1
            model = memory.opponents[slot, p]
            if p + 1 == opponents or memory.opponents[slot, p + 1] != model:
                memory.earned[slot, model] /= tied + 1
                tied = 0
    elif nearest == EQUAL:
        best, share, bar = memory.best, memory.share, memory.bar
        _fill_terms(scores, memory.opponents, slot, opponents, rule[3], memory.below, best, share, bar)
        for j in range(scores.shape[0]):
            memory.earned[slot, j] = _earned(scores, weighted, j, best, share, bar)
    else:
        replies_into(*market[2:], profile, mover, *rule, memory.deployed, memory.earned, slot)


@lean
def _nearness(scores, model, nearness, tie_tol):
    others, apart = 0, 0
    for j in range(scores.shape[0]):
        if j != model and nearness[j] != APART:  # of what is apart from all, this one is
            others += 1
            for k in range(scores.shape[1]):
                # With less than three times the tolerance between them, rounding could make of two scores a tie.
                apart += abs(scores[model, k] - scores[j, k]) > 3 * tie_tol
    if apart == others * scores.shape[1]:
        return APART
    close = 0
    for j in range(scores.shape[0]):
        for k in range(scores.shape[1]):
            above, below = max(scores[j, k], scores[model, k]), min(scores[j, k], scores[model, k])
            close += (above > below) & (above - tie_tol <= below)
    return CLOSE if close > 0 else EQUAL


@lean
def _fill_bar(scores, opponents, slot, count, reservation, bar):
    """Write the best score of the opponents, or the reservation above it."""
    for k in range(scores.shape[1]):
        bar[k] = reservation[k]
    for p in range(count):
        model = opponents[slot, p]
        for k in range(scores.shape[1]):
            bar[k] = scores[model, k] if scores[model, k] > bar[k] else bar[k]


@partial(lean, reassociate=True)
def _weight_from(scores, weighted, j, bar):
    """The weights of the types at which model `j` reaches the bar."""
    total = 0.0
    for k in range(scores.shape[1]):
        total += weighted[j, k] if scores[j, k] >= bar[k] else 0.0
    return total


@lean
def _fill_terms(scores, opponents, slot, count, reservation, below, best, share, bar):
    """Write of each type the opponents' best score, the share of a tie, and the score above which it is won alone."""
    for k in range(scores.shape[1]):
        best[k] = -np.inf
        share[k] = 1.0
    for p in range(count):
        model = opponents[slot, p]
        for k in range(scores.shape[1]):
            score = scores[model, k]
            sharing = share[k] + 1.0 if score == best[k] else share[k]
            share[k] = 2.0 if score > best[k] else sharing
            best[k] = score if score > best[k] else best[k]
    for k in range(scores.shape[1]):
        accepted = best[k] >= reservation[k]
        share[k] = 1.0 / share[k] if accepted else 0.0
        bar[k] = best[k] if accepted else below[k]


@partial(lean, reassociate=True)
def _earned(scores, weighted, j, best, share, bar):
    """What model `j` earns against opponents with these terms."""
    total = 0.0
    for k in range(scores.shape[1]):
        score = scores[j, k]
        part = share[k] if score >= best[k] else 0.0
        part = 1.0 if score > bar[k] else part
        total += weighted[j, k] * part
    return total
