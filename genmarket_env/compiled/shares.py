"""What one more platform would earn from one user type beside given opponents: the pieces of the compiled twins.

`scores` and `weighted` (masses times scores) are `(users, models)`, so that the inner loops run over models; they are
indexed, not sliced, because a slice counts references in the inner loop. `deployed` holds the scores of the deployed
models for that type; `leaving` is the platform that replies and so is no opponent, -1 if none leaves.

A score above the opponents' best by no more than `tie_tol` is *close*: fewer of them may tie with it than with their
best. It is the only case in which the best opponent and its ties do not tell everything, and takes a recount.
"""

import numpy as np

from . import inline, lean


@lean
def best_opponent(deployed, leaving):
    """The best deployed score of the others; -inf if there are none."""
    best = -np.inf
    for i in range(deployed.shape[0]):
        if i != leaving and deployed[i] > best:
            best = deployed[i]
    return best


@lean
def count_from(deployed, leaving, threshold):
    """How many of the others deploy at least `threshold`."""
    count = 0
    for i in range(deployed.shape[0]):
        count += i != leaving and deployed[i] >= threshold
    return count


@lean
def best_and_ties(deployed, leaving, tie_tol):
    """The best deployed score of the others, and how many of them tie for it."""
    best = best_opponent(deployed, leaving)
    return best, count_from(deployed, leaving, best - tie_tol)


@lean
def is_close(scores, k, best, second, tie_tol):
    """Whether some model is above `best`, or above `second`, by no more than `tie_tol`."""
    close = 0
    for j in range(scores.shape[1]):
        score = scores[k, j]
        bar = score - tie_tol
        close += ((score > best) & (bar <= best)) | ((score > second) & (bar <= second))
    return close > 0


@inline
def tie_share(best, tied, reservation):
    """The share of a tie with `tied` opponents at `best`."""
    return 1.0 / (tied + 1) if best >= reservation else 0.0


@inline
def needed_score(best, reservation):
    """The score that a reply needs for the type to stay: none where an opponent reaches the reservation."""
    return -np.inf if best >= reservation else reservation


@inline
def share_of(score, best, tied_share, needed, tie_tol):
    """The share that a score gets against opponents whose best is `best`, unless it is close."""
    share = tied_share if score >= best - tie_tol else 0.0
    return 1.0 if (score - tie_tol > best) & (score >= needed) else share


@lean
def add_hardmax_reply(scores, weighted, k, best, tied, tie_tol, reservation, out, i):
    """Add every model's reply to row `i` of `out`; none may be close."""
    tied_share = tie_share(best, tied, reservation)
    needed = needed_score(best, reservation)
    for j in range(scores.shape[1]):
        out[i, j] += weighted[k, j] * share_of(scores[k, j], best, tied_share, needed, tie_tol)


@lean
def add_exact_reply(scores, weighted, k, deployed, leaving, tie_tol, reservation, out, i):
    """Add every model's reply to row `i` of `out`, close or not: the definition, model by model."""
    best = best_opponent(deployed, leaving)
    for j in range(scores.shape[1]):
        top = max(scores[k, j], best)
        if scores[k, j] >= top - tie_tol and top >= reservation:
            out[i, j] += weighted[k, j] / (count_from(deployed, leaving, top - tie_tol) + 1)


@lean
def add_logit_reply(scores, weighted, k, deployed, leaving, temperature, outside, reservation, out, i):
    """Add every model's Logit reply to row `i` of `out`, relative to the best opponent: no exponent overflows."""
    chosen = best_opponent(deployed, leaving)
    needed = needed_score(chosen, reservation)
    best = max(chosen, outside)
    rivals = np.exp((outside - best) / temperature) if best > -np.inf else 0.0
    for p in range(deployed.shape[0]):
        if p != leaving:
            rivals += np.exp((deployed[p] - best) / temperature)
    for j in range(scores.shape[1]):
        score = scores[k, j]
        if score < needed:
            continue
        if score >= best:
            share = 1.0 / (1.0 + rivals * np.exp((best - score) / temperature))
        else:
            weight = np.exp((score - best) / temperature)
            share = weight / (weight + rivals)
        out[i, j] += weighted[k, j] * share
