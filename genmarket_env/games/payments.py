"""Myerson's payment for a share in proportion to bids, which several auctions have in common."""

from __future__ import annotations

import numpy as np

from ..market import FloatArray


def second_price_integral(bid: FloatArray, rest: FloatArray) -> FloatArray:
    """`B log(1 + b / B) - b B / (b + B)`: what a bid b pays beside bids that sum to B, per unit of what it changes.

    It is Myerson's payment for the allocation `b / (b + B)`, and 0 where b or B is 0.

    Example:
        >>> second_price_integral(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0])).round(4)
        array([0.1931, 0.    , 0.    ])
    """
    safe = np.where(rest > 0, rest, 1.0)
    # For b far below B the two terms cancel to b**2 / (2 B): the series of log1p(x) - x / (1 + x) takes over.
    x = np.where(rest > 0, bid / safe, 0.0)
    exact = np.log1p(x) - x / (1 + x)
    series = x**2 * (0.5 - x * (2 / 3 - x * (0.75 - x * 0.8)))
    return safe * np.where(x < 1e-3, series, exact) * (rest > 0)
