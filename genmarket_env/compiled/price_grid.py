"""The twin of what each platform earns over a grid of its own markups."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..market import FloatArray
from . import jit


@partial(jit, reassociate=True)
def profits_on_grid(
    start: FloatArray,
    falls: FloatArray,
    grid: FloatArray,
    otherwise: FloatArray,
    masses: FloatArray,
    enough: FloatArray,
    out: FloatArray,
) -> None:
    """What the owner of each platform earns at each of its markups, by a recurrence instead of exponentials.

    A part of the grid in which it cannot earn `enough`, as even the demand at its first markup and the margin at its
    last do not, is left at -inf.

    Args:
        start: how much more a type likes the platform than all else at the first markup, `exp(v - rivals)`,
            `(B, N, K)`; finite.
        falls: by which factor it falls from one markup to the next in each part of the grid, `(D, K)`.
        grid: the markups, `(D, J)`, evenly spaced within a part and to the first of the next.
        otherwise: what the owner earns of a user that the platform does not serve, `(B, N, K)`.
        masses: `(B, K)`.
        enough: `(B, N)`.
        out: `(B, N, D * J)`, written.
    """
    users = masses.shape[1]
    ratio = np.empty(users)
    for b in range(start.shape[0]):
        for i in range(start.shape[1]):
            ratio[:] = start[b, i]
            kept = 0.0
            for k in range(users):
                kept += masses[b, k] * otherwise[b, i, k]
            for d in range(grid.shape[0]):
                last, most = grid[d, grid.shape[1] - 1], kept
                for k in range(users):
                    served = ratio[k] / (1.0 + ratio[k])
                    most += masses[b, k] * served * max(last - otherwise[b, i, k], 0.0)
                if most < enough[b, i]:
                    for j in range(grid.shape[1]):
                        out[b, i, d * grid.shape[1] + j] = -np.inf
                    for k in range(users):
                        ratio[k] *= falls[d, k] ** grid.shape[1]
                    continue
                for j in range(grid.shape[1]):
                    markup, total = grid[d, j], kept
                    for k in range(users):
                        served = ratio[k] / (1.0 + ratio[k])
                        total += masses[b, k] * served * (markup - otherwise[b, i, k])
                        ratio[k] *= falls[d, k]
                    out[b, i, d * grid.shape[1] + j] = total
