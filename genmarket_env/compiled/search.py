"""Search all multisets of models for those whose largest regret stays within a limit.

Platforms are exchangeable, so a profile is a sorted multiset, and each of its platforms faces a multiset of N - 1
opponents: there are C(M + N - 2, N - 1) of these. The search walks through the sorted prefixes of N - 2 models in
lexicographic order. For each it fills the matrix of replies, `[g, j]` what a platform with model `j` gets beside the
prefix and `g`, which tells the regrets of both platforms of the pair (g, j) at once; the few pairs within the limit
are then checked platform by platform. Under `HardMax` the replies to a prefix are kept incrementally: one more
opponent changes them only for the types that it wins or ties for.

`scores` and `weighted` (masses times scores) are `(users, models)`; a rule comes as the fields of `RuleParameters`.
Derived.
"""

import numpy as np

from . import inline, jit
from .deviation import fill_replies, logit_weights

SLACK = 1e-10
"""More than rounding can move a reply that is kept incrementally; callers check what is found once more."""


@jit
def search(scores, weighted, ranking, platforms, first, limit, lowest, kind, scale, outside, reservation):
    """The profiles of at least 2 platforms that start with `first` and whose largest regret is at most `limit`.

    With 2 platforms there is no prefix: all profiles are searched, whatever `first` is. `ranking` `(users, models)`
    holds each type's models from the best on, and requires `HardMax` with no two scores of a type so close that they
    tie without being equal; if it is empty, `(0, 0)`, every reply is computed from scratch. With `lowest` each
    regret found becomes the limit that the next ones must be below.

    Returns the profiles `(found, platforms)` in lexicographic order, and their largest regrets `(found,)`.
    """
    models, depth = scores.shape[1], platforms - 2
    weights, alternative = logit_weights(scores, kind, scale, outside)
    earned, best, tied, replies = _empty_prefix(scores, weighted, reservation, depth)
    matrix = np.empty((models, models))
    tops = np.empty(models)
    scratch = np.empty((1, models))
    found = np.empty((16, platforms), np.int64)
    regrets = np.empty(16)
    count = 0
    profile = np.full(platforms, first)
    changed = 0
    while changed >= 0:
        start = profile[depth - 1] if depth > 0 else 0
        if ranking.shape[0] > 0:
            for position in range(changed, depth):
                _push(scores, earned, profile[position], position, best, tied, replies)
            _fill_from_state(scores, earned, ranking, start, depth, best, tied, replies, matrix)
        else:
            for g in range(start, models):
                profile[depth] = g
                fill_replies(
                    scores, weighted, weights, alternative, profile, depth + 1, kind, scale, outside, reservation,
                    matrix, g,
                )  # fmt: skip
        _fill_tops(matrix, start, tops)
        for g in range(start, models):
            for j in range(g, models):
                if tops[g] - matrix[g, j] > limit + SLACK or tops[j] - matrix[j, g] > limit + SLACK:
                    continue
                profile[depth], profile[depth + 1] = g, j
                largest = _largest_regret(
                    scores, weighted, weights, alternative, profile, limit + SLACK, kind, scale, outside, reservation,
                    scratch,
                )  # fmt: skip
                if largest < limit if lowest else largest <= limit + SLACK:
                    if count == regrets.shape[0]:
                        found, regrets = np.concatenate((found, found)), np.concatenate((regrets, regrets))
                    found[count], regrets[count] = profile, largest
                    count += 1
                    limit = largest if lowest else limit
        changed = _advance(profile, depth, models)
    return found[:count].copy(), regrets[:count].copy()


@jit
def _advance(profile, depth, models):
    """Step to the next prefix with the same first model; the first position that changed, -1 after the last."""
    for position in range(depth - 1, 0, -1):
        if profile[position] < models - 1:
            profile[position:depth] = profile[position] + 1
            return position
    return -1


@jit
def _empty_prefix(scores, weighted, reservation, depth):
    """The state before any opponent: what each model earns where it is accepted, and room for `depth` opponents.

    By number of opponents: the best score of each type, how many tie for it, and the replies of all models.
    """
    users, models = scores.shape
    earned = np.zeros((users, models))
    replies = np.zeros((depth + 1, models))
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
def _fill_from_state(scores, earned, ranking, start, depth, best, tied, replies, matrix):
    """Fill the rows of `matrix` from `start` on: the replies to the prefix and one more opponent."""
    models = scores.shape[1]
    for g in range(start, models):
        for j in range(models):
            matrix[g, j] = replies[depth, j]
    for k in range(scores.shape[0]):
        rival = best[depth, k]
        for rank in range(models):
            g = ranking[k, rank]
            if scores[k, g] < rival:
                break
            if g >= start:
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
def _fill_tops(matrix, start, tops):
    for g in range(start, matrix.shape[0]):
        top = matrix[g, 0]
        for j in range(1, matrix.shape[1]):
            top = max(top, matrix[g, j])
        tops[g] = top


@jit
def _largest_regret(
    scores, weighted, weights, alternative, profile, enough, kind, scale, outside, reservation, scratch
):
    """The largest regret of a sorted profile, or the first that is above `enough`."""
    largest = 0.0
    for i in range(profile.shape[0]):
        if i > 0 and profile[i] == profile[i - 1]:
            continue
        fill_replies(scores, weighted, weights, alternative, profile, i, kind, scale, outside, reservation, scratch, 0)
        for j in range(scratch.shape[1]):
            largest = max(largest, scratch[0, j] - scratch[0, profile[i]])
        if largest > enough:
            break
    return largest
