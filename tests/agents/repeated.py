"""The repeated game as a plain loop over the oracle: what `agents.play` must equal, without the environment."""

import numpy as np

from genmarket_env import HardMax, Market
from tests import oracle

HARDMAX = ("hardmax", 1e-12)


def repeated(agents, rounds, rule=HARDMAX):
    """Yields (policies, profile, rewards) of each round."""
    market = agents[0].seat.market
    scores, masses = market.scores.tolist(), market.masses.tolist()
    for _ in range(rounds):
        policies = np.array([agent.policy() for agent in agents])
        profile = np.array([agent.act() for agent in agents])
        profile.flags.writeable = False
        rewards = oracle.payoffs(scores, masses, profile.tolist(), rule)
        for i, agent in enumerate(agents):
            agent.observe(int(profile[i]), rewards[i], profile if agent.observes == "profile" else None)
        yield policies, profile, rewards


def dominant_market(models=4, users=3, best=2):
    """Model `best` is the best one for every user type, by far: the one best reply to everything."""
    scores = np.linspace(0.1, 0.3, models * users).reshape(models, users)
    scores[best] = 0.9
    return Market(scores, np.full(users, 1 / users))


class SealedMarket:
    """A market that tells its number of models and nothing else."""

    batch_shape = ()

    def __init__(self, models):
        self.num_models = models

    def __getattr__(self, name):
        raise AssertionError(f"the agent looked at the market's {name}")


def seat_of(market, num_platforms=2, platform=0, choice=HardMax()):
    from genmarket_env.agents import Seat

    return Seat(market, choice, num_platforms, platform)
