"""Repeated play of a list of agents in the environment, through its public PettingZoo interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genmarket_env import market_v0
from genmarket_env.arguments import checked_integer
from genmarket_env.envs.observation import ObservationLayout
from genmarket_env.market import FloatArray, IntArray

from .base import Agent, read_only


@dataclass(frozen=True, eq=False)
class Round:
    """One round, as it was played.

    Attributes:
        policies: the probabilities that the actions were drawn from, `(platforms, models)`.
        profile: the model that each platform deployed, `(platforms,)`.
        rewards: what each platform earned, `(platforms,)`, in [0, 1].
    """

    policies: FloatArray
    profile: IntArray
    rewards: FloatArray


def play(agents: Sequence[Agent], rounds: int) -> Iterator[Round]:
    """Let the agents, one a platform in order, play `rounds` rounds of `market_v0`; yields each `Round`.

    The agents keep what they have learned: a second call goes on from there. Each is told its reward, and the profile
    if that is what it observes, as read from its own observation.

    Raises:
        ValueError: `rounds` is less than 1, or the agents do not sit, in order, on all platforms of one market with
            one choice rule.
        TypeError: `rounds` is not an integer.

    Example:
        >>> from genmarket_env.agents import population
        >>> from genmarket_env import Market
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> fixed = population("fixed", market, 2, rng=np.random.default_rng(0))
        >>> [played.rewards.round(2).tolist() for played in play(fixed, rounds=2)]
        [[0.29, 0.29], [0.29, 0.29]]
    """
    checked_integer("rounds", rounds, 1)
    _check_seats(agents)
    return _play(agents, rounds)


def _check_seats(agents: Sequence[Agent]) -> None:
    if not agents:
        raise ValueError("there are no agents: play needs one a platform")
    first = agents[0].seat
    if len(agents) != first.num_platforms:
        raise ValueError(f"{len(agents)} agents for {first.num_platforms} platforms; play needs one a platform")
    for index, agent in enumerate(agents):
        if agent.seat.platform != index:
            raise ValueError(f"agent {index} sits on platform {agent.seat.platform}; list the agents in platform order")
        if agent.seat.market is not first.market:
            raise ValueError(f"agent {index} sits in another market than agent 0; give all the same Market object")
        if agent.seat.choice != first.choice or agent.seat.num_platforms != first.num_platforms:
            raise ValueError(f"agent {index} has another choice rule or number of platforms than agent 0")


def _play(agents: Sequence[Agent], rounds: int) -> Iterator[Round]:
    seat = agents[0].seat
    env = market_v0.parallel_env(
        market=seat.market, num_platforms=seat.num_platforms, choice=seat.choice, max_cycles=rounds
    )
    layout = ObservationLayout(seat.market.num_models, seat.market.num_users, seat.num_platforms)
    env.reset()
    for _ in range(rounds):
        policies = np.array([agent.policy() for agent in agents])
        actions = [agent.act() for agent in agents]
        observations, rewards, *_ = env.step(dict(zip(env.agents, actions, strict=True)))
        profile = read_only(layout.decode(observations["platform_0"]).profile)
        earned = np.array([rewards[name] for name in env.possible_agents])
        for agent, action, reward in zip(agents, actions, earned.tolist(), strict=True):
            agent.observe(action, reward, profile if agent.observes == "profile" else None)
        yield Round(policies=read_only(policies), profile=profile, rewards=read_only(earned))
