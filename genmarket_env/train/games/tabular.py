"""The agents of `genmarket_env.agents` in all seats of a game, each told of the rounds what it may know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from genmarket_env import agents
from genmarket_env.agents import Agent
from genmarket_env.agents.best_reply import BestReply
from genmarket_env.agents.contexts import ByContext
from genmarket_env.agents.seat import uniform_action
from genmarket_env.agents.truthful import Truthful
from genmarket_env.agents.uniform_random import UniformRandom
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Game, Policy

from ..policies.seats import BestReplySeat, TableSeat, TruthfulSeat
from .joint import Acting, Mixed, Play, Seen

SAMPLE = 256
"""Actions that stand for all of a space without a list, where an agent plays at random."""


def play_agents(kind: str | type[Agent], game: Game[Any], *, rounds: int, seed: int) -> Iterator[Play]:
    """Agents of one kind learn in all seats; yields after each round what all do.

    Args:
        kind: a name of `agents.names()`, or a class of one's own.
        game: the game.
        rounds: at least 1.
        seed: of the agents and of what is drawn before each round.

    Raises:
        ValueError: the agent cannot play a seat.
    """
    own, drawn = np.random.default_rng(seed).spawn(2)
    players = agents.population(kind, game, rng=own)
    for _ in agents.play(players, rounds, rng=drawn):
        yield tuple(strategy(agent) for agent in players)


def strategy(agent: Agent) -> Array | Policy | Mixed:
    """What an agent does now: probabilities over the list of its seat, or a policy of what it sees."""
    seat = agent.seat
    if isinstance(agent, ByContext):
        learner = agent

        def probabilities(state: Any, seen: Seen) -> FloatArray:
            contexts = seat.context(state, seen)
            present, places = np.unique(contexts, return_inverse=True)
            table = np.array([learner.copy(int(context)).policy() for context in present])
            return table[places.reshape(contexts.shape)]

        return Mixed(seat.actions, probabilities, lambda: _table(learner))
    if agent.is_listed:
        return Mixed(seat.actions, agent.policy())
    rng = np.random.default_rng(0)
    if isinstance(agent, UniformRandom):
        return Mixed(uniform_action(seat.space, rng, (SAMPLE,)), np.full(SAMPLE, 1 / SAMPLE))
    policy = agent.strategy(rng)
    if isinstance(agent, Truthful):
        return Acting(policy, TruthfulSeat)
    if isinstance(agent, BestReply):
        last, rounds = agent.remembered
        if last is not None:
            return Acting(policy, lambda: BestReplySeat(last, rounds))
    return policy


def _table(learner: ByContext) -> TableSeat:
    """What a learner does in every context, as data."""
    seat = learner.seat
    actions = None if seat.is_discrete else seat.actions
    return TableSeat(learner.table(), actions, seat.points, seat.bins, seat.told_apart)
