"""Searches on a lattice of parameters, whose path no last digit of a float can turn.

Values of releases are piecewise, and machines differ in the last digits of a float. A search that follows such digits
ends elsewhere on another machine. Here every point is a multiple of `1 / LATTICE`, a step is taken only if it improves
by more than `IMPROVEMENT`, and what is rounded to a point differs between machines by far less than the distance of
points. So the same seed tries the same releases everywhere.

The value is any function of points `(releases, d)`, `(releases,)`; -inf where it is not told any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..market import FloatArray, IntArray

LATTICE = 4096
"""Points are multiples of its inverse."""

IMPROVEMENT = 1e-9
"""Values that differ by less count as equal."""

Value = Callable[[FloatArray], FloatArray]

_DIFFERENCE = 4 / LATTICE
_NO_SLOPE = 1e-6
_SPREAD = 0.3
_NARROWEST = 2 / LATTICE
_FIRST_STEP = 256


def snapped(parameters: FloatArray) -> FloatArray:
    """The nearest points of the lattice, in the box [-1, 1].

    Example:
        >>> snapped(np.array([0.50001, -3.0])).tolist()
        [0.5, -1.0]
    """
    points: FloatArray = np.clip(np.round(parameters * LATTICE), -LATTICE, LATTICE) / LATTICE + 0.0  # no -0.0
    return points


def in_order(values: FloatArray) -> IntArray:
    """The places of values from the largest on, the first ones first where they count as equal.

    Example:
        >>> in_order(np.array([0.5, 0.7 - 1e-15, 0.7])).tolist()
        [1, 2, 0]
    """
    coarse = np.where(np.isfinite(values), np.round(np.where(np.isfinite(values), values, 0) / IMPROVEMENT), -np.inf)
    return np.argsort(-coarse, kind="stable")


def ascend(value: Value, starts: FloatArray, *, steps: int, step_size: float) -> FloatArray:
    """The best points on the ways uphill of a smooth value, from each of some starts `(starts, d)`: Adam.

    Gradients are differences over a thousandth of the box. A slope below 1e-6 counts as none: what is left of it is
    rounding, which Adam would magnify to whole steps. The step size falls linearly to 0.

    Args:
        value: smooth, of points; always told.
        starts: points of the lattice.
        steps: at least 1.
        step_size: the first one, > 0.

    Example:
        >>> ascend(lambda p: -((p - 0.25) ** 2).sum(axis=1), np.zeros((1, 2)), steps=60, step_size=0.1).round(2)
        array([[0.25, 0.25]])
    """
    points, size = snapped(starts), starts.shape[1]
    best, highest = points.copy(), np.full(len(points), -np.inf)
    mean, square = np.zeros_like(points), np.zeros_like(points)
    for step in range(1, steps + 1):
        inward = np.where(points > 0, -_DIFFERENCE, _DIFFERENCE)
        tried = np.concatenate([points[:, None], points[:, None] + inward[:, :, None] * np.eye(size)], axis=1)
        values = value(tried.reshape(-1, size)).reshape(len(points), size + 1)
        better = values[:, 0] > highest + IMPROVEMENT
        best[better], highest[better] = points[better], values[better, 0]
        slope = (values[:, 1:] - values[:, :1]) / inward
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        direction = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + _NO_SLOPE)
        points = snapped(points + step_size * (1 - (step - 1) / steps) * direction)
    return best


def evolve(value: Value, start: FloatArray, population: int, rng: np.random.Generator) -> None:
    """One run of CMA-ES, whose samples are rounded to the lattice, until it is narrow or stands still.

    Samples are `mean + sigma C^(1/2) z` with the symmetric root, which is the same whatever basis of eigenvectors a
    linear-algebra library returns: where eigenvalues are equal, as at first, these differ between machines.

    Args:
        value: of points; it keeps what it was told, since nothing is returned. The run ends where it is -inf.
        start: the first mean, `(d,)`.
        population: releases a generation, at least 4.
        rng: draws the samples.

    Source: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), with its default parameters.
    """
    size, parents = len(start), population // 2
    weights = np.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
    weights /= weights.sum()
    effective = 1 / (weights**2).sum()
    path_rate = (4 + effective / size) / (size + 4 + 2 * effective / size)
    sigma_rate = (effective + 2) / (size + effective + 5)
    rank_one = 2 / ((size + 1.3) ** 2 + effective)
    rank_many = min(1 - rank_one, 2 * (effective - 2 + 1 / effective) / ((size + 2) ** 2 + effective))
    damping = 1 + 2 * max(0.0, math.sqrt((effective - 1) / (size + 1)) - 1) + sigma_rate
    usual = math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))
    patience = 10 + 30 * size // population
    mean, covariance, sigma = start, np.eye(size), _SPREAD
    path, sigma_path = np.zeros(size), np.zeros(size)
    highest, waited, generation = -math.inf, 0, 0
    while waited <= patience:
        generation += 1
        squares, axes = np.linalg.eigh(covariance)
        lengths = np.sqrt(np.maximum(squares, 1e-20))
        if sigma * lengths.max() < _NARROWEST:
            return
        root, inverse = (axes * lengths) @ axes.T, (axes / lengths) @ axes.T
        samples = snapped(mean + sigma * rng.standard_normal((population, size)) @ root)
        values = value(samples)
        if not np.isfinite(values).any():
            return
        waited = 0 if values.max() > highest + IMPROVEMENT else waited + 1
        highest = max(highest, float(values.max()))
        steps = (samples[in_order(values)[:parents]] - mean) / sigma
        step = weights @ steps
        mean = mean + sigma * step
        pull = math.sqrt(sigma_rate * (2 - sigma_rate) * effective)
        sigma_path = (1 - sigma_rate) * sigma_path + pull * inverse @ step
        length = math.sqrt(float(sigma_path @ sigma_path))
        moving = length / math.sqrt(1 - (1 - sigma_rate) ** (2 * generation)) < (1.4 + 2 / (size + 1)) * usual
        path = (1 - path_rate) * path + moving * math.sqrt(path_rate * (2 - path_rate) * effective) * step
        kept = 1 - rank_one - rank_many + (not moving) * rank_one * path_rate * (2 - path_rate)
        covariance = kept * covariance + rank_one * np.outer(path, path) + rank_many * (steps.T * weights) @ steps
        sigma = min(1.0, sigma * math.exp(min(1.0, sigma_rate / damping * (length / usual - 1))))


def polish(value: Value, start: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Where no neighbour is better: steps along parameters and in drawn directions, halved down to the lattice's own.

    Args:
        value: of points; where it is -inf for all neighbours the search ends.
        start: `(d,)`.
        rng: draws the directions.

    Example:
        >>> polish(lambda p: -((p - 0.25) ** 2).sum(axis=1), np.zeros(2), np.random.default_rng(0)).tolist()
        [0.25, 0.25]
    """
    point, size, step = snapped(start), len(start), _FIRST_STEP
    (highest,) = value(point[None])
    along = np.vstack([np.eye(size), -np.eye(size)])
    while step >= 1:
        drawn = rng.standard_normal((2 * size, size))
        across = np.round(2 * drawn / np.abs(drawn).max(axis=1, keepdims=True))
        for directions in (along, across):
            neighbours = snapped(point + step / LATTICE * directions)
            values = value(neighbours)
            if not np.isfinite(values).any():
                return point
            first = int(in_order(values)[0])
            if values[first] > highest + IMPROVEMENT:
                moved = neighbours[first] - point
                while values[first] > highest + IMPROVEMENT:
                    point, highest = neighbours[first], values[first]
                    neighbours, first = snapped(point + moved)[None], 0
                    values, moved = value(neighbours), 2 * moved
                break
        else:
            step //= 2
    return point
