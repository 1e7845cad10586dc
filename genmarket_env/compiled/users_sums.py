"""Sums over users one by one that are no deviation payoffs: of groups of them, and of those whom errors leave open."""

import numpy as np

from . import jit


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
