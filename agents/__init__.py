"""The front of `genmarket_env.agents` in a checkout: policies for platforms, analytic and learning."""

from genmarket_env.agents import (
    REGISTRY,
    Agent,
    Automaton,
    ExactBestResponse,
    ProfileAgent,
    RewardAgent,
    Round,
    Seat,
    exact_best_response,
    make,
    names,
    options,
    play,
    population,
)

__all__ = [
    "REGISTRY",
    "Agent",
    "Automaton",
    "ExactBestResponse",
    "ProfileAgent",
    "RewardAgent",
    "Round",
    "Seat",
    "exact_best_response",
    "make",
    "names",
    "options",
    "play",
    "population",
]
