"""Twins of the kernel's deviation payoffs under `HardMax`, for many users whose scores stand one row a user.

`scores` `(users, models)` are what a file holds, float32 or uint16; times `scale` they are scores. They are compared as
they stand, and added up in float64. A tie is being within `tie_tol`: where no score of a user lies that near to the
best of the deployed ones without being equal to it, which `coarse` often tells from the best alone, equality decides;
elsewhere the definition does, model by model. Profiles in ascending order are the quickest: the scores of a user are
then read in their order. Derived; equal to the kernel on the same numbers up to rounding.

What platform `i` earns with model `j` from one user is `base[j] + gains[i, j]`: `base` is what one more platform would
earn beside all, `gains` what it gains because `i` leaves, which is not 0 only where `i` is among the best. `level` is
the lowest score that decides this of a user: a platform below it may switch to a model below it and nothing changes.
"""

import numpy as np

from . import inline, jit
from .shares import add_exact_reply


@inline
def _add_rows(scores, u, best, whole, part, out):
    """Add to `out` the worth of each model that is above `best`, and of those equal to it a part."""
    for j in range(scores.shape[1]):
        score = np.float64(scores[u, j])
        worth = part if score >= best else 0.0
        worth = whole if score > best else worth
        out[j] += worth * score


@jit
def _is_near(scores, u, best, tie_tol):
    """Whether some score of the user is within the tolerance of `best` without being equal to it."""
    near = 0
    for j in range(scores.shape[1]):
        score = np.float64(scores[u, j])
        near += (score != best) & (score >= best - tie_tol) & (score - tie_tol <= best)
    return near > 0


@jit
def _top(values):
    """The largest of some numbers, none of which is NaN; four at a time, which need not wait for each other."""
    first, second, third, fourth = -np.inf, -np.inf, -np.inf, -np.inf
    whole = values.shape[0] // 4 * 4
    for p in range(0, whole, 4):
        first = values[p] if values[p] > first else first
        second = values[p + 1] if values[p + 1] > second else second
        third = values[p + 2] if values[p + 2] > third else third
        fourth = values[p + 3] if values[p + 3] > fourth else fourth
    for p in range(whole, values.shape[0]):
        first = values[p] if values[p] > first else first
    first = second if second > first else first
    third = fourth if fourth > third else third
    return third if third > first else first


@jit
def _take_deployed(scores, u, profile, deployed):
    for p in range(profile.shape[0]):
        deployed[p] = scores[u, profile[p]]


@jit
def _fill_exact(scores, u, mass, deployed, scale, row, weighted, opponents):
    """One user as the definition takes it: all in units of the score."""
    for j in range(scores.shape[1]):
        row[0, j] = scores[u, j] * scale
        weighted[0, j] = mass * row[0, j]
    for p in range(deployed.shape[0]):
        opponents[p] = deployed[p] * scale


@jit
def add_replies(scores, masses, rivals, tie_tol, scale, coarse, out):
    """Add what one more platform would get from these users with each model, beside those of `rivals`, to `out[0]`."""
    users, models = scores.shape
    deployed, opponents = np.empty(rivals.shape[0]), np.empty(rivals.shape[0])
    row, weighted = np.empty((1, models)), np.empty((1, models))
    sums = out[0]
    for u in range(users):
        _take_deployed(scores, u, rivals, deployed)
        best = _top(deployed)
        tied = 0
        for p in range(deployed.shape[0]):
            tied += deployed[p] == best
        if best <= coarse and best > -np.inf and _is_near(scores, u, best, tie_tol / scale):
            _fill_exact(scores, u, masses[u], deployed, scale, row, weighted, opponents)
            add_exact_reply(row, weighted, 0, opponents, -1, tie_tol, -np.inf, out, 0)
            continue
        whole = masses[u] * scale
        _add_rows(scores, u, best, whole, whole / (tied + 1), sums)


@jit
def _add_tie_gains(scores, u, best, gain, deployed, gains):
    """Add what each of those that tie for the best gains by a model equal to them, as one of them leaves."""
    for j in range(scores.shape[1]):
        if scores[u, j] == best:
            for p in range(deployed.shape[0]):
                if deployed[p] == best:
                    gains[p, j] += gain * best


@jit
def _terms(scores, u, profile, tie_tol, scale, coarse, deployed, opponents):
    """What of the deployed scores decides a user.

    The best, how many tie for it and the last of these, the second, how many tie for that, and whether near ties leave
    nothing but the definition.
    """
    _take_deployed(scores, u, profile, deployed)
    best = _top(deployed)
    tied, winner = 0, 0
    for p in range(deployed.shape[0]):
        tied += deployed[p] == best
        winner = p if deployed[p] == best else winner
        opponents[p] = deployed[p] if deployed[p] < best else -np.inf
    second = _top(opponents)
    rivals = 0
    for p in range(deployed.shape[0]):
        rivals += deployed[p] == second
    near = best <= coarse and _is_near(scores, u, best, tie_tol / scale)
    if not near and tied == 1 and second <= coarse and second > -np.inf:
        near = _is_near(scores, u, second, tie_tol / scale)
    return best, tied, winner, second, rivals, near


@jit
def _level_of(terms):
    best, tied, _, second, _, near = terms
    if near:
        return -np.inf
    return second if tied == 1 else best


@jit
def _add_user(scores, u, mass, terms, tie_tol, scale, deployed, opponents, row, weighted, base, gains):
    """Add what one user is worth to every platform with every model; `deployed` and `terms` are of the user."""
    best, tied, winner, second, rivals, near = terms
    if near:
        _fill_exact(scores, u, mass, deployed, scale, row, weighted, opponents)
        for p in range(deployed.shape[0]):
            add_exact_reply(row, weighted, 0, opponents, p, tie_tol, -np.inf, gains, p)
        return
    whole = mass * scale
    part = whole / (tied + 1)
    if tied > 1:
        _add_rows(scores, u, best, whole, part, base[0])
        _add_tie_gains(scores, u, best, whole / tied - part, deployed, gains)
        return
    rival_part = whole / (rivals + 1)
    for j in range(scores.shape[1]):
        score = np.float64(scores[u, j])
        worth = part if score >= best else 0.0
        worth = whole if score > best else worth
        left = rival_part if score >= second else 0.0
        left = whole if score > second else left
        base[0, j] += worth * score
        gains[winner, j] += (left - worth) * score


@jit
def add_all_replies(scores, masses, profile, tie_tol, scale, coarse, base, gains, level):
    """Add what every platform would get from these users with every model to `base` `(1, models)` and `gains`.

    `gains` is `(platforms, models)`. Writes the levels of the users.
    """
    models, platforms = scores.shape[1], profile.shape[0]
    deployed, opponents = np.empty(platforms), np.empty(platforms)
    row, weighted = np.empty((1, models)), np.empty((1, models))
    for u in range(scores.shape[0]):
        terms = _terms(scores, u, profile, tie_tol, scale, coarse, deployed, opponents)
        _add_user(scores, u, masses[u], terms, tie_tol, scale, deployed, opponents, row, weighted, base, gains)
        level[u] = _level_of(terms)


@jit
def _add_other_second(scores, u, whole, before, after, gains):
    """Add what the only winner of a user gains, as another second best comes to stand behind it."""
    _, _, winner, second, rivals, _ = before
    _, _, _, other, others, _ = after
    part, other_part = whole / (rivals + 1), whole / (others + 1)
    for j in range(scores.shape[1]):
        score = np.float64(scores[u, j])
        worth = part if score >= second else 0.0
        worth = whole if score > second else worth
        other_worth = other_part if score >= other else 0.0
        other_worth = whole if score > other else other_worth
        gains[winner, j] += (other_worth - worth) * score


@jit
def add_switch(scores, masses, profile, mover, model, tie_tol, scale, coarse, base, gains, level):
    """Add what changes when the platform `mover` switches to `model`, as `add_all_replies` would tell it anew.

    Only users of whom its old or its new model decides something are read. Updates their levels, and returns how many
    they were.
    """
    models, platforms = scores.shape[1], profile.shape[0]
    deployed, opponents, switched = np.empty(platforms), np.empty(platforms), np.empty(platforms)
    row, weighted = np.empty((1, models)), np.empty((1, models))
    changed = profile.copy()
    changed[mover] = model
    old = profile[mover]
    count = 0
    for u in range(scores.shape[0]):
        if scores[u, old] < level[u] and scores[u, model] < level[u]:
            continue
        count += 1
        before = _terms(scores, u, profile, tie_tol, scale, coarse, deployed, opponents)
        after = _terms(scores, u, changed, tie_tol, scale, coarse, switched, opponents)
        level[u] = _level_of(after)
        alone = before[1] == 1 and after[1] == 1 and not before[5] and not after[5]
        if alone and before[0] == after[0] and before[2] == after[2]:
            _add_other_second(scores, u, masses[u] * scale, before, after, gains)
            continue
        _add_user(scores, u, -masses[u], before, tie_tol, scale, deployed, opponents, row, weighted, base, gains)
        _add_user(scores, u, masses[u], after, tie_tol, scale, switched, opponents, row, weighted, base, gains)
    return count


@jit
def add_group_sums(scores, masses, groups, scale, out, weights):
    """Add to `out` `(groups, models)` the scores of the members of each group by their masses, to `weights` these."""
    for u in range(scores.shape[0]):
        group, whole = groups[u], masses[u] * scale
        weights[group] += masses[u]
        for j in range(scores.shape[1]):
            out[group, j] += whole * np.float64(scores[u, j])


@jit
def _top_three(scores, u, deployed, at, worth):
    """The places in `deployed`, models, of the three that the user scores highest, and these scores; -1 and -inf."""
    for place in range(3):
        at[place], worth[place] = -1, -np.inf
    for d in range(deployed.shape[0]):
        score, place = np.float64(scores[u, deployed[d]]), 3
        while place > 0 and score > worth[place - 1]:
            place -= 1
        for after in range(2, place, -1):
            at[after], worth[after] = at[after - 1], worth[after - 1]
        if place < 3:
            at[place], worth[place] = d, score


@jit
def add_uncertain(scores, masses, deployed, owner, width, scale, error, base, gains):
    """Add for each platform and model the most that users give whose scores do not tell what share the model has.

    That is `mass * (score + error)` of each user for whom the model is within `width` of the best opponent with another
    model. `deployed` are the different models, `owner` the platform of each that has it alone, or -1; `width` is in
    units of the kept scores. `base` and `gains` as in `add_all_replies`.
    """
    at, best = np.empty(3, np.int64), np.empty(3)
    for u in range(scores.shape[0]):
        _top_three(scores, u, deployed, at, best)
        first = deployed[at[0]]
        second = deployed[at[1]] if at[1] >= 0 else -1
        alone = owner[at[0]]
        for j in range(scores.shape[1]):
            score = np.float64(scores[u, j])
            worth = masses[u] * (score * scale + error)
            beside_all = worth if abs(score - (best[1] if j == first else best[0])) <= width else 0.0
            base[0, j] += beside_all
            if alone >= 0:
                left = best[2] if j == second else best[1]
                gains[alone, j] += (worth if abs(score - left) <= width else 0.0) - beside_all
        if second >= 0 and owner[at[1]] >= 0:
            score = np.float64(scores[u, first])
            worth = masses[u] * (score * scale + error)
            uncertain = worth if abs(score - best[1]) <= width else 0.0
            gains[owner[at[1]], first] += (worth if abs(score - best[2]) <= width else 0.0) - uncertain
