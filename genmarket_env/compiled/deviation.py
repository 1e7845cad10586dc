"""Twins of the kernel's deviation payoffs: all platforms and models in one pass, or the replies of one platform.

Under `HardMax` a reply earns, from each user type, a share that depends only on the opponents' best score and on
how many of them tie for it. These are the same for all platforms, except where a platform that leaves was itself
among the best. So one row of replies is shared by all platforms, and the winners' rows add what changes when they
leave: O(K (N + M)) while few platforms tie. Under `Logit` each row is summed on its own, O(K M) for each distinct
model deployed, because subtracting a platform's weight from a common total would cancel.

`scores` and `weighted` (masses times scores) are `(users, models)`, profiles are legal, and a rule comes as the
fields of `RuleParameters`. Derived; equal to the kernel up to rounding.
"""

import numpy as np

from . import HARDMAX, LOGIT, jit, lean
from .shares import (
    add_exact_reply,
    add_hardmax_reply,
    add_logit_reply,
    best_and_ties,
    best_opponent,
    count_from,
    is_close,
    needed_score,
    share_of,
    tie_share,
)

EXPONENT_RANGE = 300.0
"""The widest range of score / temperature at which `exp` is tabulated once a type; wider ones could underflow."""


@jit
def fill_deviations(scores, weighted, profile, kind, scale, outside, reservation, out):
    """Write what platform `i` would get with model `j`, the others unchanged, to `out[i, j]`: `(platforms, models)`."""
    room = _room(profile.shape[0], *scores.shape, kind)
    deviations_into(scores, weighted, profile, kind, scale, outside, reservation, *room, out)


@lean
def deviations_into(
    scores, weighted, profile, kind, scale, outside, reservation, leader, deployed, shared, weights, alternative, out
):
    """`fill_deviations` without arrays of its own.

    Room to work in: `leader`, integers, and `deployed`, both `(platforms,)`, `shared` `(1, models)`, and
    `room_for_weights`.
    """
    platforms, models = out.shape
    for i in range(platforms):
        leader[i] = i  # the first platform with the same model: they share a row
        for p in range(i):
            if profile[p] == profile[i]:
                leader[i] = p
                break
        for j in range(models):
            out[i, j] = 0.0
    if kind == HARDMAX:
        for j in range(models):
            shared[0, j] = 0.0
        _hardmax_rows(scores, weighted, profile, scale, reservation, leader, deployed, shared, out)
    else:
        fill_logit_weights(scores, scale, outside, weights, alternative)
        for i in range(platforms):
            if leader[i] == i:
                _fill_logit_replies(
                    scores, weighted, weights, alternative, profile, i, scale, outside, reservation, deployed, out, i
                )
    for i in range(platforms):
        if leader[i] != i:
            for j in range(models):
                out[i, j] = out[leader[i], j]


@lean
def _hardmax_rows(scores, weighted, profile, tie_tol, reservation, leader, deployed, shared, out):
    users, platforms = scores.shape[0], profile.shape[0]
    for k in range(users):
        best, second, winner = -np.inf, -np.inf, 0
        for i in range(platforms):
            score = scores[k, profile[i]]
            deployed[i] = score
            if score > best:
                best, second, winner = score, best, i
            elif score > second:
                second = score
        if is_close(scores, k, best, second, tie_tol):
            for i in range(platforms):
                if leader[i] == i:
                    add_exact_reply(scores, weighted, k, deployed, i, tie_tol, reservation[k], out, i)
        elif second < best:
            rivals = count_from(deployed, winner, second - tie_tol)
            i = leader[winner]
            _add_with_gain(scores, weighted, k, best, second, rivals, tie_tol, reservation[k], shared, out, i)
        else:
            _add_with_tie_gains(scores, weighted, k, deployed, best, tie_tol, reservation[k], leader, shared, out)
    for i in range(platforms):
        if leader[i] == i:
            for j in range(scores.shape[1]):
                out[i, j] += shared[0, j]


@lean
def _add_with_gain(scores, weighted, k, best, rival, rivals, tie_tol, reservation, shared, out, i):
    """Add every model's reply to `shared`, and to row `i` of `out` what it gains when the only winner leaves."""
    tied_share, needed = tie_share(best, 1, reservation), needed_score(best, reservation)
    rival_share, rival_needed = tie_share(rival, rivals, reservation), needed_score(rival, reservation)
    for j in range(scores.shape[1]):
        score, weight = scores[k, j], weighted[k, j]
        share = share_of(score, best, tied_share, needed, tie_tol)
        shared[0, j] += weight * share
        out[i, j] += weight * (share_of(score, rival, rival_share, rival_needed, tie_tol) - share)


@lean
def _add_with_tie_gains(scores, weighted, k, deployed, best, tie_tol, reservation, leader, shared, out):
    """The same where several platforms tie for the best, each of which leaves one rival less."""
    tied = count_from(deployed, -1, best - tie_tol)
    add_hardmax_reply(scores, weighted, k, best, tied, tie_tol, reservation, shared, 0)
    gain = tie_share(best, tied - 1, reservation) - tie_share(best, tied, reservation)
    for i in range(deployed.shape[0]):
        if leader[i] == i and deployed[i] >= best - tie_tol:
            for j in range(scores.shape[1]):
                ties = (scores[k, j] <= best) & (scores[k, j] >= best - tie_tol)
                out[i, j] += weighted[k, j] * gain if ties else 0.0


@jit
def logit_weights(scores, kind, temperature, outside):
    """The models' `exp(score / temperature)`, `(users, models)`, and the outside's, `(users,)`, relative to the top.

    The outside's is -1 for a type whose range could underflow; under `HARDMAX` both arrays are empty.
    """
    users, models = scores.shape
    weights, alternative = room_for_weights(users, models, kind)
    if kind == LOGIT:
        fill_logit_weights(scores, temperature, outside, weights, alternative)
    return weights, alternative


@jit
def room_for_weights(users, models, kind):
    """The arrays that `fill_logit_weights` fills, empty under `HARDMAX`."""
    if kind == HARDMAX:
        users = models = 0
    return np.empty((users, models)), np.empty(users)


@lean
def fill_logit_weights(scores, temperature, outside, weights, alternative):
    """Write `logit_weights`."""
    for k in range(scores.shape[0]):
        top, low = outside, outside if outside > -np.inf else np.inf
        for j in range(scores.shape[1]):
            top, low = max(top, scores[k, j]), min(low, scores[k, j])
        if top - low > EXPONENT_RANGE * temperature:
            alternative[k] = -1.0
        else:
            alternative[k] = np.exp((outside - top) / temperature)
            for j in range(scores.shape[1]):
                weights[k, j] = np.exp((scores[k, j] - top) / temperature)


@jit
def fill_replies(scores, weighted, weights, alternative, profile, mover, kind, scale, outside, reservation, out, row):
    """Write what the platform `mover` would get with each model, the others unchanged, to `out[row]`.

    `weights` and `alternative` are `logit_weights` of the market.
    """
    deployed = np.empty(profile.shape[0])
    replies_into(
        scores, weighted, weights, alternative, profile, mover, kind, scale, outside, reservation, deployed, out, row
    )


@lean
def replies_into(
    scores, weighted, weights, alternative, profile, mover, kind, scale, outside, reservation, deployed, out, row
):
    """`fill_replies` without arrays of its own; `deployed`, `(platforms,)`, is room to work in."""
    for j in range(scores.shape[1]):
        out[row, j] = 0.0
    if kind == LOGIT:
        _fill_logit_replies(
            scores, weighted, weights, alternative, profile, mover, scale, outside, reservation, deployed, out, row
        )
        return
    for k in range(scores.shape[0]):
        for i in range(profile.shape[0]):
            deployed[i] = scores[k, profile[i]]
        best, tied = best_and_ties(deployed, mover, scale)
        if is_close(scores, k, best, best, scale):
            add_exact_reply(scores, weighted, k, deployed, mover, scale, reservation[k], out, row)
        else:
            add_hardmax_reply(scores, weighted, k, best, tied, scale, reservation[k], out, row)


@lean
def _fill_logit_replies(
    scores, weighted, weights, alternative, profile, mover, temperature, outside, reservation, deployed, out, row
):
    """Add the Logit replies of the platform `mover` to `out[row]`."""
    for k in range(scores.shape[0]):
        rivals = alternative[k]
        for i in range(profile.shape[0]):
            deployed[i] = scores[k, profile[i]]
            if i != mover:
                rivals += weights[k, profile[i]]
        if alternative[k] < 0:
            add_logit_reply(scores, weighted, k, deployed, mover, temperature, outside, reservation[k], out, row)
            continue
        needed = needed_score(best_opponent(deployed, mover), reservation[k])
        for j in range(scores.shape[1]):
            share = weights[k, j] / (weights[k, j] + rivals)
            out[row, j] += weighted[k, j] * share if scores[k, j] >= needed else 0.0


@lean
def is_legal(profile, models):
    """Whether every platform deploys a model of the pool, and there is at least one platform."""
    for i in range(profile.shape[0]):
        if profile[i] < 0 or profile[i] >= models:
            return False
    return profile.shape[0] > 0


@jit
def checked_deviations(scores, weighted, profile, kind, scale, outside, reservation, out):
    """`fill_deviations`, and True, if the profile is legal."""
    legal = is_legal(profile, scores.shape[1])
    if legal:
        fill_deviations(scores, weighted, profile, kind, scale, outside, reservation, out)
    return legal


@lean
def _fill_regrets(deviations, profile, out):
    """Write best deviation payoff minus payoff to `out`, `(platforms,)`."""
    for i in range(profile.shape[0]):
        best = deviations[i, 0]
        for j in range(deviations.shape[1]):
            best = max(best, deviations[i, j])
        out[i] = best - deviations[i, profile[i]]


@jit
def checked_regrets(scores, weighted, profile, kind, scale, outside, reservation, out):
    """Write best deviation payoff minus payoff to `out`, `(platforms,)`, and True, if the profile is legal."""
    legal = is_legal(profile, scores.shape[1])
    if legal:
        deviations = np.empty((profile.shape[0], scores.shape[1]))
        fill_deviations(scores, weighted, profile, kind, scale, outside, reservation, deviations)
        _fill_regrets(deviations, profile, out)
    return legal


@jit
def deviations_of_batch(scores, weighted, market_of, profiles, start, stop, kind, scale, outside, reservation, out):
    """Fill `out[b]` for `b` in [start, stop): the profile `b` in the market `market_of[b]` of a batch of markets."""
    room = _room(profiles.shape[1], scores.shape[1], scores.shape[2], kind)
    for b in range(start, stop):
        _fill_element(scores, weighted, market_of[b], profiles, b, kind, scale, outside, reservation, room, out, b)


@jit
def regrets_of_batch(scores, weighted, market_of, profiles, start, stop, kind, scale, outside, reservation, out):
    """The regrets in place of the deviation payoffs."""
    room = _room(profiles.shape[1], scores.shape[1], scores.shape[2], kind)
    deviations = np.empty((1, profiles.shape[1], scores.shape[2]))
    for b in range(start, stop):
        _fill_element(
            scores, weighted, market_of[b], profiles, b, kind, scale, outside, reservation, room, deviations, 0
        )
        _fill_regrets_of(deviations, profiles, out, b)


@lean
def _fill_element(scores, weighted, m, profiles, b, kind, scale, outside, reservation, room, out, place):
    deviations_into(scores[m], weighted[m], profiles[b], kind, scale, outside, reservation, *room, out[place])


@lean
def _fill_regrets_of(deviations, profiles, out, b):
    _fill_regrets(deviations[0], profiles[b], out[b])


@jit
def _room(platforms, users, models, kind):
    """What `deviations_into` works in."""
    weights, alternative = room_for_weights(users, models, kind)
    return np.empty(platforms, np.int64), np.empty(platforms), np.empty((1, models)), weights, alternative
