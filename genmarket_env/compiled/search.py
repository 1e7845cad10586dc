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

from . import inline, jit
from .deviation import fill_replies, logit_weights

ALL, LOWEST, FIRST = 0, 1, 2
"""Which profiles are kept: all, those below the regret of all before them, or the first by its labels."""

STEPS_OF_PUSH = 6
"""To see where a prefix can lead takes the time of about so many sets of opponents."""

SLACK = 1e-10
"""More than rounding can move a reply that is kept incrementally; callers check what is found once more."""


@jit
def search(
    scores, weighted, bills, ranking, labels, platforms, first, limit, keep, bounded, most, steps, kind, scale, outside,
    reservation,
):  # fmt: skip
    """The profiles of at least 2 platforms that start with `first` and whose largest regret is at most `limit`.

    With 2 platforms there is no prefix: all profiles are searched, whatever `first` is. `ranking` `(users, models)`
    holds each type's models from the best on, and requires `HardMax` with no two scores of a type so close that they
    tie without being equal; if it is empty, `(0, 0)`, every reply is computed from scratch. `bounded` leaves prefixes
    that lead nowhere; it requires a ranking and no negative worth. With `keep` of `LOWEST` each regret found becomes
    the limit that the next ones must be below. `steps[first]` counts sets of opponents; the search ends when the sum of
    `steps` is above `most`.

    Returns the profiles `(found, platforms)`, as the sorted `labels`, `(models,)`, of their models, and their largest
    regrets `(found,)`: in lexicographic order if the labels ascend.
    """
    models, depth = scores.shape[1], platforms - 2
    weights, alternative = logit_weights(scores, kind, scale, outside)
    earned, best, tied, replies = _empty_prefix(scores, weighted, bills, reservation, depth)
    highest = _highest_from(scores)
    until = np.full(depth + 1, models)  # at each position of the profile only models before this one are tried
    matrix = np.empty((models, models))
    tops = np.empty(models)
    scratch = np.empty((1, models))
    found = np.empty((16, platforms), np.int64)
    regrets = np.empty(16)
    count = 0
    profile = np.full(platforms, first)
    changed = 0
    while changed >= 0 and steps.sum() <= most:
        start = profile[depth - 1] if depth > 0 else 0
        if ranking.shape[0] > 0:
            steps[first] += STEPS_OF_PUSH * (depth - changed)
            hopeless = _follow(
                scores, earned, bills, profile, changed, best, tied, replies, bounded, highest, limit + SLACK, until,
                tops,
            )  # fmt: skip
            if hopeless >= 0:
                changed = _advance(profile, hopeless, until)
                continue
            _fill_from_state(scores, earned, ranking, start, until[depth], depth, best, tied, replies, matrix)
        else:
            for g in range(start, models):
                profile[depth] = g
                fill_replies(
                    scores, weighted, weights, alternative, profile, depth + 1, kind, scale, outside, reservation,
                    matrix, g,
                )  # fmt: skip
                _pay(matrix, g, bills)
        stop = until[depth]
        steps[first] += stop - start
        _fill_tops(matrix, start, stop, tops)
        for g in range(start, stop):
            for j in range(g, models):
                if not _may_rest(matrix, tops, g, j, stop, limit + SLACK):
                    continue
                profile[depth], profile[depth + 1] = g, j
                largest = _largest_regret(
                    scores, weighted, bills, weights, alternative, profile, limit + SLACK, kind, scale, outside,
                    reservation, scratch,
                )  # fmt: skip
                if largest > (limit + SLACK if keep == ALL else limit) or (keep == LOWEST and largest == limit):
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
                limit = largest if keep == LOWEST else limit
        changed = _advance(profile, depth - 1, until)
    return found[:count].copy(), regrets[:count].copy()


@inline
def _pay(matrix, row, bills):
    """Take the bills off a row of replies."""
    for j in range(bills.shape[0]):
        matrix[row, j] -= bills[j]


@inline
def _may_rest(matrix, tops, g, j, stop, enough):
    """Whether neither of a pair can gain more than `enough` beside the prefix; rows from `stop` on are not known."""
    return tops[g] - matrix[g, j] <= enough and (j >= stop or tops[j] - matrix[j, g] <= enough)


@jit
def _comes_before(profile, other):
    """Whether a profile is lexicographically before another one."""
    for i in range(profile.shape[0]):
        if profile[i] != other[i]:
            return profile[i] < other[i]
    return False


@jit
def _follow(scores, earned, bills, profile, changed, best, tied, replies, bounded, highest, enough, until, room):
    """Derive the state at each position from `changed` on, and what can be tried after it.

    Returns the first position after which there is nothing, -1 if there is none.
    """
    for position in range(changed, until.shape[0] - 1):
        last, after = profile[position], position + 1
        _push(scores, earned, last, position, best, tied, replies)
        if bounded:
            until[after] = _hopeless_from(
                scores, earned, bills, last, best[after], highest, replies[after], enough, room
            )
            if until[after] == last:
                return position
    return -1


@jit
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


@jit
def _highest_from(scores):
    """The highest score of each type among the models from each on, `(models, users)`."""
    users, models = scores.shape
    highest = np.empty((models, users))
    for k in range(users):
        top = -np.inf
        for j in range(models - 1, -1, -1):
            top = max(top, scores[k, j])
            highest[j, k] = top
    return highest


@jit
def _hopeless_from(scores, earned, bills, last, best, highest, replies, enough, sure):
    """The first model from `last` on such that no platform to come could deploy it or a later one; M if there is none.

    If `_is_hopeless` of a model, it is of all later ones: they earn no more together, and leave more types sure.
    """
    if _is_hopeless(scores, earned, bills, last, best, highest[last], replies, enough, sure):
        return last
    hopeful, hopeless = last, replies.shape[0]
    while hopeless - hopeful > 1:
        middle = (hopeful + hopeless) // 2
        if _is_hopeless(scores, earned, bills, middle, best, highest[middle], replies, enough, sure):
            hopeless = middle
        else:
            hopeful = middle
    return hopeless


@jit
def _is_hopeless(scores, earned, bills, start, best, highest, replies, enough, sure):
    """Whether beside a prefix no model from `start` on can come within `enough` of what another one is sure to earn.

    Sure are the types whose score is above `best`, the prefix's, and `highest`, that of all models from `start` on;
    `sure` is room to work in.
    """
    most = replies[start]
    for j in range(start, replies.shape[0]):
        most = max(most, replies[j])
    for j in range(start):
        sure[j] = -bills[j]
    for k in range(scores.shape[0]):
        bar = max(best[k], highest[k])
        for j in range(start):
            sure[j] += earned[k, j] if scores[k, j] > bar else 0.0
    surest = -np.inf
    for j in range(start):
        surest = max(surest, sure[j])
    return surest > most + enough


@jit
def _empty_prefix(scores, weighted, bills, reservation, depth):
    """The state before any opponent: what each model earns where it is accepted, and room for `depth` opponents.

    By number of opponents: the best score of each type, how many tie for it, and the replies of all models.
    """
    users, models = scores.shape
    earned = np.zeros((users, models))
    replies = np.zeros((depth + 1, models))
    replies[0] -= bills
    for k in range(users):
        for j in range(models):
            if scores[k, j] >= reservation[k]:
                earned[k, j] = weighted[k, j]
                replies[0, j] += weighted[k, j]
    return earned, np.full((depth + 1, users), -np.inf), np.zeros((depth + 1, users)), replies


@jit
def _push(scores, earned, model, position, best, tied, replies):
    """Derive the state after one more opponent, who deploys `model`."""
    for j in range(scores.shape[1]):
        replies[position + 1, j] = replies[position, j]
    for k in range(scores.shape[0]):
        score, rival, rivals = scores[k, model], best[position, k], tied[position, k]
        best[position + 1, k], tied[position + 1, k] = rival, rivals
        if score >= rival:
            best[position + 1, k], tied[position + 1, k] = score, rivals + 1.0 if score == rival else 1.0
            _add_change(scores, earned, k, rival, rivals, score, replies, position + 1)


@jit
def _fill_from_state(scores, earned, ranking, start, stop, depth, best, tied, replies, matrix):
    """Fill the rows of `matrix` in [start, stop): the replies to the prefix and one more opponent."""
    models = scores.shape[1]
    for g in range(start, stop):
        for j in range(models):
            matrix[g, j] = replies[depth, j]
    for k in range(scores.shape[0]):
        rival = best[depth, k]
        for rank in range(models):
            g = ranking[k, rank]
            if scores[k, g] < rival:
                break
            if start <= g < stop:
                _add_change(scores, earned, k, rival, tied[depth, k], scores[k, g], matrix, g)


@inline
def _add_change(scores, earned, k, rival, rivals, joined, out, row):
    """Add to `out[row]` what the replies change when an opponent joins whose score is `joined`, at least `rival`."""
    tie_before = 1.0 / (rivals + 1.0)
    tie_after = 1.0 / (rivals + 2.0) if joined == rival else 0.5
    for j in range(scores.shape[1]):
        score = scores[k, j]
        before = tie_before if score >= rival else 0.0
        before = 1.0 if score > rival else before
        after = tie_after if score >= joined else 0.0
        after = 1.0 if score > joined else after
        out[row, j] += earned[k, j] * (after - before)


@jit
def _fill_tops(matrix, start, stop, tops):
    for g in range(start, stop):
        top = matrix[g, 0]
        for j in range(1, matrix.shape[1]):
            top = max(top, matrix[g, j])
        tops[g] = top


@jit
def _largest_regret(
    scores, weighted, bills, weights, alternative, profile, enough, kind, scale, outside, reservation, scratch
):
    """The largest regret of a sorted profile, or the first that is above `enough`."""
    largest = 0.0
    for i in range(profile.shape[0]):
        if i > 0 and profile[i] == profile[i - 1]:
            continue
        fill_replies(scores, weighted, weights, alternative, profile, i, kind, scale, outside, reservation, scratch, 0)
        own = scratch[0, profile[i]] - bills[profile[i]]
        for j in range(scratch.shape[1]):
            largest = max(largest, scratch[0, j] - bills[j] - own)
        if largest > enough:
            break
    return largest
