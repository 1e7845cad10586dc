"""Policies for platforms, analytic and learning. Adding one = one file and one line of `REGISTRY`."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from genmarket_env import ChoiceRule, HardMax, Market
from genmarket_env.arguments import checked_generator
from genmarket_env.game import checked_platforms

from .base import Agent, ProfileAgent, RewardAgent, Seat
from .best_response import BestResponse
from .dynamic_programming import Automaton, ExactBestResponse, exact_best_response
from .exp3 import Exp3
from .fictitious_play import FictitiousPlay
from .fixed import Fixed
from .play import Round, play
from .provider import ProviderRound, choose_release, play_release, providers
from .q_learning import QLearning
from .regret_matching import RegretMatching
from .simultaneous_best_response import SimultaneousBestResponse
from .uniform_random import UniformRandom

__all__ = [
    "REGISTRY",
    "Agent",
    "Automaton",
    "ExactBestResponse",
    "ProfileAgent",
    "ProviderRound",
    "RewardAgent",
    "Round",
    "Seat",
    "choose_release",
    "exact_best_response",
    "make",
    "names",
    "options",
    "play",
    "play_release",
    "population",
    "providers",
]

REGISTRY: dict[str, type[Agent]] = {
    "random": UniformRandom,
    "fixed": Fixed,
    "best_response": BestResponse,
    "simultaneous_best_response": SimultaneousBestResponse,
    "fictitious_play": FictitiousPlay,
    "regret_matching": RegretMatching,
    "exp3": Exp3,
    "q_learning": QLearning,
}


def names() -> list[str]:
    """The names of all agents.

    Example:
        >>> "regret_matching" in names()
        True
    """
    return list(REGISTRY)


def options(name: str) -> list[str]:
    """The names of an agent's own parameters; each class documents them.

    Raises:
        ValueError: no agent has that name.

    Example:
        >>> options("exp3")
        ['horizon', 'gamma']
    """
    return [option for option in inspect.signature(_class_of(name)).parameters if option not in ("seat", "rng")]


def make(name: str, seat: Seat, *, rng: np.random.Generator, **kwargs: Any) -> Agent:
    """The agent of that name in that seat; `kwargs` are its own parameters.

    Raises:
        ValueError: no agent has that name, it has no such parameter, or a parameter is out of range.
        TypeError: a parameter has the wrong type.

    Example:
        >>> seat = Seat(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), HardMax(), num_platforms=2, platform=0)
        >>> make("fixed", seat, rng=np.random.default_rng(0), model=1).policy()
        array([0., 1.])
    """
    agent, known = _class_of(name), options(name)
    for option in kwargs:
        if option not in known:
            raise ValueError(f"{name} has no option {option!r}; it has: {', '.join(known) or 'none'}")
    return agent(seat, rng=rng, **kwargs)


def population(
    name: str,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    **kwargs: Any,
) -> list[Agent]:
    """The same kind of agent on every platform, each with a source of randomness of its own, spawned from `rng`.

    Raises:
        ValueError: as `Seat` and `make`.
        TypeError: as `Seat` and `make`.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> crowd = population("best_response", market, 2, rng=np.random.default_rng(0))
        >>> *_, last = play(crowd, rounds=4)
        >>> sorted(last.profile.tolist())
        [0, 1]
    """
    sources = checked_generator("rng", rng).spawn(checked_platforms(num_platforms))
    seats = [Seat(market, choice, num_platforms, platform) for platform in range(num_platforms)]
    return [make(name, seat, rng=own, **kwargs) for seat, own in zip(seats, sources, strict=True)]


def _class_of(name: str) -> type[Agent]:
    if name not in REGISTRY:
        raise ValueError(f"no agent is called {name!r}; the agents are: {', '.join(REGISTRY)}")
    return REGISTRY[name]
