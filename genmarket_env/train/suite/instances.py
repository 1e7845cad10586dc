"""The instances of the suite, read from the data that `make.py` writes: games, exact answers, measured difficulty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from genmarket_env import games
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.messages import listed, shown
from genmarket_env.protocol import Game

SUITE = "suite-v1"
"""The name of this set of instances: another set, or another measure, gets another name."""

DATA = Path(__file__).with_name("data") / f"{SUITE}.json"

Grade = Literal["easy", "medium", "hard"]

KINDS = {
    "unique": "one pure equilibrium up to the order of players",
    "many": "several pure equilibria",
    "none": "no pure equilibrium: best replies lead in circles",
    "ties": "actions or users that are exactly alike",
    "dominated": "most actions are never worth playing",
    "near-ties": "what separates the answer from others is small",
    "large": "too many profiles to list",
    "noisy": "what a player earns varies much more than what it can gain",
    "priced": "money: prices are set, or decide what is earned",
    "sequential": "who moves later sees what was done before",
    "auction": "types are private and reported",
    "dynamic": "an action is a plan for many periods",
}
"""The kinds of instances and what they are."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One game of the suite, with its exact answer and how hard it has been measured to be.

    Attributes:
        id: its name, the same for ever.
        version: raised when its game, or its answer, is changed.
        kind: one of `KINDS`.
        title: what it is, in a sentence.
        game: the name of a game or a dotted path to one.
        parameters: of the game, all of them, as plain data: other defaults of the game do not change the instance.
        answer: the exact answer as plain data; see docs/suite.md.
        difficulty: what learners did when it was measured, as plain data; see docs/suite.md.
    """

    id: str
    version: int
    kind: str
    title: str
    game: str
    parameters: Mapping[str, Any]
    answer: Mapping[str, Any]
    difficulty: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name and version."""
        return f"{self.id}@{self.version}"

    @property
    def random(self) -> float:
        """The distance of random play from equilibrium, > 0, in the game's units: the unit of gaps."""
        return float(self.difficulty["random"]["distance"])

    @property
    def grade(self) -> Grade:
        """How hard it is: whether best responses and PPO find its answer ("easy"), one of them, or neither ("hard")."""
        grade: Grade = self.difficulty["grade"]
        return grade

    def make(self) -> Game[Any]:
        """The game."""
        return without_barred(games.make(self.game, **self.parameters))

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in vars(self).items()}


@cache
def _known() -> dict[str, Instance]:
    content = json.loads(DATA.read_text(encoding="utf-8"))
    return {one["id"]: Instance(**one) for one in content["instances"]}


def names() -> list[str]:
    """The ids of all instances, by kind.

    Example:
        >>> "livebench-3" in names()
        True
    """
    return list(_known())


def instances() -> list[Instance]:
    """All instances, by kind."""
    return list(_known().values())


def instance_named(name: str, parameters: Mapping[str, Any]) -> Instance | None:
    """The instance of that id, with or without its version; None where a game has the name, or none is called so.

    Args:
        name: `id` or `id@version`; a game of the registry goes before the instance of its name.
        parameters: of a game, by name: an instance takes none.

    Raises:
        ValueError: there are parameters, or it has another version here.

    Example:
        >>> instance_named("routing", {}) is None, instance_named("routing@1", {}).kind
        (True, 'sequential')
    """
    if name in games.names() or name.partition("@")[0] not in _known():
        return None
    found = instance(name)
    if parameters:
        raise ValueError(f"--set: the parameters of the instance {name} are fixed; --game {found.game} takes others")
    return found


def instance(name: str) -> Instance:
    """The instance of that id, or of `id@version`.

    Raises:
        ValueError: there is no such instance, or it has another version here.

    Example:
        >>> instance("two-types@1").kind
        'unique'
    """
    own, at, version = name.partition("@")
    if own not in _known():
        raise ValueError(f"no instance is called {shown(own)}; those of {SUITE} are: {listed(names())}")
    found = _known()[own]
    if at and version != str(found.version):
        raise ValueError(f"{own} is of version {found.version} in {SUITE}; got {shown(version)}")
    return found
