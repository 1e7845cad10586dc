"""The replies to a prefix of models that opponents deploy, kept incrementally: the state of `search`.

One more opponent changes the replies only for the types that it wins or ties for. By number of opponents are kept
`best`, the best score of each type, `tied`, how many tie for it, both `(depth + 1, users)`, and `replies`, what each
model earns, `(depth + 1, models)`. `scores` and `earned`, what each model earns where it is accepted, are
`(users, models)`, `bills` `(models,)`. Derived.
"""

import numpy as np

from . import inline, jit, lean


@jit
def highest_from(scores):
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
def empty_prefix(scores, weighted, bills, reservation, depth):
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


@lean
def follow_prefix(scores, earned, bills, profile, changed, best, tied, replies, bounded, highest, enough, until, room):
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


@lean
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


@lean
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


@lean
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


@lean
def fill_from_prefix(scores, earned, ranking, start, stop, depth, best, tied, replies, matrix):
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
