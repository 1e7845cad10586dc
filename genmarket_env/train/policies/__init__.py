"""Policies of all players of a game in one file: saved, read back checked, and played again in any of its environments.

`save_policies` and `load_policies` are the file, `seats.py` and `network.py` what a player's policy may be,
`playing.py` agents and policies of environments.
"""

from .file import SavedPolicies, load_policies, save_policies
from .network import NetworkSeat
from .playing import PolicyAgent, environment_policy, market_opponent, policies_of
from .seats import ActionSeat, BestReplySeat, MixtureSeat, SeatPolicy, TableSeat, TruthfulSeat

__all__ = [
    "ActionSeat",
    "BestReplySeat",
    "MixtureSeat",
    "NetworkSeat",
    "PolicyAgent",
    "SavedPolicies",
    "SeatPolicy",
    "TableSeat",
    "TruthfulSeat",
    "environment_policy",
    "load_policies",
    "market_opponent",
    "policies_of",
    "save_policies",
]
