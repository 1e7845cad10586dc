"""Search all multisets of models for those whose largest regret stays within a limit.

Platforms are exchangeable, so a profile is a sorted multiset, and each of its platforms faces a multiset of N - 1
opponents: there are C(M + N - 2, N - 1) of these. The search walks through the sorted prefixes of N - 2 models in
lexicographic order. For each it fills the matrix of replies, `[g, j]` what a platform with model `j` gets beside the
prefix and `g`, which tells the regrets of both platforms of the pair (g, j) at once; the few pairs within the limit
are then checked platform by platform. Under `HardMax` the replies to a prefix are kept incrementally: one more
opponent changes them only for the types that it wins or ties for. Where no worth is negative, a prefix is left with
all its continuations if some model is sure to earn more than the limit above anything that a platform still to come
can earn: opponents only take from a platform, and those to come deploy models from the last one of the prefix on.

`scores` and `weighted` (masses times scores) are `(users, models)`, `bills` what a platform pays for each model,
whomever it serves, `(models,)`; a rule comes as the fields of `RuleParameters`. Derived.
"""

import numpy as np

from . import inline, jit, lean
from .deviation import logit_weights, replies_into
from .prefixes import empty_prefix, fill_from_prefix, follow_prefix, highest_from

ALL, LOWEST, FIRST = 0, 1, 2
"""Which profiles are kept: all, those below the regret of all before them, or the first by its labels."""

STEPS_OF_PUSH = 6
"""To see where a prefix can lead takes the time of about so many sets of opponents."""

SLACK = 1e-10
"""More than rounding can move a reply that is kept incrementally; callers check what is found once more."""


@jit
def search(
    scores, weighted, bills, ranking, labels, platforms, first, last, limit, keep, bounded, most, steps, kind, scale,
    outside, reservation,
):  # fmt: skip
    """The profiles of at least 2 platforms that start in [first, last) and whose largest regret is at most `limit`.

    With 2 platforms there is no prefix: all profiles are searched, whatever the one start is. `ranking` `(users,
    models)` holds each type's models from the best on, and requires `HardMax` with no two scores of a type so close
    that they tie without being equal; if it is empty, `(0, 0)`, every reply is computed from scratch. `bounded` leaves
    prefixes that lead nowhere; it requires a ranking and no negative worth. With `keep` of `LOWEST` each regret found
    becomes the limit that the next ones with the same start must be below. `steps` counts sets of opponents by start,
    `(models,)`; the search ends when their sum is above `most`.

    Returns the profiles `(found, platforms)`, as the sorted `labels`, `(models,)`, of their models, and their largest
    regrets `(found,)`: in lexicographic order if the labels ascend.
    """
    models, depth = scores.shape[1], platforms - 2
    weights, alternative = logit_weights(scores, kind, scale, outside)
    earned, best, tied, replies = empty_prefix(scores, weighted, bills, reservation, depth)
    highest = highest_from(scores)
    until = np.empty(depth + 1, np.int64)  # at each position of the profile only models before this one are tried
    matrix = np.empty((models, models))
    tops = np.empty(models)
    deployed, scratch = np.empty(platforms), np.empty((1, models))
    found = np.empty((16, platforms), np.int64)
    regrets = np.empty(16)
    count = 0
    profile = np.empty(platforms, np.int64)
    for head in range(first, last):
        profile[:] = head
        until[:] = models
        within, changed = limit, 0
        while changed >= 0 and _sum(steps) <= most:
            start = profile[depth - 1] if depth > 0 else 0
            if ranking.shape[0] > 0:
                steps[head] += STEPS_OF_PUSH * (depth - changed)
                hopeless = follow_prefix(
                    scores, earned, bills, profile, changed, best, tied, replies, bounded, highest, within + SLACK,
                    until, tops,
                )  # fmt: skip
                if hopeless >= 0:
                    changed = _advance(profile, hopeless, until)
                    continue
                fill_from_prefix(scores, earned, ranking, start, until[depth], depth, best, tied, replies, matrix)
            else:
                _fill_from_scratch(
                    scores, weighted, bills, weights, alternative, profile, start, kind, scale, outside, reservation,
                    deployed, matrix,
                )  # fmt: skip
            stop = until[depth]
            steps[head] += stop - start
            _fill_tops(matrix, start, stop, tops)
            for g in range(start, stop):
                for j in range(g, models):
                    if not _may_rest(matrix, tops, g, j, stop, within + SLACK):
                        continue
                    profile[depth], profile[depth + 1] = g, j
                    largest = _largest_regret(
                        scores, weighted, bills, weights, alternative, profile, within + SLACK, kind, scale, outside,
                        reservation, deployed, scratch,
                    )  # fmt: skip
                    if largest > (within + SLACK if keep == ALL else within) or (keep == LOWEST and largest == within):
                        continue
                    named = np.sort(labels[profile])
                    if keep == FIRST and count > 0:
                        if _comes_before(named, found[0]):
                            found[0], regrets[0] = named, largest
                        continue
                    if count == regrets.shape[0]:
                        found, regrets = np.concatenate((found, found)), np.concatenate((regrets, regrets))
                    found[count], regrets[count] = named, largest
                    count += 1
                    within = largest if keep == LOWEST else within
            changed = _advance(profile, depth - 1, until)
    return found[:count].copy(), regrets[:count].copy()


@lean
def _sum(numbers):
    total = 0
    for i in range(numbers.shape[0]):
        total += numbers[i]
    return total


@lean
def _fill_from_scratch(
    scores, weighted, bills, weights, alternative, profile, start, kind, scale, outside, reservation, deployed, matrix
):
    """Fill the rows of `matrix` from `start` on: the replies to the prefix and one more opponent."""
    depth = profile.shape[0] - 2
    for g in range(start, matrix.shape[0]):
        profile[depth] = g
        replies_into(
            scores, weighted, weights, alternative, profile, depth + 1, kind, scale, outside, reservation, deployed,
            matrix, g,
        )  # fmt: skip
        for j in range(bills.shape[0]):
            matrix[g, j] -= bills[j]


@inline
def _may_rest(matrix, tops, g, j, stop, enough):
    """Whether neither of a pair can gain more than `enough` beside the prefix; rows from `stop` on are not known."""
    return tops[g] - matrix[g, j] <= enough and (j >= stop or tops[j] - matrix[j, g] <= enough)


@lean
def _comes_before(profile, other):
    """Whether a profile is lexicographically before another one."""
    for i in range(profile.shape[0]):
        if profile[i] != other[i]:
            return profile[i] < other[i]
    return False


@lean
def _advance(profile, last, until):
    """Step to the next prefix with the same first model and another one up to the position `last`.

    Returns the first position that changed, -1 after the last prefix.
    """
    depth = until.shape[0] - 1
    for position in range(last, 0, -1):
        if profile[position] < until[position] - 1:
            profile[position:depth] = profile[position] + 1
            return position
    return -1


@lean
def _fill_tops(matrix, start, stop, tops):
    for g in range(start, stop):
        top = matrix[g, 0]
        for j in range(1, matrix.shape[1]):
            top = max(top, matrix[g, j])
        tops[g] = top


@lean
def _largest_regret(
    scores, weighted, bills, weights, alternative, profile, enough, kind, scale, outside, reservation, deployed,
    scratch,
):  # fmt: skip
    """The largest regret of a sorted profile, or the first that is above `enough`."""
    largest = 0.0
    for i in range(profile.shape[0]):
        if i > 0 and profile[i] == profile[i - 1]:
            continue
        replies_into(
            scores, weighted, weights, alternative, profile, i, kind, scale, outside, reservation, deployed, scratch, 0
        )
        own = scratch[0, profile[i]] - bills[profile[i]]
        for j in range(scratch.shape[1]):
            largest = max(largest, scratch[0, j] - bills[j] - own)
        if largest > enough:
            break
    return largest
