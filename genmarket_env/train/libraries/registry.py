"""The learners of other libraries by name: which library, which games, and which Python has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from genmarket_env.messages import listed, one_line, shown
from genmarket_env.protocol import Game
from genmarket_env.runner import provenance

MAX_TENSOR = 200_000
"""OpenSpiel is handed a game of up to so many payoffs."""


@dataclass(frozen=True)
class Library:
    """A library whose learners train in a process of their own.

    Attributes:
        title: its name.
        module: of the process, its full name.
        needs: the modules without which it cannot train.
        environment: the part of `make interop-...` that sets up an environment for it.
        packages: those of which another version may learn otherwise, besides `COMMON`.
    """

    title: str
    module: str
    needs: tuple[str, ...]
    environment: str
    packages: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that names a Python which has it."""
        return f"GENMARKET_PYTHON_{self.environment.upper()}"

    def python(self) -> str:
        """The Python that trains: the one named by `variable`, that of `make interop-...`, or this one.

        Raises:
            ValueError: there is none.
        """
        if named := os.environ.get(self.variable):
            return named
        made = Path(f".venv-interop-{self.environment}", "bin", "python")
        if made.exists():
            return str(made.absolute())
        if all(find_spec(name) is not None for name in self.needs):
            return sys.executable
        raise ValueError(
            f"{self.title} is not installed: make interop-{self.environment} sets up an environment for it, or name a "
            f"Python that has it in {self.variable}"
        )

    def versions(self) -> dict[str, str]:
        """The versions of the Python that trains and of the packages that it trains with, by name.

        Raises:
            ValueError: there is none, or it cannot be asked; the last line of its errors says why.
        """
        return dict(_versions(self.python(), (*self.packages, *COMMON)))


@cache
def _versions(python: str, packages: tuple[str, ...]) -> dict[str, str]:
    if python == sys.executable:
        return provenance.versions(packages)
    command, refused = [python, "-m", provenance.__name__, *packages], f"{python} cannot be asked for its versions"
    try:
        told = subprocess.run(  # noqa: S603  # the Python of `Library.python`
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=PATIENCE,
            check=False,
        )  # fmt: skip
    except OSError as error:
        raise ValueError(f"{python} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ValueError(f"{refused}: no answer in {PATIENCE} seconds") from None
    if told.returncode or not told.stdout.strip():
        raise ValueError(f"{refused}: {one_line((told.stderr.strip() or 'it said nothing').splitlines()[-1])[:300]}")
    last = told.stdout.strip().splitlines()[-1]
    try:
        return {str(name): str(which) for name, which in json.loads(last).items()}
    except (json.JSONDecodeError, AttributeError):
        raise ValueError(f"{refused}: it printed {shown(last)}") from None


PATIENCE = 120
"""So many seconds another Python may take to tell its versions."""

COMMON = ("gymnasium", "numpy", "pettingzoo", "torch")
"""Packages that every learner uses."""

_HERE = "genmarket_env.train.libraries"

LIBRARIES = {
    "sb3": Library("Stable-Baselines3", f"{_HERE}.with_sb3", ("stable_baselines3",), "sb3", ("stable_baselines3",)),
    "rllib": Library("RLlib", f"{_HERE}.with_rllib", ("ray", "tree", "torch"), "rllib", ("ray",)),
    "torchrl": Library("TorchRL", f"{_HERE}.with_torchrl", ("torchrl",), "torchrl", ("torchrl", "tensordict")),
    "openspiel": Library(
        "OpenSpiel",
        f"{_HERE}.with_openspiel",
        ("pyspiel", "torch", "tree", "cvxpy"),
        "openspiel",
        ("open_spiel", "cvxpy"),
    ),
}


def _any(_: Game[Any]) -> bool:
    return True


def _boxes(game: Game[Any]) -> bool:
    return all(isinstance(space, Box) for space in game.spaces)


def _discrete(game: Game[Any]) -> bool:
    return all(isinstance(space, Discrete) for space in game.spaces)


def _boxes_or_discrete(game: Game[Any]) -> bool:
    return all(isinstance(space, Box | Discrete) for space in game.spaces)


def _finite(game: Game[Any]) -> bool:
    sizes = [float(space.n) for space in game.spaces if isinstance(space, Discrete)]
    small = len(sizes) == len(game.players) and float(np.prod(sizes)) * len(sizes) <= MAX_TENSOR
    return small and len(game.players) > 1 and len(game.stages) == 1 and game.draw(np.random.default_rng(0)) is None


@dataclass(frozen=True)
class Outside:
    """A learner of another library.

    Attributes:
        library: a name of `LIBRARIES`.
        title: what it is, in a few words.
        takes: whether it can play all seats of a game.
        what: the games that it takes, in words.
    """

    library: str
    title: str
    takes: Callable[[Game[Any]], bool]
    what: str

    @property
    def module(self) -> str:
        """The full name of the module that trains."""
        return LIBRARIES[self.library].module


_ALL = "any game"
_BOX = "games whose actions are in Boxes"
_LIST = "games whose actions are Discrete"
_BOTH = "games whose actions are Discrete or in Boxes"
_MATRIX = f"finite games of several players, all at once, in which nothing is drawn, of at most {MAX_TENSOR:,} payoffs"

LEARNERS: dict[str, Outside] = {
    "sb3-ppo": Outside("sb3", "Stable-Baselines3's PPO, seats in turn", _any, _ALL),
    "sb3-a2c": Outside("sb3", "Stable-Baselines3's A2C, seats in turn", _any, _ALL),
    "sb3-dqn": Outside("sb3", "Stable-Baselines3's DQN, seats in turn", _discrete, _LIST),
    "sb3-sac": Outside("sb3", "Stable-Baselines3's SAC, seats in turn", _boxes, _BOX),
    "sb3-td3": Outside("sb3", "Stable-Baselines3's TD3, seats in turn", _boxes, _BOX),
    "rllib-ppo": Outside("rllib", "RLlib's PPO, a network for each player", _boxes_or_discrete, _BOTH),
    "rllib-league": Outside("rllib", "RLlib's PPO against a league of its past", _boxes_or_discrete, _BOTH),
    "torchrl-ippo": Outside("torchrl", "TorchRL's PPO, a critic for each player", _boxes_or_discrete, _BOTH),
    "torchrl-mappo": Outside("torchrl", "TorchRL's PPO, critics that see everything", _boxes_or_discrete, _BOTH),
    "openspiel-psro": Outside("openspiel", "OpenSpiel's PSRO with exact best responses", _finite, _MATRIX),
    "openspiel-nfsp": Outside("openspiel", "OpenSpiel's neural fictitious self-play", _finite, _MATRIX),
}
"""By name."""


def names(game: Game[Any]) -> list[str]:
    """The names of the learners of other libraries that can play all seats of a game, installed or not.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> "sb3-sac" in names(PricingDuopoly()), "openspiel-psro" in names(PricingDuopoly())
        (True, False)
    """
    return [name for name, learner in LEARNERS.items() if learner.takes(game)]


def check(name: str, game: Game[Any]) -> None:
    """Check that a learner takes a game, and that its library is installed.

    Raises:
        ValueError: one of the two is not so.
    """
    learner = LEARNERS[name]
    if not learner.takes(game):
        raise ValueError(f"{name} takes {learner.what}; of other libraries this one is for: {listed(names(game))}")
    LIBRARIES[learner.library].python()
