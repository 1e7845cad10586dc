"""The laboratory for markets of generative models: solve them, play them, learn in them."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .interruption import take_signals_while_importing as _take_signals
from .lazy_names import names_from as _names_from
from .working_folder import import_in_some_folder as _import_in_some_folder

_take_signals()
_import_in_some_folder("pettingzoo")

from . import markets
from .choice import ChoiceRule, HardMax, Logit, OutsideOption
from .economy import Economy
from .envs.registration import register as _register_environments
from .equilibrium import (
    Decomposition,
    DominantTypes,
    FullDifferentiation,
    MarketGame,
    Regime,
    ResponseGraph,
    Solution,
    Status,
    best_response_dynamics,
    correlated_equilibrium,
    decomposition,
    dominance_threshold,
    dominant_types,
    expected_deviation_payoffs,
    expected_payoffs,
    full_differentiation,
    least_epsilon,
    mixed_nash_conv,
    pure_equilibria,
    pure_equilibria_of_each,
    quantal_response_equilibrium,
    response_graph,
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
from .games.registration import register as _register_games
from .intervals import Frequency
from .market import Market
from .planner import planner_optimum
from .uncertainty import binomial_standard_errors

_register_environments()
_register_games()

if _TYPE_CHECKING:
    from . import entry, envs, exact, exchange, games, market_v0
    from .analysis import Prices, price_of_anarchy, price_of_stability, prices
    from .analysis.outlook import Outlook, outlook
    from .analysis.phase_diagram import PhaseDiagram, phase_diagram
    from .analysis.score_radius import score_radius
    from .analysis.stability import StabilityCertificate, stability
    from .analysis.structure_probabilities import StructureProbabilities, structure_probabilities
    from .analysis.welfare_by_type import WelfareByType, welfare_by_type
    from .calibration import BrandFit, TemperatureFit, calibrate_brands, fit_temperature
    from .inertia import (
        InertDynamics,
        Inertia,
        LateEntrant,
        inert_deviation_payoffs,
        inert_dynamics,
        late_entrant,
        stable_inertia,
    )
    from .policy import Reform, Scenario, counterfactual
    from .portfolio_market import Portfolios, portfolios
    from .pricing import (
        ModelsThenPrices,
        PricedModels,
        PriceEquilibrium,
        PriceOutcome,
        merged,
        models_then_prices,
        price_equilibrium,
        price_outcome,
        priced_models,
    )

__version__ = "0.1.0"

__all__ = [
    "BrandFit",
    "ChoiceRule",
    "Decomposition",
    "DominantTypes",
    "Economy",
    "Frequency",
    "FullDifferentiation",
    "HardMax",
    "InertDynamics",
    "Inertia",
    "LateEntrant",
    "Logit",
    "Market",
    "MarketGame",
    "ModelsThenPrices",
    "Outlook",
    "OutsideOption",
    "PhaseDiagram",
    "Portfolios",
    "PriceEquilibrium",
    "PriceOutcome",
    "PricedModels",
    "Prices",
    "Reform",
    "Regime",
    "ResponseGraph",
    "Scenario",
    "Solution",
    "StabilityCertificate",
    "Status",
    "StructureProbabilities",
    "TemperatureFit",
    "WelfareByType",
    "best_response_dynamics",
    "binomial_standard_errors",
    "calibrate_brands",
    "correlated_equilibrium",
    "counterfactual",
    "coverage",
    "decomposition",
    "demand",
    "deviation_payoffs",
    "dominance_threshold",
    "dominant_types",
    "entry",
    "envs",
    "exact",
    "exchange",
    "expected_deviation_payoffs",
    "expected_payoffs",
    "fit_temperature",
    "full_differentiation",
    "games",
    "inert_deviation_payoffs",
    "inert_dynamics",
    "late_entrant",
    "least_epsilon",
    "market_shares",
    "market_v0",
    "markets",
    "merged",
    "mixed_nash_conv",
    "model_hhi",
    "models_then_prices",
    "nash_conv",
    "outlook",
    "payoffs",
    "phase_diagram",
    "planner_optimum",
    "platform_hhi",
    "portfolios",
    "price_equilibrium",
    "price_of_anarchy",
    "price_of_stability",
    "price_outcome",
    "priced_models",
    "prices",
    "pure_equilibria",
    "pure_equilibria_of_each",
    "quantal_response_equilibrium",
    "regret",
    "response_graph",
    "score_radius",
    "stability",
    "stable_inertia",
    "structure",
    "structure_probabilities",
    "support_size",
    "surplus",
    "symmetric_mixed_equilibrium",
    "temperature_regimes",
    "welfare",
    "welfare_by_type",
]

__getattr__ = _names_from(
    __name__,
    {
        "analysis": ["Prices", "price_of_anarchy", "price_of_stability", "prices"],
        "analysis.outlook": ["Outlook", "outlook"],
        "analysis.phase_diagram": ["PhaseDiagram", "phase_diagram"],
        "analysis.score_radius": ["score_radius"],
        "analysis.stability": ["StabilityCertificate", "stability"],
        "analysis.structure_probabilities": ["StructureProbabilities", "structure_probabilities"],
        "analysis.welfare_by_type": ["WelfareByType", "welfare_by_type"],
        "calibration": ["BrandFit", "TemperatureFit", "calibrate_brands", "fit_temperature"],
        "inertia": [
            "InertDynamics",
            "Inertia",
            "LateEntrant",
            "inert_deviation_payoffs",
            "inert_dynamics",
            "late_entrant",
            "stable_inertia",
        ],
        "policy": ["Reform", "Scenario", "counterfactual"],
        "portfolio_market": ["Portfolios", "portfolios"],
        "pricing": [
            "ModelsThenPrices",
            "PricedModels",
            "PriceEquilibrium",
            "PriceOutcome",
            "merged",
            "models_then_prices",
            "price_equilibrium",
            "price_outcome",
            "priced_models",
        ],
    },
)
"""What is not needed for a market and its equilibria is imported when it is asked for, modules included."""


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
