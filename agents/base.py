"""The front of `genmarket_env.agents.base` in a checkout."""

from genmarket_env.agents.base import Agent, ProfileAgent, RewardAgent, TabularAgent, pure, read_only, uniform
from genmarket_env.agents.seat import Seat

__all__ = ["Agent", "ProfileAgent", "RewardAgent", "Seat", "TabularAgent", "pure", "read_only", "uniform"]
