"""One learner's run on one game with one seed: all that its result depends on, and what is recorded of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from genmarket_env import agents, games
from genmarket_env.equilibrium.renumbered import without_barred
from genmarket_env.exact import candidates
from genmarket_env.games.dotted import is_path
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Game

from ..libraries import registry as libraries
from ..libraries.job import Job
from ..policies.file import SavedPolicies
from ..policies.playing import policies_of
from ..record import WINDOWS, window_ends
from ..scalars import Told, live
from ..sweep.store import content_key
from .evaluation import Evaluator, Measured
from .joint import Mixed, Play, as_mixtures
from .learners import KNOWN, learner_of, plays_of

FIGURES = frozenset({"series"})
"""What a result holds."""

WINDOWS_DRAWN = 25
"""At how many points in time play is measured where that takes draws or a grid, and nothing else is asked."""


@dataclass(frozen=True, eq=False)
class GameCell:
    """One learner's run with one seed on one game.

    Attributes:
        game: a name or a dotted path.
        parameters: of the game, by name, as plain data.
        learner: a name or a dotted path.
        seed: of the run, >= 0.
        rounds: at least 1.
        windows: at how many points in time play is measured where that takes draws or a grid, at least 1.
        label: what stands for the game in names of files; the game's name where it is empty.
    """

    game: str
    parameters: Mapping[str, Any]
    learner: str
    seed: int
    rounds: int
    windows: int = WINDOWS_DRAWN
    label: str = ""

    def key(self) -> str:
        """A name that changes when anything above does."""
        content: dict[str, Any] = {
            "game": self.game,
            "parameters": dict(self.parameters),
            "learner": self.learner,
            "seed": self.seed,
            "rounds": self.rounds,
        }
        if self.windows != WINDOWS_DRAWN:
            content["windows"] = self.windows
        digest = content_key(content)
        return "-".join([*_as_file_names(self), f"seed{self.seed}", digest])

    def modules(self) -> tuple[str, ...]:
        """The modules in which computing it begins: of a dotted path its own, whose changes make the cell void."""
        game = self.game.partition(":")[0] if is_path(self.game) else games.describe(self.game).make.__module__
        if is_path(self.learner):
            return (__name__, game, self.learner.partition(":")[0])
        if self.learner in libraries.LEARNERS:
            return (__name__, game, libraries.LEARNERS[self.learner].module)
        agent = agents.REGISTRY.get(self.learner)
        return (__name__, game, *(() if agent is None else (agent.__module__,)))


def is_long(cell: GameCell) -> bool:
    """Whether the cell takes much longer than most."""
    return cell.learner in KNOWN and KNOWN[cell.learner].is_network


def run(cell: GameCell, with_policies: bool = False, tensorboard: Path | None = None) -> dict[str, Any]:
    """The result of one cell: `series` by name, a value a window.

    Args:
        cell: which.
        with_policies: whether the result has `policies` too, what the players do at the end; see `SavingStore`.
        tensorboard: a folder, into which the figures of each window go as it ends.

    Of another library's learner there are also the `libraries` that it learned with, their versions by name.

    * `rounds`: played by its end;
    * `nash_conv`, `nash_conv_half_width`: the distance from equilibrium (`Evaluator`); `regrets` of each player;
    * `nash_conv_average`: the same of the mixtures averaged over all rounds; None where policies are none, or depend on
      what players see;
    * `payoffs` of each player, and `figures` of the game by name.

    In games that are evaluated by their tensor these are means over the window's rounds, elsewhere they are of its end.

    Raises:
        ValueError: the game or the learner is unknown or does not fit, the learner ends before its rounds do, or what
            it does cannot be saved.
    """
    with live(tensorboard, run_name(cell)) as told:
        finished = played(cell, told)
    result = {"series": finished.series, **by_libraries(finished.libraries)}
    if with_policies:
        result["policies"] = policies_at_end(cell, finished)
    return result


def by_libraries(libraries: Mapping[str, str]) -> dict[str, Any]:
    """What a result says of the versions that another library's learner learned with; nothing of our own learners."""
    return {"libraries": dict(libraries)} if libraries else {}


@dataclass(frozen=True, eq=False)
class Finished:
    """A run that has been played.

    Attributes:
        game: that was played.
        series: what was recorded.
        play: what all do at its end.
        seconds: of processor time that learning took, without measuring; of another library, in a process of its own,
            by the clock.
        libraries: the versions of what another library's learner learned with, by name.
    """

    game: Game[Any]
    series: dict[str, list[Any]]
    play: Play
    seconds: float
    libraries: Mapping[str, str]


def played(cell: GameCell, told: Told = lambda _: None) -> Finished:
    """A run and its record, of which every window is `told` as it ends; errors as `run`."""
    game = without_barred(games.make(cell.game, **cell.parameters))
    learner = learner_of(cell.learner, game)
    evaluator, learned_with = Evaluator(game), versions_of(cell.learner)
    windows = WINDOWS if evaluator.distance == "exact" else cell.windows
    recorder = Recorder(evaluator, window_ends(cell.rounds, windows), changes=learner.learns, told=told)
    plays = plays_of(learner, Job(cell.game, cell.parameters, cell.learner, cell.rounds, cell.seed), game)
    if not learner.learns:  # one round tells all
        plays = repeat(next(plays), cell.rounds)
    clock = perf_counter if learner.learn is None else process_time
    seconds, began = 0.0, clock()
    for play in plays:
        seconds += clock() - began
        recorder.round(play)
        if recorder.rounds == cell.rounds:
            return Finished(game, recorder.series, play, seconds, learned_with)
        began = clock()
    raise ValueError(f"{cell.learner} ended after {recorder.rounds} rounds; it was to play {cell.rounds}")


def run_name(cell: GameCell) -> str:
    """What a run is called among the scalars of TensorBoard."""
    return "/".join([*_as_file_names(cell), f"seed{cell.seed}"])


def _as_file_names(cell: GameCell) -> list[str]:
    return [re.sub(r"[^\w.-]", "-", name) for name in (cell.label or cell.game, cell.learner)]


def versions_of(learner: str) -> dict[str, str]:
    """The versions of what another library's learner learns with, by name; none of our own learners.

    Raises:
        ValueError: the library is not installed.
    """
    if learner not in libraries.LEARNERS:
        return {}
    return libraries.LIBRARIES[libraries.LEARNERS[learner].library].versions()


def policies_at_end(cell: GameCell, run: Finished) -> SavedPolicies:
    """What the players of a run do at its end, as data."""
    players = tuple(run.game.players)
    found = policies_of(run.play, players)
    source = f"after {cell.rounds} rounds"
    return SavedPolicies(
        cell.game, cell.parameters, players, found, learner=cell.learner, seed=cell.seed, source=source,
        libraries=run.libraries,
    )  # fmt: skip


class Recorder:
    """The figures of one run, window by window.

    Args:
        evaluator: measures.
        ends: the rounds at which windows end.
        changes: whether play may change from round to round; otherwise it is measured once.
        told: is told the figures of each window.
    """

    def __init__(
        self, evaluator: Evaluator, ends: set[int], *, changes: bool = True, told: Told = lambda _: None
    ) -> None:
        self._told = told
        self._evaluator, self._ends, self._changes = evaluator, ends, changes
        self._steady: Measured | None = None
        self.series: dict[str, list[Any]] = {}
        self.rounds = 0
        self._window: list[Measured] = []
        self._sum: list[FloatArray] | None = None

    def round(self, play: Play) -> None:
        """Add what all do after the next round."""
        if len(play) != len(self._evaluator.game.players):
            raise ValueError(f"the learner plays {len(play)} seats; the game has {len(self._evaluator.game.players)}")
        self.rounds += 1
        mixtures = self._mixtures(play)
        if mixtures is not None and (self.rounds == 1 or self._sum is not None):
            self._sum = mixtures if self._sum is None else [a + b for a, b in zip(self._sum, mixtures, strict=True)]
        else:
            self._sum = None
        end = self.rounds in self._ends
        if end or self._evaluator.distance == "exact":
            self._window.append(self._measured(play))
        if end:
            self._add(play)

    def _measured(self, play: Play) -> Measured:
        if self._changes or self._steady is None:
            self._steady = self._evaluator.measure(play)
        return self._steady

    def _mixtures(self, play: Play) -> list[FloatArray] | None:
        """The play as mixtures that can be averaged over time."""
        if self._evaluator.distance == "exact":
            return as_mixtures(self._evaluator.game, play)
        found = [played.blind if isinstance(played, Mixed) else None for played in play]
        known = [mixture for mixture in found if mixture is not None]
        return known if len(known) == len(play) else None

    def _add(self, play: Play) -> None:
        window, self._window = self._window, []
        average = None if self._sum is None else self._measured(self._averaged(play, self._sum)).nash_conv
        values = {
            "rounds": self.rounds,
            "nash_conv": float(np.mean([each.nash_conv for each in window])),
            "nash_conv_half_width": float(np.mean([each.half_width for each in window])),
            "nash_conv_average": average,
            "regrets": np.mean([each.regrets for each in window], axis=0).tolist(),
            "payoffs": np.mean([each.payoffs for each in window], axis=0).tolist(),
            "figures": {name: float(np.mean([each.figures[name] for each in window])) for name in window[0].figures},
        }
        for name, value in values.items():
            self.series.setdefault(name, []).append(value)
        self._told(values)

    def _averaged(self, play: Play, total: list[FloatArray]) -> Play:
        if self._evaluator.distance == "exact":
            spaces = self._evaluator.game.spaces
            return tuple(
                Mixed(candidates(space), each / self.rounds) for space, each in zip(spaces, total, strict=True)
            )
        return tuple(
            Mixed(played.actions, each / self.rounds)
            for played, each in zip(play, total, strict=True)
            if isinstance(played, Mixed)
        )
