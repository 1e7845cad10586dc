"""Whether prices at which the first-order conditions hold are best for their owners: curvature, and other prices."""

from __future__ import annotations

import numpy as np

from ..compiled import backend_for
from ..market import FloatArray
from .demand import Demand, demand_at
from .setting import PriceSetting

POINTS = 8
"""Markups at which each platform is tried, of each doubling."""

_MOST_DOUBLINGS = 60
_NEAR = 0.01
_LARGEST_EXPONENT = 600.0

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
    capped = markups >= setting.highest
    if capped.any():  # by what it may not ask for no platform gains: it does not count
        hessian[capped[:, :, None] | capped[:, None]] = 0.0
        hessian[:, diagonal, diagonal] = np.where(capped, -2.0, hessian[:, diagonal, diagonal])
    if len(np.unique(setting.owners)) == len(same):
        return hessian[:, diagonal, diagonal].max(axis=1)
    return np.linalg.eigvals(hessian).real.max(axis=1)


def best_deviations(setting: PriceSetting, demand: Demand, markups: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each platform's owner gains at most by another price of it, and that markup, `(B, N)` each.

    A gain is relative to what the owner earns. Tried are the markups of a grid from the least `tau / alpha_k`, below
    which no best reply is (the map of markups is an average of no less), to a hundredfold of the largest, and of the
    markups at hand, `POINTS` to each doubling. Its peaks but for the one where the platform is,
    which is what `curvature` is about, are compared, and the best of them refined where it comes near. For an owner of
    several platforms all its markups times a common factor are tried too: such a gain is that of each of its platforms.
    Markups above the highest that a cap leaves are not tried.
    """
    same = setting.same_owner
    owned = profits_of(setting, demand.shares, markups) @ same  # of the owner of each platform
    least = 0.9 * float(setting.unit_markup.min())
    most = 1e2 * max(float(setting.unit_markup.max()), float(markups.max(initial=0.0)))
    doublings = 2.0 ** np.arange(min(_MOST_DOUBLINGS, int(np.ceil(np.log2(most / least)))))
    grid = least * doublings[:, None] * (1 + np.arange(POINTS) / POINTS)
    step = np.repeat(least * doublings / POINTS, POINTS)
    rivals = _against_rivals(setting, demand, markups)
    profit = _profits_on_grid(setting, grid, *rivals, (1 - _NEAR) * owned)
    profit[grid.ravel() > setting.highest[..., None]] = -np.inf
    higher = profit[..., 1:] > profit[..., :-1]
    no_peak = np.abs(grid.ravel() - markups[..., None]) <= step
    no_peak[..., :-1] |= higher
    no_peak[..., 1:] |= profit[..., :-1] > profit[..., 1:]
    profit[no_peak] = -np.inf
    at = profit.argmax(axis=2)
    value = np.take_along_axis(profit, at[..., None], axis=2)[..., 0]
    best = grid.ravel()[at]
    rows = np.flatnonzero((value >= (1 - _NEAR) * owned).any(axis=1))
    if len(rows):
        refined = _refined(setting.at(rows), best[rows], step[at[rows]], *(part[rows] for part in rivals))
        value[rows], best[rows] = np.maximum(value[rows], refined[0]), refined[1]
    if len(np.unique(setting.owners)) < len(same):
        value = np.maximum(value, _best_common_factor(setting, markups))
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(owned > 0, (value - owned) / owned, 0.0)
    return gains, best


def _profits_on_grid(
    setting: PriceSetting, grid: FloatArray, rivals: FloatArray, otherwise: FloatArray, enough: FloatArray
) -> FloatArray:
    """What the owner of each platform earns at each of its markups `(D, J)`, `(B, N, D * J)`.

    In a row of the grid in which none comes to `enough`, `(B, N)`, it may be -inf.
    """
    value = (setting.utility - setting.sensitivity * (setting.costs[..., None] + grid[0, 0])) / setting.temperature
    first = value - rivals
    work = rivals.size * grid.size
    if backend_for(setting.asking, work) == "compiled" and first.max(initial=0.0) < _LARGEST_EXPONENT:
        from ..compiled.calls import in_chunks
        from ..compiled.price_grid import profits_on_grid

        out = np.empty((*rivals.shape[:2], grid.size))
        slope = setting.sensitivity / setting.temperature
        falls = np.exp(-slope * (grid[:, [1]] - grid[:, [0]]))
        start = np.exp(first)

        def fill(first_row: int, end: int) -> None:
            rows = slice(first_row, end)
            profits_on_grid(start[rows], falls, grid, otherwise[rows], setting.masses[rows], enough[rows], out[rows])

        in_chunks(fill, len(out), work // max(1, len(out)))
        return out
    size = max(1, _BLOCK_ENTRIES // (rivals[0].size * grid.size))
    blocks = [slice(start, start + size) for start in range(0, len(rivals), size)]
    tried = np.broadcast_to(grid.ravel(), (*rivals.shape[:2], grid.size))
    parts = [_profit_by_own_price(setting.at(rows), tried[rows], rivals[rows], otherwise[rows]) for rows in blocks]
    return np.concatenate(parts)


def _refined(
    setting: PriceSetting, best: FloatArray, step: FloatArray, rivals: FloatArray, otherwise: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The best value and markup of each platform within a step of a markup, `(B, N)` each."""
    for _ in range(2):
        tried = best[..., None] + np.linspace(-1.0, 1.0, _REFINED) * step[..., None]
        tried = np.minimum(tried, setting.highest[..., None])
        profit = _profit_by_own_price(setting, tried, rivals, otherwise)
        at = profit.argmax(axis=2)[..., None]
        best = np.take_along_axis(tried, at, axis=2)[..., 0]
        step = step * (2 / (_REFINED - 1))
    return np.take_along_axis(profit, at, axis=2)[..., 0], best


def _against_rivals(setting: PriceSetting, demand: Demand, markups: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What platform i is up against with a user of type k, and what its owner earns of one that i does not serve.

    The first is `log(sum_{j != i} exp(v_j(k)) + exp(u0 / tau))`, the second the mean markup of the owner's others,
    `(B, N, K)` each.
    """
    others = ~np.eye(len(setting.owners), dtype=bool)
    away = np.exp(setting.outside / setting.temperature - demand.inclusive)
    left = np.matmul(others.astype(float), demand.shares) + away[:, None]
    earned = np.matmul((others & setting.same_owner) * markups[:, None], demand.shares)
    with np.errstate(divide="ignore"):
        rivals = demand.inclusive[:, None] + np.log(left)
    return rivals, np.divide(earned, left, out=np.zeros_like(left), where=left > 0)


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
        for factor in np.geomspace(1e-2, 1e2, 60):
            moved = np.where(mine, np.minimum(factor * markups, setting.highest), markups)
            profit = profits_of(setting, demand_at(setting, moved).shares, moved)[:, mine].sum(axis=1)
            value[:, mine] = np.maximum(value[:, mine], profit[:, None])
    return value


def profits_of(setting: PriceSetting, shares: FloatArray, markups: FloatArray) -> FloatArray:
    """What each platform earns, `(B, N)`, in money."""
    return markups * np.matmul(shares, setting.masses[..., None])[..., 0]
