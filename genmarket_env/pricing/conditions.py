"""Whether prices at which the first-order conditions hold are best for their owners: curvature, and other prices."""

from __future__ import annotations

import numpy as np

from ..market import FloatArray
from .demand import Demand, demand_at
from .setting import PriceSetting

GRID = 240
"""Prices at which each platform is tried, spread evenly in the logarithm of its markup."""

_REFINED = 21
_BLOCK_ENTRIES = 2_000_000


def curvature(setting: PriceSetting, demand: Demand, markups: FloatArray) -> FloatArray:
    """The largest eigenvalue of the second derivatives of an owner's profit by its prices; < 0 at a local optimum.

    Row i is divided by `Lambda_i`, so that it has no units but those of 1: `(B,)`. Derived: with `A(k)` what the owner
    earns of a user of type k,

        H_ij = sum_k pi_k {-2 a q_i (d_ij - q_j) + a^2 q_i d_ij (m_i - A) - a^2 q_i q_j (m_i + m_j - 2 A)}.
    """
    same = setting.same_owner
    slope = setting.sensitivity / setting.temperature
    above = markups[..., None] - np.matmul(same * markups[:, None], demand.shares)
    weighted, shares = demand.weights, demand.shares
    own = (weighted * slope * above).sum(axis=2)
    shares_by_type = np.swapaxes(shares, 1, 2)
    cross = 2 * np.matmul(weighted, shares_by_type)
    cross -= np.matmul(weighted * slope * above, shares_by_type)
    cross -= np.matmul(weighted * slope, np.swapaxes(shares * above, 1, 2))
    hessian = np.where(same, cross, 0.0)
    diagonal = np.arange(len(same))
    hessian[:, diagonal, diagonal] += own - 2
    if len(np.unique(setting.owners)) == len(same):
        return hessian[:, diagonal, diagonal].max(axis=1)
    return np.linalg.eigvals(hessian).real.max(axis=1)


def best_deviations(setting: PriceSetting, markups: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each platform's owner gains at most by another price of it, and that markup, `(B, N)` each.

    A gain is relative to what the owner earns. Tried are a grid from a hundredth of the least to a hundredfold of the
    largest sensible markup, refined twice around its best, and, for an owner of several platforms, all its markups
    times a common factor: then the gain is that of each of its platforms.
    """
    size = max(1, _BLOCK_ENTRIES // (markups.shape[1] * setting.masses.shape[1] * GRID))
    parts = [
        _best_deviations(setting.at(slice(start, start + size)), markups[start : start + size])
        for start in range(0, len(markups), size)
    ]
    gains, best = (np.concatenate(part) for part in zip(*parts, strict=True))
    return gains, best


def _best_deviations(setting: PriceSetting, markups: FloatArray) -> tuple[FloatArray, FloatArray]:
    same = setting.same_owner
    earned = profits_of(setting, demand_at(setting, markups).shares, markups)
    owned = earned @ same  # of the owner of each platform
    least = 1e-2 * setting.unit_markup.min()
    most = 1e2 * np.maximum(markups, setting.unit_markup.max())
    logs = np.log(least) + np.linspace(0.0, 1.0, GRID) * np.log(most / least)[..., None]
    tried = np.exp(logs)
    at_rivals = _against_rivals(setting, markups)
    step = np.log(most / least) / (GRID - 1)
    for _ in range(3):
        profit = _profit_by_own_price(setting, tried, *at_rivals)
        at = profit.argmax(axis=2)[..., None]
        value = np.take_along_axis(profit, at, axis=2)[..., 0]
        best = np.take_along_axis(tried, at, axis=2)[..., 0]
        tried = best[..., None] * np.exp(np.linspace(-1.0, 1.0, _REFINED) * step[..., None])
        step = step * (2 / (_REFINED - 1))
    if not np.array_equal(same, np.eye(len(same), dtype=bool)):
        value = np.maximum(value, _best_common_factor(setting, markups))
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(owned > 0, (value - owned) / owned, 0.0)
    return gains, best


def _against_rivals(setting: PriceSetting, markups: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What platform i is up against with a user of type k, and what its owner earns of one that i does not serve.

    The first is `log(sum_{j != i} exp(v_j(k)) + exp(u0 / tau))`, the second the mean markup of the owner's others,
    `(B, N, K)` each.
    """
    platforms = len(setting.owners)
    prices = (setting.costs + markups)[..., None]
    value = (setting.utility - setting.sensitivity * prices) / setting.temperature
    rivals = np.where(np.eye(platforms, dtype=bool)[..., None], -np.inf, value[:, None])
    outside = setting.outside / setting.temperature
    highest = np.maximum(rivals.max(axis=2), outside)
    weights = np.exp(rivals - highest[:, :, None])
    total = weights.sum(axis=2) + np.exp(outside - highest)
    own = (weights * (setting.same_owner * markups[:, None])[..., None]).sum(axis=2) / total
    return highest + np.log(total), own


def _profit_by_own_price(
    setting: PriceSetting, tried: FloatArray, rivals: FloatArray, otherwise: FloatArray
) -> FloatArray:
    """What the owner of each platform earns at each of its markups `(B, N, G)`, `(B, N, G)`."""
    prices = (setting.costs[..., None] + tried)[..., None]
    value = (setting.utility[:, :, None] - setting.sensitivity * prices) / setting.temperature
    share = 1 / (1 + np.exp(np.clip(rivals[:, :, None] - value, -700.0, 700.0)))
    earned = otherwise[:, :, None] + share * (tried[..., None] - otherwise[:, :, None])
    return np.matmul(earned, setting.masses[:, None, :, None])[..., 0]


def _best_common_factor(setting: PriceSetting, markups: FloatArray) -> FloatArray:
    """What the owner of each platform earns at most if all its markups are multiplied by one factor, `(B, N)`."""
    value = np.full(markups.shape, -np.inf)
    for owner in np.unique(setting.owners):
        mine = setting.owners == owner
        for factor in np.geomspace(1e-2, 1e2, GRID // 4):
            moved = np.where(mine, factor * markups, markups)
            profit = profits_of(setting, demand_at(setting, moved).shares, moved)[:, mine].sum(axis=1)
            value[:, mine] = np.maximum(value[:, mine], profit[:, None])
    return value


def profits_of(setting: PriceSetting, shares: FloatArray, markups: FloatArray) -> FloatArray:
    """What each platform earns, `(B, N)`, in money."""
    return markups * np.matmul(shares, setting.masses[..., None])[..., 0]
