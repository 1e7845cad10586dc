"""Policy questions: a market with its platforms before and after a reform, and who gains and who loses by it."""

from .counterfactual import Change, Counterfactual, applied, counterfactual
from .outcome import Outcome, outcome_of
from .reforms import (
    REFORMS,
    Distinct,
    Enter,
    EntryFee,
    Exclusive,
    Merge,
    Open,
    PortfolioCap,
    PriceCap,
    Reconsider,
    Reform,
    Split,
    SwitchingCost,
    Tax,
    Withdraw,
    reform_of,
)
from .scenario import Scenario

__all__ = [
    "REFORMS",
    "Change",
    "Counterfactual",
    "Distinct",
    "Enter",
    "EntryFee",
    "Exclusive",
    "Merge",
    "Open",
    "Outcome",
    "PortfolioCap",
    "PriceCap",
    "Reconsider",
    "Reform",
    "Scenario",
    "Split",
    "SwitchingCost",
    "Tax",
    "Withdraw",
    "applied",
    "counterfactual",
    "outcome_of",
    "reform_of",
]
