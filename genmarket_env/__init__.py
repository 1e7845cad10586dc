"""The laboratory for markets of generative models: solve them, play them, learn in them."""

from . import envs, markets
from .choice import ChoiceRule, HardMax, Logit, OutsideOption
from .equilibrium import (
    Regime,
    Solution,
    Status,
    best_response_dynamics,
    correlated_equilibrium,
    expected_deviation_payoffs,
    expected_payoffs,
    least_epsilon,
    mixed_nash_conv,
    pure_equilibria,
    pure_equilibria_of_each,
    structure,
    symmetric_mixed_equilibrium,
    temperature_regimes,
)
from .game import (
    coverage,
    demand,
    deviation_payoffs,
    market_shares,
    model_hhi,
    nash_conv,
    payoffs,
    platform_hhi,
    regret,
    support_size,
    surplus,
    welfare,
)
from .market import Market
from .planner import planner_optimum
from .uncertainty import binomial_standard_errors

__version__ = "0.1.0"

__all__ = [
    "ChoiceRule",
    "HardMax",
    "Logit",
    "Market",
    "OutsideOption",
    "Regime",
    "Solution",
    "Status",
    "best_response_dynamics",
    "binomial_standard_errors",
    "correlated_equilibrium",
    "coverage",
    "demand",
    "deviation_payoffs",
    "envs",
    "expected_deviation_payoffs",
    "expected_payoffs",
    "least_epsilon",
    "market_shares",
    "markets",
    "mixed_nash_conv",
    "model_hhi",
    "nash_conv",
    "payoffs",
    "planner_optimum",
    "platform_hhi",
    "pure_equilibria",
    "pure_equilibria_of_each",
    "regret",
    "structure",
    "support_size",
    "surplus",
    "symmetric_mixed_equilibrium",
    "temperature_regimes",
    "welfare",
]
