"""Which runs a leaderboard is made of, and what is recorded of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from genmarket_env import games
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.games.dotted import is_path
from genmarket_env.messages import listed

from ..games.cells import GameCell, by_libraries, played, policies_at_end, run_name
from ..games.learners import KNOWN, LEARNERS, TUNED, learner_of, named
from ..games.self_play import COPIES
from ..libraries import registry as libraries
from ..scalars import live
from .definitions import Definition
from .instances import SUITE, Instance, instance, instances

FIGURES = frozenset({"distance", "seconds", "samples"})
"""What the result of a run holds."""

BASELINE = "random"
"""The learner whose distance is the unit: it is known of every instance, and not run."""

DEFAULT = (*LEARNERS, *TUNED)
"""The learners where none are named."""

WARM_ROUNDS = 10
"""Rounds after which a learner has compiled, loaded and imported all that it needs."""


@dataclass(frozen=True)
class Preset:
    """How long a leaderboard's runs are.

    Attributes:
        per_kind: how many instances of each kind, the first ones; None for all.
        seeds: a learner and instance.
        rounds: of an agent.
        network_rounds: of a network, each in many copies of the game; of one made for longer runs that many times more.
    """

    per_kind: int | None
    seeds: int
    rounds: int
    network_rounds: int


PRESETS = {"small": Preset(1, 2, 200, 48), "full": Preset(None, 5, 1000, 96)}
"""By name."""


@dataclass(frozen=True)
class SuiteQuestion:
    """What is asked of a leaderboard.

    Args:
        learner: names of `genmarket_env.train.games.learners`, of other libraries' learners or dotted paths; none for
            `DEFAULT`.
        instance: ids; none for those of the preset.
        preset: a name of `PRESETS`.
        seeds: how many a learner and instance, at least 1; None for the preset's.
        seed: the first, at least 0.
        rounds: of every run, at least 1; None for the preset's.

    Raises:
        ValueError: there is no such preset, instance or learner, or its library is not installed.
    """

    learner: Sequence[str] = ()
    instance: Sequence[str] = ()
    preset: str = "full"
    seeds: int | None = None
    seed: int = 0
    rounds: int | None = None

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"no preset is called {self.preset!r}; they are: {listed(PRESETS)}")
        for name in self.learner:
            if not is_path(name) and name not in KNOWN:
                ours, others = listed([*LEARNERS, *TUNED]), listed(libraries.LEARNERS)
                raise ValueError(f"no learner is called {name!r}; those of games are: {ours}; of others: {others}")
            if name in libraries.LEARNERS:
                libraries.LIBRARIES[libraries.LEARNERS[name].library].python()
        _ = self.instances

    @property
    def learners(self) -> list[str]:
        """The learners, random play left out."""
        return list(dict.fromkeys(name for name in self.learner or DEFAULT if name != BASELINE))

    @property
    def instances(self) -> list[Instance]:
        """The instances."""
        if self.instance:
            return list(dict.fromkeys(map(instance, self.instance)))
        most, seen = PRESETS[self.preset].per_kind, dict[str, int]()
        found = []
        for one in instances():
            seen[one.kind] = seen.get(one.kind, 0) + 1
            if most is None or seen[one.kind] <= most:
                found.append(one)
        return found

    def rounds_of(self, learner: str) -> int:
        """How many rounds a run of that learner has."""
        preset = PRESETS[self.preset]
        if self.rounds is not None:
            return self.rounds
        return preset.network_rounds * KNOWN[learner].lasts if is_network(learner) else preset.rounds

    @property
    def num_seeds(self) -> int:
        """How many seeds a learner and instance."""
        return PRESETS[self.preset].seeds if self.seeds is None else self.seeds

    def runs(self) -> list[tuple[Instance, GameCell]]:
        """Every run: of each instance those learners that fit its game.

        Raises:
            ValueError, TypeError: a dotted path leads to no learner.
        """
        found = []
        for one in self.instances:
            game = one.make()
            known = {*named(game), *libraries.names(game)}
            for learner in self.learners:
                if is_path(learner):
                    learner_of(learner, game)
                elif learner not in known:
                    continue
                found += [
                    (one, cell_of(one, learner, seed, self.rounds_of(learner)))
                    for seed in range(self.seed, self.seed + self.num_seeds)
                ]
        return found

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "suite": SUITE,
            "preset": self.preset,
            "learners": self.learners,
            "instances": [one.name for one in self.instances],
            "seeds": self.num_seeds,
            "seed": self.seed,
            "rounds": {learner: self.rounds_of(learner) for learner in self.learners},
        }


def cell_of(one: Instance | Definition, learner: str, seed: int, rounds: int) -> GameCell:
    """A run of a learner on an instance."""
    return GameCell(one.game, one.parameters, learner, seed, rounds, windows=2, label=one.id)


def is_network(learner: str) -> bool:
    """Whether that is one of the networks, which play many copies of the game at once."""
    return learner in KNOWN and KNOWN[learner].is_network


def copies_of(learner: str) -> int:
    """How many copies of the game a learner plays at once."""
    return (KNOWN[learner].copies or COPIES) if is_network(learner) else 1


def run(
    cell: GameCell, with_policies: bool = False, with_series: bool = False, tensorboard: Path | None = None
) -> dict[str, Any]:
    """The result of a run: its `distance` from equilibrium at the end, `seconds` of learning and `samples` used.

    The distance is that of `genmarket_env.train.games.cells.run`, of games measured in every round over the last
    quarter; seconds are of the processor, without what measuring and compiling took, of another library's learner,
    which learns in a process of its own, by the clock; samples are rounds of the game, of other libraries about so
    many.

    Args:
        cell: which.
        with_policies: whether the result has `policies` too, what the players do at the end.
        with_series: whether it has the `series` of that module too.
        tensorboard: a folder, into which the figures of each window go as it ends.
    """
    _warm_up(cell)
    with live(tensorboard, run_name(cell)) as told:
        finished = played(cell, told)
    values = finished.series["nash_conv"]
    found: dict[str, Any] = {
        "distance": float(np.mean(values[-max(1, len(values) // 4) :])),
        "seconds": finished.seconds,
        "samples": cell.rounds * copies_of(cell.learner),
        **by_libraries(finished.libraries),
    }
    if with_series:
        found["series"] = finished.series
    if with_policies:
        found["policies"] = policies_at_end(cell, finished)
    return found


_warm: set[tuple[str, str]] = set()


def _warm_up(cell: GameCell) -> None:
    """Play the first rounds of a short run, once a process, learner and game: what is timed later is learning alone."""
    if cell.learner in libraries.LEARNERS or (cell.learner, cell.label) in _warm:
        return
    game = without_barred(games.make(cell.game, **cell.parameters))
    learner = learner_of(cell.learner, game)
    if learner.learn is not None:
        rounds = min(cell.rounds, WARM_ROUNDS)
        deque(islice(learner.learn(game, rounds=rounds, seed=cell.seed), rounds), maxlen=0)
    _warm.add((cell.learner, cell.label))
