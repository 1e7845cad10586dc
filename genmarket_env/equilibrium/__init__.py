"""Solvers of the market game: one algorithm a file, one `Solution` for all of them."""

from .best_response import best_response_dynamics
from .best_response_graph import ResponseGraph, response_graph
from .conditions import (
    Decomposition,
    DominantTypes,
    FullDifferentiation,
    decomposition,
    dominance_threshold,
    dominant_types,
    full_differentiation,
)
from .correlated import correlated_equilibrium
from .market_game import MarketGame
from .mixed import expected_deviation_payoffs, expected_payoffs, mixed_nash_conv
from .profile_structure import structure
from .pure_nash import least_epsilon, pure_equilibria
from .pure_nash_batch import pure_equilibria_of_each
from .quantal_response import quantal_response_equilibrium
from .solution import Solution, Status
from .symmetric import symmetric_mixed_equilibrium
from .temperature import Regime, temperature_regimes

__all__ = [
    "Decomposition",
    "DominantTypes",
    "FullDifferentiation",
    "MarketGame",
    "Regime",
    "ResponseGraph",
    "Solution",
    "Status",
    "best_response_dynamics",
    "correlated_equilibrium",
    "decomposition",
    "dominance_threshold",
    "dominant_types",
    "expected_deviation_payoffs",
    "expected_payoffs",
    "full_differentiation",
    "least_epsilon",
    "mixed_nash_conv",
    "pure_equilibria",
    "pure_equilibria_of_each",
    "quantal_response_equilibrium",
    "response_graph",
    "structure",
    "symmetric_mixed_equilibrium",
    "temperature_regimes",
]
