"""The best distribution near a given one, and the payments that make reports of rewards truthful.

`max_p sum_x p(x) R(x) - D_f(p || q)` with `D_f(p || q) = sum_x q(x) f(p(x) / q(x))` over distributions p, for three f,
and the affine-maximiser payments of whoever adds to R. Every f carries its weight `lam` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from ..market import FloatArray

Optimum: TypeAlias = tuple[FloatArray, FloatArray]
"""The best distribution, `(*batch, X)`, and the value of the objective there, `(*batch,)`."""


def gibbs(rewards: FloatArray, log_weights: FloatArray, lam: float) -> Optimum:
    """Of `f(t) = lam t log t`: p in proportion to `q exp(R / lam)`, and `lam log sum_x q exp(R / lam)`.

    Args:
        rewards: R, `(*batch, X)`.
        log_weights: `log q`, `(*batch, X)`; q need not sum to 1, which moves the value by a constant.
        lam: > 0.

    Example:
        >>> p, value = gibbs(np.array([np.log(3), 0.0]), np.log([0.5, 0.5]), 1.0)
        >>> p.round(3), round(float(np.exp(value)), 3)
        (array([0.75, 0.25]), 2.0)
    """
    top = rewards.max(axis=-1, keepdims=True)
    # R is lessened before it is divided, as it may be so large beside lam that it would overflow.
    lessened = np.subtract(rewards, top, dtype=float)
    lessened /= lam
    exponent = lessened + log_weights
    peak = exponent.max(axis=-1, keepdims=True)
    exponent -= peak
    weights = np.exp(exponent, out=exponent)
    total = weights.sum(axis=-1, keepdims=True)
    return np.divide(weights, total, out=weights), (top + lam * (peak + np.log(total)))[..., 0]


def chi_squared(rewards: FloatArray, q: FloatArray, lam: float) -> Optimum:
    """Of `f(t) = lam (t - 1)^2`: `p = q max(0, 1 + (R - mu) / (2 lam))`, mu such that p sums to 1.

    Example:
        >>> p, value = chi_squared(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 1.0)
        >>> p, round(float(value), 4)
        (array([0.625, 0.375]), 0.5625)
    """
    order = np.argsort(-rewards, axis=-1, kind="stable")
    sorted_rewards = np.take_along_axis(rewards, order, axis=-1)
    sorted_q = np.take_along_axis(np.broadcast_to(q, rewards.shape), order, axis=-1)
    mass = np.cumsum(sorted_q, axis=-1)
    level = (np.cumsum(sorted_q * sorted_rewards, axis=-1) - 2 * lam * (1 - mass)) / mass
    # The k best have mass for the largest k whose last is above the level that these k would have.
    kept = (sorted_rewards - level + 2 * lam > 0).cumsum(axis=-1).argmax(axis=-1)
    mu = np.take_along_axis(level, kept[..., None], axis=-1)
    p = q * np.maximum(0.0, 1 + (rewards - mu) / (2 * lam))
    p = p / p.sum(axis=-1, keepdims=True)
    return p, (p * rewards).sum(axis=-1) - lam * ((p - q) ** 2 / q).sum(axis=-1)


def total_variation(rewards: FloatArray, q: FloatArray, lam: float) -> Optimum:
    """Of `f(t) = lam |t - 1|`: what is worse than the best by more than `2 lam` gives all its mass to the first best.

    Mass that moves costs lam where it leaves and lam where it arrives.

    Example:
        >>> total_variation(np.array([3.0, 2.0, 0.0]), np.array([0.2, 0.3, 0.5]), 1.0)[0]
        array([0.7, 0.3, 0. ])
    """
    best = rewards.argmax(axis=-1)[..., None]
    stays = rewards >= np.take_along_axis(rewards, best, axis=-1) - 2 * lam
    kept = np.where(stays, q, 0.0)
    moved = np.where(stays, 0.0, q).sum(axis=-1, keepdims=True)
    p = kept + np.where(np.arange(rewards.shape[-1]) == best, moved, 0.0)
    return p, (p * rewards).sum(axis=-1) - 2 * lam * moved[..., 0]


class Divergence(NamedTuple):
    """One kind of `D_f`.

    Attributes:
        optimum: of R, q and lam.
        terms: `f(p / q) q / lam` of each x, `(*batch, X)`, of p and q: `D_f` is lam times their sum.
    """

    optimum: Callable[[FloatArray, FloatArray, float], Optimum]
    terms: Callable[[FloatArray, FloatArray], FloatArray]


DIVERGENCES = {
    "kl": Divergence(
        lambda rewards, q, lam: gibbs(rewards, np.log(q), lam),
        lambda p, q: np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0) / q), 0.0),
    ),
    "chi2": Divergence(chi_squared, lambda p, q: (p - q) ** 2 / q),
    "tv": Divergence(total_variation, lambda p, q: np.abs(p - q)),
}
"""The divergences by name."""


def without_each(parts: FloatArray) -> FloatArray:
    """The sums over the others, `(*batch, n, X)`, of the parts `(*batch, n, X)` of each.

    They are added anew, as a difference to the sum of all would lose digits.
    """
    others = np.zeros(parts.shape)
    # A loop over the parts and none over the batch: np.cumsum goes through every x of every element by itself.
    for i in range(1, parts.shape[-2]):
        np.add(others[..., i - 1, :], parts[..., i - 1, :], out=others[..., i, :])
    after = np.zeros(parts[..., 0, :].shape)
    for i in reversed(range(parts.shape[-2] - 1)):
        after += parts[..., i + 1, :]
        others[..., i, :] += after
    return others


def affine_payments(
    parts: FloatArray, base: FloatArray, optimum: Callable[[FloatArray, FloatArray], Optimum]
) -> tuple[FloatArray, FloatArray]:
    """The best distribution for the sum of the parts, and what each pays: what the others lose by it.

    Args:
        parts: what each adds to R, `(*batch, n, X)`.
        base: q or its logarithm, as `optimum` takes it, `(*batch, X)`.
        optimum: of R and the base.

    Returns:
        `p`, `(*batch, X)`, and `V(R - r_i) - (V(R) - p r_i)`, `(*batch, n)`, where V is the value of the optimum: never
        negative, and 0 for a part that is the same for every x.

    Example:
        >>> from functools import partial
        >>> rewards = np.array([[1.0, 0.0], [0.5, 0.5]])
        >>> p, paid = affine_payments(rewards, np.log([0.5, 0.5]), partial(gibbs, lam=1.0))
        >>> np.abs(paid).round(4)
        array([0.1109, 0.    ])
    """
    p, value = optimum(parts.sum(axis=-2), base)
    others_value = optimum(without_each(parts), base[..., None, :])[1]
    return p, others_value - (value[..., None] - (p[..., None, :] * parts).sum(axis=-1))
