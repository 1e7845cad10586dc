"""Rounds of one market at a time, on arrays that stay: a compiled call costs as much as it has arrays to look at."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import RuleParameters
from ..market import FloatArray
from .observation import ObservationLayout
from .outcome import FigureLayout
from .state import MarketState, read_only


class RoundOnDesk:
    """A round that a `Desk` played; what few look at is made when it is asked for.

    Args:
        start: the state at the beginning of the episode.
        models: that platforms deployed.
        figures: of the round, a list of `size` numbers.
        payoffs: where in the figures the payoffs of all agents are.
    """

    __slots__ = ("_figures", "_models", "_payoffs", "before")

    def __init__(self, start: MarketState, models: tuple[int, ...], figures: list[float], payoffs: slice) -> None:
        self.before = start
        self._models, self._figures, self._payoffs = models, figures, payoffs

    @property
    def figures(self) -> FloatArray:
        """Of the round, `(1, size)`."""
        return np.array([self._figures])

    @property
    def state(self) -> MarketState:
        """After the round."""
        profile, payoffs = np.array([self._models]), np.array([self._figures[self._payoffs]])
        return self.before._replace(profile=read_only(profile), payoffs=read_only(payoffs))


class Desk:
    """Plays the rounds of one market after another, whose masses and choice rule stay, without providers.

    Args:
        rule: of user choice.
        figures: where the figures of a round are.
        layout: of the observations.

    Example:
        >>> from genmarket_env import HardMax, Market
        >>> from genmarket_env.envs import MarketDynamics
        >>> dynamics = MarketDynamics(num_models=2, num_users=2, num_platforms=2)
        >>> start = dynamics.reset(Market([[[0.9, 0.1], [0.2, 0.8]]], [0.6, 0.4]))
        >>> desk = dynamics.desk()
        >>> desk.take_up(start, dynamics.observe(start)[0])
        >>> figures, observations = desk.play((0, 1))
        >>> figures[:2], observations.shape
        ([0.54, 0.32...], (2, 13))
    """

    def __init__(self, rule: RuleParameters, figures: FigureLayout, layout: ObservationLayout) -> None:
        self._made_of = rule, figures, layout
        platforms, models, users = layout.num_platforms, layout.num_models, layout.num_users
        plan = [rule.kind, models, users, platforms, *figures.starts, *layout.starts]
        self._pack = struct.Struct(f"{platforms}q").pack_into
        self._plan = np.array(plan + [0] * platforms, np.int64)
        self._profile = self._plan[len(plan) :].data.cast("B")
        lengths = 2, users, users, models * users, figures.size
        self._numbers = np.zeros(sum(lengths))
        parts = np.split(self._numbers, np.cumsum(lengths)[:-1])
        parts[0][:] = rule.scale, rule.outside
        parts[1][:] = rule.reservation
        self._masses, self._scores, self._figures = parts[2], parts[3].reshape(models, users), parts[4]
        self._blank: Any = None

    def take_up(self, start: MarketState, blank: NDArray[np.float32]) -> None:
        """Play another market from now on.

        Args:
            start: its state before the first round, a batch of one.
            blank: what all agents observe then, `(agents, size)`, of no profile and no payoffs.
        """
        self._masses[:] = start.masses[0]
        self._scores[:] = start.scores[0]
        self._blank = blank.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        # Views lose their array when they are copied one by one.
        return _restored, (*self._made_of, self._numbers, self._blank)

    def play(self, models: tuple[int, ...]) -> tuple[list[float], NDArray[np.float32]] | None:
        """The figures of a round and the observations after it, `(agents, size)`, both new.

        None if the profile is illegal.
        """
        try:
            self._pack(self._profile, 0, *models)
        except struct.error:
            return None
        observations = self._blank.copy()
        if not _twin()(self._plan, self._numbers, observations):
            return None
        return self._figures.tolist(), observations


def _restored(
    rule: RuleParameters, figures: FigureLayout, layout: ObservationLayout, numbers: FloatArray, blank: Any
) -> Desk:
    desk = Desk(rule, figures, layout)
    desk._numbers[:], desk._blank = numbers, blank
    return desk


@cache
def _twin() -> Callable[..., Any]:
    from ..compiled.step import play_one

    return play_one
