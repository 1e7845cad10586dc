"""The users of a synthetic market: points of R^d, given or drawn from a Gaussian mixture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ...arguments import checked_integer, real_array, without_rounding
from ...market import FloatArray
from ...tolerances import GIVEN

MAX_USERS = 100_000
"""The most user types of one market."""

LARGEST = 1e6
"""No number of a synthetic market is farther from 0: what is computed from them is far from overflow."""


class Users(Protocol):
    """Where user types are, and how many users each has."""

    @property
    def masses(self) -> FloatArray:
        """`(users,)`, >= 0, summing to 1; the same in every draw."""

    @property
    def dimension(self) -> int:
        """The number of coordinates of a user type, d."""

    @property
    def drawn(self) -> bool:
        """Whether draws differ."""

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """The user types of `size` markets, `(size, users, d)`."""


@dataclass(frozen=True, eq=False)
class FixedUsers:
    """User types at given points.

    Args:
        points: `(users, d)`, within 1e6 of 0.
        masses: `(users,)`, >= 0, summing to 1.

    Raises:
        ValueError: shapes do not match, or a number is not within 1e6 of 0; the masses are checked by `Market`.
        TypeError: a number is none.
    """

    points: FloatArray
    masses: FloatArray

    def __init__(self, points: ArrayLike, masses: ArrayLike) -> None:
        points, masses = bounded_array("points", points), bounded_array("masses", masses)
        if points.ndim != 2 or not points.size:
            raise ValueError(f"points have the shape {points.shape}; they need the axes (users, coordinates)")
        if masses.shape != points.shape[:1]:
            raise ValueError(f"{len(points)} points, but masses of the shape {masses.shape}: give one for each")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "masses", masses)

    @property
    def dimension(self) -> int:
        """The number of coordinates of a user type, d."""
        return self.points.shape[1]

    @property
    def drawn(self) -> bool:
        """Whether draws differ: they do not."""
        return False

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """The points, `(size, users, d)`."""
        return np.broadcast_to(self.points, (size, *self.points.shape))


@dataclass(frozen=True, eq=False)
class MixtureUsers:
    """User types drawn from a Gaussian mixture, as in the paper's synthetic study.

    A component of weight `w` gets `n`, the integer nearest to `w * count` but at least 1, user types, each of mass
    `w / n`. The number of user types is the sum of these, which may differ from `count`.

    Args:
        count: how many user types to aim at, in [1, 100,000].
        weights: `(components,)`, > 0, summing to 1.
        means: `(components, d)`.
        covariances: `(components, d, d)`, symmetric and positive definite.

    Raises:
        ValueError: a shape does not match, a number is out of range, the weights do not sum to 1, or a
            covariance is not symmetric and positive definite.
        TypeError: a number is none.

    Example:
        >>> users = MixtureUsers(10, [0.7, 0.3], [[0.0, 0.0], [5.0, 5.0]], [np.eye(2), np.eye(2)])
        >>> users.draw(np.random.default_rng(0), 3).shape
        (3, 10, 2)
        >>> users.sizes
        (7, 3)
    """

    weights: FloatArray
    means: FloatArray
    factors: FloatArray
    sizes: tuple[int, ...]

    def __init__(self, count: int, weights: ArrayLike, means: ArrayLike, covariances: ArrayLike) -> None:
        count = checked_integer("count", count, 1, MAX_USERS)
        weights, means = bounded_array("weights", weights), bounded_array("means", means)
        covariances = bounded_array("covariances", covariances)
        if means.ndim != 2 or not means.size:
            raise ValueError(f"means have the shape {means.shape}; they need the axes (components, coordinates)")
        components, dimension = means.shape
        if weights.shape != (components,) or covariances.shape != (components, dimension, dimension):
            raise ValueError(
                f"means of the shape {means.shape}, but weights of the shape {weights.shape} and covariances of the "
                f"shape {covariances.shape}: each component needs one weight and one square covariance"
            )
        if not (weights > 0).all() or abs(weights.sum() - 1) > GIVEN:
            raise ValueError(f"the weights of the components must be > 0 and sum to 1; got {weights.tolist()}")
        weights = without_rounding(weights)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "factors", np.stack([_factor(i, matrix) for i, matrix in enumerate(covariances)]))
        object.__setattr__(self, "sizes", tuple(max(1, math.floor(weight * count + 0.5)) for weight in weights))

    @property
    def masses(self) -> FloatArray:
        """`w / n` of each component, `(users,)`."""
        return np.repeat(self.weights / self.sizes, self.sizes)

    @property
    def dimension(self) -> int:
        """The number of coordinates of a user type, d."""
        return self.means.shape[1]

    @property
    def drawn(self) -> bool:
        """Whether draws differ: they do."""
        return True

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """User types in the order of the components, `(size, users, d)`."""
        component = np.repeat(np.arange(len(self.sizes)), self.sizes)
        normal = rng.standard_normal((size, len(component), self.dimension))
        return self.means[component] + np.einsum("kij,bkj->bki", self.factors[component], normal)


def bounded_array(name: str, values: ArrayLike) -> FloatArray:
    """`values` as a read-only float64 array.

    Raises:
        ValueError: they are ragged, or one is NaN or beyond `LARGEST`.
        TypeError: they are no numbers.
    """
    array = real_array(name, values)
    if not (np.abs(array) <= LARGEST).all():
        bad = array[~(np.abs(array) <= LARGEST)][0]
        raise ValueError(f"{name} must be within {LARGEST:.0e} of 0; got {bad}")
    array.flags.writeable = False
    return array


def _factor(index: int, covariance: FloatArray) -> FloatArray:
    """The Cholesky factor: unlike those of other decompositions, its signs are the same on every machine."""
    problem = f"the covariance of component {index} must be symmetric and positive definite; got {covariance.tolist()}"
    if not np.array_equal(covariance, covariance.T):
        raise ValueError(problem)
    try:
        return np.linalg.cholesky(covariance).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        raise ValueError(problem) from None
