"""How the pure equilibria change with the temperature of a Logit market."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import plain_array, real_number
from ..choice import HardMax, Logit
from ..game import check_game
from ..market import IntArray, Market
from .pure_nash import pure_equilibria

DEFAULT_TEMPERATURES = np.geomspace(1e-3, 10.0, 41)
LEAST_TEMPERATURE = 1e-9
"""Below it Logit is HardMax in all but exact ties, and a boundary is not searched for."""

LEAST_RESOLUTION = 1e-12
"""Far above the spacing of floats, so that bisection always gets there."""


@dataclass(frozen=True, eq=False)
class Regime:
    """A range of temperatures over which the set of pure equilibria stays the same.

    Attributes:
        low: the lowest temperature of the range; 0 stands for HardMax.
        high: the highest temperature of the range.
        equilibria: `(E, platforms)`, as `pure_equilibria` gives them.
    """

    low: float
    high: float
    equilibria: IntArray


def temperature_regimes(
    market: Market,
    num_platforms: int,
    *,
    temperatures: ArrayLike = DEFAULT_TEMPERATURES,
    resolution: float = 1e-3,
) -> tuple[Regime, ...]:
    """The pure equilibria from HardMax (temperature 0) up, and the temperatures at which they change.

    The set is computed at every temperature given; between two neighbours with different sets the boundary
    is bisected. A change that starts and ends between two neighbours is not seen: give a finer grid.

    Args:
        market: one market.
        num_platforms: at least 1.
        temperatures: rising, > 0, in units of the score.
        resolution: the relative width at which a boundary is narrow enough, in [1e-12, 1).

    Returns:
        The regimes in order of temperature. The boundary between two is the `high` of the one and the
        `low` of the next, which are at most `resolution` apart (relative).

    Raises:
        ValueError: the temperatures are not positive and rising, or `resolution` is not in [1e-12, 1).
        TypeError: the temperatures or `resolution` are not real numbers, or `market` no Market.

    Source: derived (the limit of Logit at temperature 0 is HardMax).

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> [regime.equilibria.tolist() for regime in temperature_regimes(market, 2)]
        [[[0, 1]], [[0, 0]]]
    """
    check_game(market)
    grid = plain_array("temperatures", temperatures)
    if grid.dtype.kind not in "fiu":
        raise TypeError(f"temperatures must be real numbers; got {grid.dtype}")
    if grid.ndim != 1 or len(grid) == 0 or not (grid > 0).all() or not (np.diff(grid) > 0).all():
        raise ValueError("temperatures must be positive and rising")
    if not LEAST_RESOLUTION <= real_number("resolution", resolution) < 1:
        raise ValueError(f"resolution is {resolution}; it must be in [{LEAST_RESOLUTION:g}, 1)")

    def equilibria(temperature: float) -> IntArray:
        return pure_equilibria(market, num_platforms, Logit(temperature) if temperature else HardMax())

    regimes = [Regime(0.0, 0.0, equilibria(0.0))]
    for temperature in grid.astype(float).tolist():
        upper = Regime(temperature, temperature, equilibria(temperature))
        regimes.extend(_between(regimes.pop(), upper, resolution, equilibria))
    return tuple(regimes)


def _between(low: Regime, high: Regime, resolution: float, equilibria: Callable[[float], IntArray]) -> list[Regime]:
    """The regimes from `low` to `high`, their boundaries found by bisection."""
    if np.array_equal(low.equilibria, high.equilibria):
        return [Regime(low.low, high.high, low.equilibria)]
    if high.low - low.high <= resolution * high.low:
        return [low, high]
    # The geometric middle, except next to 0 where there is none.
    middle = math.sqrt(low.high * high.low) if low.high else high.low / 2
    if middle < LEAST_TEMPERATURE:
        return [low, high]
    *below, meeting = _between(low, Regime(middle, middle, equilibria(middle)), resolution, equilibria)
    return [*below, *_between(meeting, high, resolution, equilibria)]
