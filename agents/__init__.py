"""The front of `genmarket_env.agents` in a checkout: policies for platforms, analytic and learning."""

from genmarket_env.agents import (
    REGISTRY,
    Agent,
    ProfileAgent,
    RewardAgent,
    Round,
    Seat,
    make,
    names,
    options,
    play,
    population,
)

__all__ = [
    "REGISTRY",
    "Agent",
    "ProfileAgent",
    "RewardAgent",
    "Round",
    "Seat",
    "make",
    "names",
    "options",
    "play",
    "population",
]
