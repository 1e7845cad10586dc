r"""Models that no platform deploys in an equilibrium where users choose by one thing and platforms earn another.

With `u_j(k)` what users choose by and `w_j(k) = pi_k v_j(k)` what serving all of type k earns, 0 where the type's
reservation is above `u_j(k)`: a higher utility keeps a share or raises it. So under HardMax model `l` *dominates* `j`
by a margin `m` if for every type k

* `u_l(k) >= u_j(k)` and `w_l(k) > w_j(k) + m`, where `w_j(k) > 0`;
* `w_l(k) >= 0`, or `u_l(k) <= u_j(k)` and `w_l(k) >= w_j(k)`, where `w_j(k) <= 0`.

Whatever the others deploy, a platform then earns no less with `l`, and more than `m / N` more if with `j` it serves
anybody who is worth something. Where it serves nobody such, it would earn at least `w_g(k) / N` with a model `g` of
worths >= 0 that no platform can better for type k. If that is above `m / N`, a platform with `j` gains more than
`m / N` in every profile: `j` is in none whose largest regret is at most `m / N`, in no mixed and in no correlated
equilibrium.

Under Logit the others' weights add up to some `R`, and with `e = exp(u / tau)` the gain by `l` in the place of `j` is
the sum over types of `e_l w_l / (e_l + R) - e_j w_j / (e_j + R)`. Each term is least at an end of the range of `R`, or
where its derivative, a quadratic over a square, is 0. It is enough that the sum of the least is above the gain asked
for.

Of other rules nothing is known. All of this is derived; `.dominance` has the case `u = v`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..choice import LOG_ZERO
from ..compiled import HARDMAX, RuleParameters
from ..market import FloatArray, IntArray

MOST_COMPARED = 100_000_000
"""So many worths are compared at most, about a second; of larger pools all models are kept."""

_SLACK = 1e-14
_EXACT_RANGE = 100.0
"""So wide a range of utility / temperature leaves products of two weights in range."""


class Seen(NamedTuple):
    """What one platform may deploy, and what it may face.

    Attributes:
        utilities: what users choose by, of the models that it may deploy, `(models, users)`.
        weighted: what serving all of a type earns, alike.
        least: the lowest utility that each other platform may offer, `(others, users)`.
        most: the highest, alike.
    """

    utilities: FloatArray
    weighted: FloatArray
    least: FloatArray
    most: FloatArray


def undominated(seen: Seen, rule: RuleParameters, tol: float, unit: float) -> IntArray:
    """The models that a profile of regrets up to `tol` may hold on this platform, by place, ascending.

    Args:
        seen: what it may deploy and face.
        rule: how users choose.
        tol: the gain that is let pass.
        unit: no worth is above it.
    """
    models, users = seen.utilities.shape
    gain = tol + _SLACK * unit
    if models**2 * users > MOST_COMPARED or not np.isfinite(gain):
        return np.arange(models)
    if rule.kind == HARDMAX:
        return np.flatnonzero(~_beaten_under_hardmax(seen, rule, gain * (len(seen.most) + 1)))
    if (rule.reservation > -np.inf).any():
        return np.arange(models)
    return np.flatnonzero(~_beaten_under_logit(seen, rule, gain))


def _beaten_under_hardmax(seen: Seen, rule: RuleParameters, margin: float) -> NDArray[np.bool_]:
    utilities, models = seen.utilities, len(seen.utilities)
    # Within the tolerance of a tie a model may be served below the reservation, by another's grace.
    certain = np.where(utilities >= rule.reservation, seen.weighted, 0.0)
    possible = np.where(utilities >= rule.reservation - rule.scale, seen.weighted, 0.0)
    best = np.vstack([utilities, seen.most]).max(axis=0)
    floors, reaches = np.minimum(certain, possible), np.maximum(certain, possible)
    harmless = np.asarray((floors >= 0).all(axis=1))
    sure = np.where((utilities >= best) & harmless[:, None], certain, 0.0).max(initial=0.0)
    if sure <= margin:
        return np.zeros(models, np.bool_)
    dominates = np.ones((models, models), np.bool_)  # [l, j]
    for k in range(utilities.shape[1]):
        mine = utilities[:, k][:, None]
        level = np.greater_equal(mine, utilities[:, k])
        floor, reach = floors[:, k][:, None], reaches[:, k]
        above = level & (floor > reach + margin)
        below = (floor >= 0) | (~level | (mine == utilities[:, k])) & (floor >= reach)
        dominates &= np.where(reach > 0, above, below)
    worthless = (reaches <= 0).all(axis=1)
    np.fill_diagonal(dominates, val=False)
    return np.asarray(worthless | dominates.any(axis=0))


def _beaten_under_logit(seen: Seen, rule: RuleParameters, gain: float) -> NDArray[np.bool_]:
    models = len(seen.utilities)
    top = np.maximum(np.vstack([seen.utilities, seen.most]).max(axis=0), rule.outside)

    def weight(utilities: FloatArray) -> FloatArray:
        return np.exp(np.maximum((utilities - top) / rule.scale, LOG_ZERO))

    own, outside = weight(seen.utilities), np.exp(np.maximum((rule.outside - top) / rule.scale, LOG_ZERO))
    outside = outside if rule.outside > -np.inf else np.zeros_like(top)
    low, high = weight(seen.least).sum(axis=0) + outside, weight(seen.most).sum(axis=0) + outside
    lowest = np.minimum(seen.utilities.min(axis=0), seen.least.min(axis=0, initial=np.inf))
    wide = top - lowest > _EXACT_RANGE * rule.scale
    total = np.zeros((models, models))  # [l, j]
    for k in range(own.shape[1]):
        mine, theirs = (own[:, k][:, None], seen.weighted[:, k][:, None]), (own[:, k], seen.weighted[:, k])
        bound = _interval_gain if wide[k] else _least_gain
        total += bound(mine, theirs, float(low[k]), float(high[k]))
    np.fill_diagonal(total, -np.inf)
    return np.asarray((total > gain).any(axis=0))


def _share(weight: FloatArray, rivals: FloatArray | float) -> FloatArray:
    together = weight + rivals
    return np.where(together > 0, weight / np.where(together > 0, together, 1.0), 1.0)


def _least_gain(
    mine: tuple[FloatArray, FloatArray], theirs: tuple[FloatArray, FloatArray], low: float, high: float
) -> FloatArray:
    """The least gain of each `l` in the place of each `j` from one type, over the others' weights in [low, high]."""
    (own, worth), (other, its) = mine, theirs
    tilt, level = own * worth - other * its, own * other * (worth - its)
    curve = level**2 + tilt * (tilt * own * other - level * (own + other))
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = [(-level + sign * np.sqrt(np.maximum(curve, 0.0))) / tilt for sign in (-1.0, 1.0)]
    least = np.full(np.broadcast_shapes(own.shape, other.shape), np.inf)
    for rivals in (np.array(low), np.array(high), *(np.clip(np.nan_to_num(root), low, high) for root in roots)):
        np.minimum(least, _share(own, rivals) * worth - _share(other, rivals) * its, out=least)
    return least


def _interval_gain(
    mine: tuple[FloatArray, FloatArray], theirs: tuple[FloatArray, FloatArray], low: float, high: float
) -> FloatArray:
    """No more than `_least_gain`: each earns its least, or its most, whatever the other faces."""
    (own, worth), (other, its) = mine, theirs
    earned = np.minimum(_share(own, low) * worth, _share(own, high) * worth)
    lost = np.maximum(_share(other, low) * its, _share(other, high) * its)
    return earned - lost
