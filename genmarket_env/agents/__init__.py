"""Policies for the players of any game, analytic and learning. Adding one = one file and one line of `REGISTRY`."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from genmarket_env import ChoiceRule, HardMax, Market
from genmarket_env.arguments import checked_generator
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.protocol import Direct, Game

from .automata import Automaton
from .base import Agent, ProfileAgent, RewardAgent, TabularAgent
from .best_reply import BestReply
from .best_response import BestResponse
from .contexts import ByContext
from .dynamic_programming import ExactBestResponse, exact_best_response
from .exp3 import Exp3
from .fictitious_play import FictitiousPlay
from .fixed import Fixed
from .hedge import Hedge
from .magnetic_mirror_descent import MagneticMirrorDescent
from .optimistic_hedge import OptimisticHedge
from .play import Round, play
from .played import Hindsight, hindsight
from .provider import ProviderRound, choose_release, play_release, providers
from .q_learning import QLearning
from .regret_matching import RegretMatching
from .seat import BINS, MAX_CONTEXTS, POINTS, Seat
from .simultaneous_best_response import SimultaneousBestResponse
from .smooth_fictitious_play import SmoothFictitiousPlay
from .truthful import Truthful
from .uniform_random import UniformRandom

__all__ = [
    "REGISTRY",
    "Agent",
    "Automaton",
    "ByContext",
    "ExactBestResponse",
    "Hindsight",
    "ProfileAgent",
    "ProviderRound",
    "RewardAgent",
    "Round",
    "Seat",
    "TabularAgent",
    "choose_release",
    "exact_best_response",
    "fitting",
    "hindsight",
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
    "hedge": Hedge,
    "optimistic_hedge": OptimisticHedge,
    "magnetic_mirror_descent": MagneticMirrorDescent,
    "smooth_fictitious_play": SmoothFictitiousPlay,
    "exp3": Exp3,
    "q_learning": QLearning,
    "best_reply": BestReply,
    "truthful": Truthful,
}


def names() -> list[str]:
    """The names of all agents.

    Example:
        >>> "regret_matching" in names()
        True
    """
    return list(REGISTRY)


def fitting(game: Game[Any]) -> list[str]:
    """The names of the agents that can play every seat of a game.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> "truthful" in fitting(PricingDuopoly()), "exp3" in fitting(PricingDuopoly())
        (False, True)
    """
    seats = [Seat(game, player) for player in range(len(game.players))]
    listed = all(seat.is_listed for seat in seats)
    told_apart = listed and max(seat.num_contexts for seat in seats) <= MAX_CONTEXTS

    def fits(agent: type[Agent]) -> bool:
        if issubclass(agent, TabularAgent):
            return told_apart if agent.by_context else listed
        return agent is not Truthful or isinstance(game, Direct)

    return [name for name, agent in REGISTRY.items() if fits(agent)]


def options(name: str | type[Agent]) -> list[str]:
    """The names of an agent's own parameters; each class documents them.

    Raises:
        ValueError: no agent has that name.

    Example:
        >>> options("exp3")
        ['horizon', 'gamma']
    """
    return [option for option in inspect.signature(_class_of(name)).parameters if option not in ("seat", "rng")]


def make(name: str | type[Agent], seat: Seat, *, rng: np.random.Generator, **kwargs: Any) -> Agent:
    """The agent of that name in that seat; `kwargs` are its own parameters.

    A learner whose player sees something before it moves, such as its type or an earlier move, is seated once for each
    context of the seat (`ByContext`).

    Args:
        name: one of `names()`, or a class of one's own that extends `RewardAgent`, `ProfileAgent` or `Agent`.
        seat: the player's place in the game.
        rng: the agent's own source of randomness.
        kwargs: the agent's own parameters.

    Raises:
        ValueError: no agent has that name, it has no such parameter, a parameter is out of range, or it cannot play in
            that seat.
        TypeError: a parameter has the wrong type.

    Example:
        >>> from genmarket_env import MarketGame
        >>> seat = Seat(MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2), player=0)
        >>> make("fixed", seat, rng=np.random.default_rng(0), model=1).policy()
        array([0., 1.])
    """
    agent, known = _class_of(name), options(name)
    for option in kwargs:
        if option not in known:
            raise ValueError(f"{_called(name)} has no option {option!r}; it has: {', '.join(known) or 'none'}")
    if issubclass(agent, TabularAgent) and not seat.is_listed:
        raise ValueError(
            f"{_called(name)} needs a list of actions, and those of {seat.name} are {seat.space}: "
            "random, best_reply and, where types are reported, truthful play any space"
        )
    if issubclass(agent, TabularAgent) and agent.by_context and seat.num_contexts > 1:
        checked_generator("rng", rng)
        return ByContext(lambda own: agent(seat, rng=own, **kwargs), seat, rng=rng)
    return agent(seat, rng=rng, **kwargs)


def population(
    name: str | type[Agent],
    game: Game[Any] | Market | None = None,
    num_platforms: int | None = None,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    market: Market | None = None,
    points: int = POINTS,
    bins: int = BINS,
    sees: int | None = None,
    **kwargs: Any,
) -> list[Agent]:
    """The same kind of agent for every player, each with a source of randomness of its own, spawned from `rng`.

    Args:
        name: as `make`.
        game: any game, or a `Market`, which `num_platforms` and `choice` make one.
        num_platforms: of a market.
        choice: of a market, the users' choice rule.
        rng: the source of randomness.
        market: the market by this name, in the place of `game`.
        points: of the seats, see `Seat`.
        bins: of the seats, see `Seat`.
        sees: of the seats, see `Seat`.
        kwargs: the agents' own parameters.

    Raises:
        ValueError: as `MarketGame`, `Seat` and `make`; `num_platforms` is given with a game.
        TypeError: as `MarketGame`, `Seat` and `make`; `num_platforms` is missing with a market.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> crowd = population("best_response", market, 2, rng=np.random.default_rng(0))
        >>> *_, last = play(crowd, rounds=4)
        >>> sorted(last.profile.tolist())
        [0, 1]
    """
    checked_generator("rng", rng)
    game = market if game is None else game
    if isinstance(game, Market):
        if num_platforms is None:
            raise TypeError("num_platforms is missing: population(name, market, num_platforms, rng=...)")
        game = MarketGame(game, num_platforms, choice)
    elif num_platforms is not None:
        raise ValueError("num_platforms is for a Market: a game has its players; leave it out")
    elif game is None:
        raise TypeError("game is missing: population(name, game, rng=...)")
    seats = [Seat(game, player, points, bins, sees) for player in range(len(game.players))]
    sources = rng.spawn(len(seats))
    return [make(name, seat, rng=own, **kwargs) for seat, own in zip(seats, sources, strict=True)]


def _class_of(name: str | type[Agent]) -> type[Agent]:
    if isinstance(name, type) and issubclass(name, Agent):
        return name
    if name not in REGISTRY:
        raise ValueError(f"no agent is called {name!r}; the agents are: {', '.join(REGISTRY)}")
    return REGISTRY[name]


def _called(name: str | type[Agent]) -> str:
    return name if isinstance(name, str) else name.__name__
