"""The learners of a comparison on a game: one registry, by the actions that each takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from genmarket_env import agents
from genmarket_env.agents import Agent
from genmarket_env.games.dotted import found, is_path
from genmarket_env.messages import listed
from genmarket_env.protocol import Game
from genmarket_env.runner.provenance import in_words

from ..libraries import elsewhere
from ..libraries import registry as libraries
from ..libraries.job import Job
from .joint import Play
from .on_policy import ANNEALED, SHORT, PPOSettings

Learn = Callable[..., Iterator[Play]]
"""`(game, rounds=, seed=)` -> what all players do after each round, without exploration."""


@dataclass(frozen=True)
class Learner:
    """A learner that plays all seats of a game.

    Attributes:
        learn: see `Learn`; None of another library's, which is told the game by its name (`plays_of`).
        title: what it is, in a few words.
        takes: whether it can play all seats of a game.
        is_network: whether it is one of Stable-Baselines3, whose runs take long.
        learns: whether what it does changes from round to round.
        lasts: how many times as many rounds it is made for as other networks.
        copies: of the game that a network plays at once; None for as many as others do.
    """

    learn: Learn | None
    title: str
    takes: Callable[[Game[Any]], bool]
    is_network: bool = False
    learns: bool = True
    lasts: int = 1
    copies: int | None = None


def _any(_: Game[Any]) -> bool:
    return True


def _boxes(game: Game[Any]) -> bool:
    return all(isinstance(space, Box) for space in game.spaces)


def _network(
    name: str,
    title: str,
    takes: Callable[[Game[Any]], bool],
    *,
    shared: bool = False,
    settings: PPOSettings = SHORT,
    lasts: int = 1,
) -> Learner:
    def learn(game: Game[Any], *, rounds: int, seed: int) -> Iterator[Play]:
        from .self_play import self_play

        return self_play(game, name, rounds=rounds, seed=seed, shared=shared, settings=settings)

    return Learner(learn, title, takes, is_network=True, lasts=lasts, copies=settings.copies)


def _agent(kind: str | type[Agent], title: str) -> Learner:
    def learn(game: Game[Any], *, rounds: int, seed: int) -> Iterator[Play]:
        from .tabular import play_agents

        return play_agents(kind, game, rounds=rounds, seed=seed)

    def takes(game: Game[Any]) -> bool:
        # It would be told the others' types, which nobody knows in the games that are measured here.
        sees_types = kind == "best_reply" and game.draw(np.random.default_rng(0)) is not None
        return not isinstance(kind, str) or (kind in agents.fitting(game) and not sees_types)

    return Learner(learn, title, takes, learns=kind not in STEADY)


STEADY = ("fixed", "random", "truthful")
"""Agents that do the same in every round."""

LEARNERS: dict[str, Learner] = {
    **{name: _agent(name, "an agent of genmarket_env.agents") for name in agents.names()},
    "ppo": _network("PPO", "PPO, one network for all players with the same actions", _any, shared=True),
    "ppo_independent": _network("PPO", "PPO, a network for each player", _any),
    "sac": _network("SAC", "SAC, a network for each player", _boxes),
    "td3": _network("TD3", "TD3, a network for each player", _boxes),
}
"""By name."""

TUNED: dict[str, Learner] = {
    "ppo_annealed": _network(
        "PPO", "ppo in more copies, its exploration fading", _any, shared=True, settings=ANNEALED, lasts=4
    ),
}
"""Learners that take long: the suite has them, a comparison on games only where they are named."""

KNOWN: dict[str, Learner] = (
    LEARNERS
    | TUNED
    | {
        name: Learner(None, learner.title, learner.takes, is_network=True)
        for name, learner in libraries.LEARNERS.items()
    }
)
"""Those that take long, and those of other libraries, among them."""


def names(game: Game[Any]) -> list[str]:
    """The names of the learners that can play all seats of a game.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> "ppo" in names(AccuracyMarket()), "sac" in names(AccuracyMarket())
        (True, False)
    """
    return [name for name, learner in LEARNERS.items() if learner.takes(game)]


def named(game: Game[Any]) -> list[str]:
    """All of ours that can play all seats of a game, those that take long among them."""
    return [*names(game), *(name for name, learner in TUNED.items() if learner.takes(game))]


def titled(name: str, libraries: Mapping[str, str]) -> str:
    """What a learner is, in a few words, with the versions of the libraries that it learned with.

    Example:
        >>> titled("sb3-ppo", {"stable_baselines3": "2.9.0", "python": "3.11.7"})
        "Stable-Baselines3's PPO, seats in turn (stable_baselines3 2.9.0, Python 3.11.7)"
    """
    title = KNOWN[name].title if name in KNOWN else "one of your own"
    return f"{title} ({in_words(libraries)})" if libraries else title


def learner_of(name: str, game: Game[Any]) -> Learner:
    """The learner of that name or path, once it is known to take the actions of the game.

    Args:
        name: one of `names(game)`, one of another library (`genmarket_env.train.libraries.registry`), or a path to
            one's own: a class that extends one of `genmarket_env.agents`, or a function as `Learn`.
        game: the game.

    Raises:
        ValueError: there is no such learner, it cannot play a seat of the game, or its library is not installed.
        TypeError: what stands at the path is no learner.
    """
    if is_path(name):
        return _own(name)
    if name not in KNOWN:
        ours, others = listed(named(game)), listed(libraries.names(game))
        raise ValueError(f"no learner is called {name!r}; those of this game are: {ours}; of other libraries: {others}")
    if name in libraries.LEARNERS:
        libraries.check(name, game)
    elif not KNOWN[name].takes(game):
        raise ValueError(f"{name} cannot play this game; those that can are: {listed(names(game))}")
    return KNOWN[name]


def plays_of(learner: Learner, job: Job, game: Game[Any]) -> Iterator[Play]:
    """What all players do after each round of a run.

    Args:
        learner: of `learner_of`.
        job: the run: the game by its name, the learner's name, rounds and seed.
        game: the game itself.

    Raises:
        ValueError: another library's learner failed.
    """
    if learner.learn is None:
        return elsewhere.plays(game, job)
    return learner.learn(game, rounds=job.rounds, seed=job.seed)


def _own(path: str) -> Learner:
    own = found(path)
    if isinstance(own, type) and issubclass(own, Agent):
        return _agent(own, "an agent of your own")
    if not callable(own) or not {"rounds", "seed"} <= set(inspect.signature(own).parameters):
        raise TypeError(
            f"{path} is no learner: it must extend an agent of genmarket_env.agents, or be a function of game, rounds "
            "and seed (docs/compare.md)"
        )
    return Learner(own, "a learner of your own", _any)
