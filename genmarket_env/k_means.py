"""K-means with weights: Lloyd's rounds from centres drawn far from each other.

Source: Lloyd (1982), "Least squares quantization in PCM"; first centres by Arthur and Vassilvitskii (2007).
"""

from __future__ import annotations

import numpy as np

from .market import FloatArray, IntArray
from .tolerances import EQUAL

MAX_ROUNDS = 60
"""Lloyd's rounds from one start; each round but the last lessens the squares."""


def first_centres(columns: FloatArray, weights: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Different columns, each drawn by its mass times its squared distance to those before."""
    chosen: list[int] = []
    odds = weights.copy()
    nearest = np.full(len(columns), np.inf)
    for _ in range(count):
        if not odds.sum() > 0:  # what is left has no mass: any of it, in order
            odds = (nearest > 0).astype(np.float64)
        chosen.append(int(rng.choice(len(columns), p=odds / odds.sum())))
        nearest = np.minimum(nearest, ((columns - columns[chosen[-1]]) ** 2).sum(axis=1))
        odds = weights * nearest
    return columns[chosen]


def lloyd(columns: FloatArray, weights: FloatArray, centres: FloatArray) -> tuple[IntArray, float]:
    """The centre of each column when no round changes them any more, and the weighted squares."""
    group = np.full(len(columns), -1)
    for _ in range(MAX_ROUNDS):
        nearest = nearest_centre(columns, centres)
        if np.array_equal(nearest, group):
            break
        group = nearest
        masses = np.bincount(group, weights, minlength=len(centres))
        sums = np.stack([np.bincount(group, weights * column, minlength=len(centres)) for column in columns.T], axis=1)
        weighty = masses > 0
        centres[weighty] = sums[weighty] / masses[weighty, None]
    _, group = np.unique(group, return_inverse=True)
    kept = np.asarray(group).ravel()
    return kept, float((weights * squared_distances(columns, centres).min(axis=1)).sum())


def squared_distances(columns: FloatArray, centres: FloatArray) -> FloatArray:
    """The squared distance of each column to each centre, `(columns, centres)`."""
    lengths = (columns**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)
    squares: FloatArray = np.maximum(lengths - 2 * (columns @ centres.T), 0.0)
    return squares


def nearest_centre(columns: FloatArray, centres: FloatArray) -> IntArray:
    """The centre that is nearest to each column, `(columns,)`.

    Of those that tie the first: which is nearest by the last bits differs between machines.

    Example:
        >>> nearest_centre(np.array([[0.0], [0.9], [0.5]]), np.array([[0.0], [1.0]]))
        array([0, 1, 0])
    """
    squares = squared_distances(columns, centres)
    return np.asarray((squares <= squares.min(axis=1, keepdims=True) + EQUAL).argmax(axis=1))
