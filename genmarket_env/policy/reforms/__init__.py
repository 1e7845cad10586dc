"""What a reform changes: one class for each kind, all with a line in `REFORMS`.

A reform is applied to a scenario and gives another. Several are applied one after the other. Platforms are numbered
from 1 where people name them.
"""

from .models import Enter, Exclusive, Open, Withdraw
from .platforms import Merge, Reconsider, Split, SwitchingCost
from .registry import REFORMS, Reform, reform_of, to_data
from .rules import Distinct, EntryFee, PortfolioCap, PriceCap, Tax

__all__ = [
    "REFORMS",
    "Distinct",
    "Enter",
    "EntryFee",
    "Exclusive",
    "Merge",
    "Open",
    "PortfolioCap",
    "PriceCap",
    "Reconsider",
    "Reform",
    "Split",
    "SwitchingCost",
    "Tax",
    "Withdraw",
    "reform_of",
    "to_data",
]
