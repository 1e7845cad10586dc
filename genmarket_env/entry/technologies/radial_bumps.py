"""The authors' synthetic models as a technology: a bias and radial bumps over user types that live in R^d."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import ArrayLike

from ...arguments import checked_integer
from ...choice import Array, HardMax
from ...equilibrium.checks import check_one_market
from ...market import FloatArray, Market
from ...radial_bumps import bump_scores
from .box import check_parameters, check_users, checked_budget, constants, finite_array, within_budget
from .fitting import Fit, fit_least_squares

RESTARTS = 8
"""Of a fit: the sum of squares over positions has local optima."""

MAX_BUMPS = 1_000
MAX_COORDINATE = 1e6

WIDTH_RANGE = 4.0
"""The widest and the narrowest bump are so many times wider and narrower than the middle one."""


@dataclass(frozen=True, eq=False)
class RadialBumps:
    """A bias and a few radial bumps over the user types, clipped to [0, 1], with a mean score of at most `budget`.

    The parameters are in this order, `1 + bumps * (dimensions + 2)` of them:

    | parameters | meaning | range | at 0 |
    |---|---|---|---|
    | 1 | bias, the score far from every bump | 0 to 1 | 0.5 |
    | bumps * dimensions | centres, bump by bump | the smallest box that holds the users | its middle |
    | bumps | amplitudes, units of score | -1 to 1 | 0 |
    | bumps | widths, units of distance | on a log scale, `spread / 4` to `4 * spread` | `spread` |

    `spread` is the root mean squared distance of the users from their mean point, over the root of the dimensions; 1 if
    they are all in one point. As in `DirectScores`, scores whose mean exceeds the budget are all scaled down by the
    same factor.

    Args:
        positions: of the user types, `(users, dimensions)`, finite.
        num_bumps: from 1 to 1,000.
        budget: the largest mean score, in [0, 1]; by default the mean score of the best incumbent.

    Raises:
        ValueError: positions are not finite or have the wrong shape, a number is out of range.
        TypeError: something is no number.

    Source: the models of the paper's synthetic experiments; the ranges and the budget are ours.

    Example:
        >>> technology = RadialBumps([[0.0], [1.0]], num_bumps=1, budget=1.0)
        >>> technology.scores(np.array([-0.6, 1.0, 0.6, -1.0]), np.array([[0.5, 0.5]])).round(3)
        array([0.2, 0.8])
    """

    positions: FloatArray = field(repr=False)
    num_bumps: int = 2
    budget: float | None = None

    def __init__(self, positions: ArrayLike, num_bumps: int = 2, budget: float | None = None) -> None:
        places = finite_array("positions", positions, 2)
        if np.abs(places).max() > MAX_COORDINATE:
            raise ValueError(f"positions must be within {MAX_COORDINATE:g} of 0; got {np.abs(places).max():g}")
        object.__setattr__(self, "positions", places)
        object.__setattr__(self, "num_bumps", checked_integer("num_bumps", num_bumps, 1, MAX_BUMPS))
        object.__setattr__(self, "budget", checked_budget(budget))

    @classmethod
    def for_market(
        cls,
        market: Market | None = None,
        *,
        positions: ArrayLike | None = None,
        num_bumps: int = 2,
        budget: float | None = None,
    ) -> RadialBumps:
        """The technology of one market, by default over the plane in which its user types differ most.

        Without positions, those of `profile_positions` are taken.

        Raises:
            ValueError: neither a market nor positions are given, or positions are not of the market's user types.
        """
        if positions is None:
            if market is None:
                raise ValueError("it is made for one market: give the market, or the positions of its user types")
            check_one_market(market, HardMax(), "RadialBumps")
            positions = profile_positions(market)
        technology = cls(positions, num_bumps, budget)
        if market is not None:
            check_users(market.scores, len(technology.positions), "RadialBumps")
        return technology

    def num_parameters(self, num_users: int) -> int:
        """The bias, and a centre, an amplitude and a width a bump."""
        return 1 + self.num_bumps * (self.positions.shape[1] + 2)

    def scores(self, parameters: Array, incumbents: Array) -> Array:
        """The clipped sum of the bumps within the budget, `(*batch, users)`."""
        check_parameters(parameters, self.num_parameters(len(self.positions)))
        check_users(incumbents, len(self.positions), "RadialBumps")
        xp = array_namespace(parameters, incumbents)
        bumps, dimensions = self.num_bumps, self.positions.shape[1]
        low, high, spread = self._frame()
        bias = (parameters[..., 0] + 1.0) / 2.0
        unit = xp.reshape(parameters[..., 1 : 1 + bumps * dimensions], (*parameters.shape[:-1], bumps, dimensions))
        centres = constants((low + high) / 2, parameters) + constants((high - low) / 2, parameters) * unit
        amplitudes = parameters[..., 1 + bumps * dimensions : 1 + bumps * (dimensions + 1)]
        widths = spread * xp.exp(math.log(WIDTH_RANGE) * parameters[..., 1 + bumps * (dimensions + 1) :])
        raw = bump_scores(constants(self.positions, parameters), bias, centres, amplitudes, widths)
        return within_budget(raw, self.budget, incumbents)

    def fit(self, parameters: ArrayLike, scores: ArrayLike, incumbents: ArrayLike) -> Fit[RadialBumps]:
        """The positions of the user types that fit measured releases best, by least squares from the present ones.

        The box of the centres and the scale of the widths follow the positions, so that they are determined up to
        shifts and, dimension by dimension, stretches that keep the widths.

        Args:
            parameters: `(releases, d)`, in [-1, 1].
            scores: measured, `(releases, users)`, in [0, 1].
            incumbents: `(models, users)`.

        Raises:
            ValueError: the shapes do not fit, or a number is out of range.
        """
        shape, reach = self.positions.shape, 10 * max(1.0, float(np.abs(self.positions).max()))
        bounds = np.full(self.positions.size, -reach), np.full(self.positions.size, reach)
        return fit_least_squares(
            lambda x: replace(self, positions=x.reshape(shape)),
            self.positions.ravel(),
            bounds,
            parameters,
            scores,
            incumbents,
            restarts=RESTARTS,
        )

    def _frame(self) -> tuple[FloatArray, FloatArray, float]:
        """The corners of the box that holds the users, and their spread."""
        spread = float(np.sqrt(self.positions.var(axis=0).mean()))
        return self.positions.min(axis=0), self.positions.max(axis=0), spread if spread > 0 else 1.0


def profile_positions(market: Market, dimensions: int = 2) -> FloatArray:
    """Positions for user types that have none: classical scaling of the distances between their score profiles.

    Types for which the models score alike are near each other. The first principal components of the columns of the
    scores, centred over the types, `(users, dimensions)`, in units of the score; 0 where there are fewer.

    Example:
        >>> market = Market([[0.9, 0.1, 0.9], [0.2, 0.8, 0.2]], [0.4, 0.3, 0.3])
        >>> positions = profile_positions(market, 1)[:, 0]
        >>> bool(positions[0] == positions[2]), round(float(abs(positions[1] - positions[0])), 6)
        (True, 1.0)
    """
    profiles = market.scores.T - market.scores.T.mean(axis=0)
    left, lengths, _ = np.linalg.svd(profiles, full_matrices=False)
    positions = np.zeros((market.num_users, dimensions))
    found = (left * lengths)[:, :dimensions]
    positions[:, : found.shape[1]] = found
    # Rounding leaves traces of dimensions in which nobody differs.
    return positions.round(12)
