"""Finite games played for ever by players who remember the last round: what Q-learning ends in, and whether it lasts.

A state is the profile of the last round, by its number: actions are its digits, the first player's the highest. A
strategy of a player is an action for each state, so that those of all players are `(players, states)`.
"""

from __future__ import annotations

from .best_response import best_response, regrets, values_of
from .game import Benchmarks, RepeatedGame, benchmarks_of
from .limit import Limit, limit_of
from .q_learning import Session, initial_values, learn
from .response import Response, response_to_deviation

__all__ = [
    "Benchmarks",
    "Limit",
    "RepeatedGame",
    "Response",
    "Session",
    "benchmarks_of",
    "best_response",
    "initial_values",
    "learn",
    "limit_of",
    "regrets",
    "response_to_deviation",
    "values_of",
]
