"""The spaces of the environments of the market."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space

from ..barred import BarredDiscrete
from ..market import FloatArray
from .dynamics import MarketDynamics


def platform_space(dynamics: MarketDynamics, platform: int) -> Space[Any]:
    """What a platform can do, a new object: models, or models and prices; what it may not is not in the space."""
    terms = dynamics.terms
    if terms is None:
        return Discrete(dynamics.num_offered)
    if terms.allowed is not None and not terms.allowed[platform].all():
        return BarredDiscrete(terms.allowed[platform])
    return Discrete(dynamics.num_offered) if terms.prices is None else terms.prices.space(dynamics.num_offered)


def observation_space(dynamics: MarketDynamics) -> Box:
    """The float32 Box of observations, a new object: [0, 1], but for the payoff what it can be."""
    return _box(dynamics, dynamics.layout.size, dynamics.layout.payoff)


def state_space(dynamics: MarketDynamics) -> Box:
    """The float32 Box of the global state, a new object."""
    start = dynamics.layout.payoffs_in_state
    return _box(dynamics, dynamics.layout.state_size, slice(start, start + dynamics.num_agents))


def _box(dynamics: MarketDynamics, size: int, payoffs: slice) -> Box:
    if dynamics.payoff_range == (0.0, 1.0):
        return Box(0.0, 1.0, (size,), np.float32)
    low, high = np.zeros(size, np.float32), np.ones(size, np.float32)
    low[payoffs], high[payoffs] = _rounded_outwards(*dynamics.payoff_range)
    return Box(low, high, dtype=np.float32)


def _rounded_outwards(low: float, high: float) -> FloatArray:
    """Two numbers as float32 that sums which are rounded stay between."""
    ends = np.array([low, high], np.float32)
    return np.nextafter(ends, np.array([-np.inf, np.inf], np.float32)).astype(np.float64)
