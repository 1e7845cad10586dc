"""The repeated game as a plain loop over the oracle: what `agents.play` must equal, without the environment."""

import numpy as np
from gymnasium.spaces import Discrete

from genmarket_env import HardMax, Market, MarketGame
from genmarket_env.agents import Seat
from tests import oracle

HARDMAX = ("hardmax", 1e-12)


def repeated(agents, rounds, rule=HARDMAX):
    """Yields (policies, profile, rewards) of each round."""
    market = agents[0].seat.game.market
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


class SealedGame(MarketGame):
    """A market game that tells how many models there are, that platforms earn scores, in [0, 1], and nothing else."""

    pays_scores = True

    def __init__(self, models):
        object.__setattr__(self, "spaces", (Discrete(models),) * 2)
        object.__setattr__(self, "stages", ((0, 1),))
        object.__setattr__(self, "players", ("platform_0", "platform_1"))

    def __getattr__(self, name):
        raise AssertionError(f"the agent looked at the game's {name}")


def sealed_seat(models):
    return Seat(SealedGame(models), 0)


def seat_of(market, num_platforms=2, platform=0, choice=HardMax()):
    return Seat(MarketGame(market, num_platforms, choice), platform)
