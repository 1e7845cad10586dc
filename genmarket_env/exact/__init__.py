"""What is solved once for every game: deviations, regret, incentives to tell the truth, backward induction.

Finite games whose players are alike have solvers for pure, mixed, correlated and quantal response equilibria and the
best-response graph.
"""

from .best_response_graph import ResponseGraph, response_graph
from .best_responses import best_response_dynamics
from .commitment import best_commitment
from .correlated import correlated_equilibrium
from .deviations import candidates, deviation_payoffs, nash_conv, regret, unfold
from .induction import backward_induction
from .mixed_equilibrium import MixedProfile, mixed_equilibrium
from .pure_nash import least_epsilon, pure_equilibria
from .quantal_response import quantal_response_equilibrium
from .reference import Reference, Solved
from .solution import CorrelatedSolution, DynamicsSolution, MixedSolution, PureSolution, Solution
from .symmetric import symmetric_mixed_equilibrium
from .symmetric_games import payoffs_against
from .tensor import expected_payoffs, mixed_regret, payoff_tensor, stable_profiles
from .truthfulness import best_lie, interim_regret, truth_gap

__all__ = [
    "CorrelatedSolution",
    "DynamicsSolution",
    "MixedProfile",
    "MixedSolution",
    "PureSolution",
    "Reference",
    "ResponseGraph",
    "Solution",
    "Solved",
    "backward_induction",
    "best_commitment",
    "best_lie",
    "best_response_dynamics",
    "candidates",
    "correlated_equilibrium",
    "deviation_payoffs",
    "expected_payoffs",
    "interim_regret",
    "least_epsilon",
    "mixed_equilibrium",
    "mixed_regret",
    "nash_conv",
    "payoff_tensor",
    "payoffs_against",
    "pure_equilibria",
    "quantal_response_equilibrium",
    "regret",
    "response_graph",
    "stable_profiles",
    "symmetric_mixed_equilibrium",
    "truth_gap",
    "unfold",
]
