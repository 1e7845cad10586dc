"""The front of `genmarket_env.agents.base` in a checkout."""

from genmarket_env.agents.base import Agent, ProfileAgent, RewardAgent, Seat, pure, read_only, uniform

__all__ = ["Agent", "ProfileAgent", "RewardAgent", "Seat", "pure", "read_only", "uniform"]
