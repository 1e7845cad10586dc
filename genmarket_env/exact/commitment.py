"""What a leader commits to who foresees the followers' exact replies: its payoff jumps where they switch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ..market import FloatArray

GOLDEN = (np.sqrt(5) - 1) / 2
GOLDEN_STEPS = 60
"""Each makes the bracket shorter by .618; after these the payoff is flat to within rounding."""


def best_commitment(
    payoff: Callable[[FloatArray], FloatArray], ends: ArrayLike, stationary: ArrayLike = (), points: int = 33
) -> tuple[float, float]:
    """The number that pays a leader most who commits to it, and what it pays; followers answer inside `payoff`.

    Args:
        payoff: the leader's, smooth between the ends, `(P,) -> (P,)`; where it jumps, the tie-break of the followers is
            the value at the end itself.
        ends: where the payoff may jump or bend, and the ends of the range.
        stationary: where it may be flat; each is tried, moved into every piece.
        points: of a grid in each piece. The largest of it is refined, so that a piece with one peak is solved, and one
            with several unless the grid misses the highest.

    Returns:
        The least of the best numbers, to within 1e-12 relatively in the payoff, and the payoff.

    Example:
        >>> best_commitment(lambda x: np.where(x < 0.6, x, 0.1), [0, 0.6, 1])[1].__round__(9)
        0.6
        >>> best_commitment(lambda x: x * (1 - x), [0, 1], [0.5])
        (0.5, 0.25)
    """
    cuts = np.unique(np.asarray(ends, float))
    low, high = cuts[:-1], cuts[1:]
    if not len(low):
        return float(cuts[0]), float(payoff(cuts)[0])
    flat = np.asarray(stationary, float).reshape(-1, 1)
    exact = np.concatenate([cuts, np.clip(flat, low, high).ravel()])
    # The open pieces, that a limit at a jump is approached as well.
    shares = np.concatenate([[1e-12], np.linspace(0, 1, points)[1:-1], [1 - 1e-12]])
    grid = low + shares[:, None] * (high - low)
    values = payoff(grid.ravel()).reshape(grid.shape)
    at = values.argmax(axis=0)
    pieces = np.arange(len(low))
    left, right = grid[np.maximum(at - 1, 0), pieces], grid[np.minimum(at + 1, points - 1), pieces]
    for _ in range(GOLDEN_STEPS):
        span = GOLDEN * (right - left)
        inner = np.stack([right - span, left + span])
        lower, upper = payoff(inner.ravel()).reshape(inner.shape)
        left, right = np.where(lower < upper, inner[0], left), np.where(lower < upper, right, inner[1])
    # Both ends of what is left, of which one is on the paying side of a jump inside a piece.
    tried = np.sort(np.concatenate([exact, grid.ravel(), left, (left + right) / 2, right]))
    values = payoff(tried)
    top = values.max()
    # What was given exactly comes before what was found to within rounding.
    known = payoff(exact)
    if known.max() >= top - 1e-12 * max(1.0, abs(top)):
        exact = np.sort(exact)
        known = payoff(exact)
        best = int((known >= known.max() - 1e-15 * max(1.0, abs(top))).argmax())
        return float(exact[best]), float(known[best])
    return float(tried[values.argmax()]), float(top)
