"""Rounds of one market at a time, on arrays that stay: a compiled call costs as much as it has arrays to look at."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import RuleParameters
from ..market import FloatArray
from .getters import getter_of
from .observation import ObservationLayout
from .outcome import FigureLayout
from .state import MarketState, read_only


class Desk:
    """Plays the rounds of one market after another, whose masses and choice rule stay, without providers.

    Args:
        rule: of user choice.
        figures: where the figures of a round are.
        layout: of the observations.
        platforms: the names of the platforms.

    Attributes:
        before: what the rounds start from, but for the profile and the payoffs of the round before.

    Example:
        >>> from genmarket_env import HardMax, Market
        >>> from genmarket_env.envs import MarketDynamics
        >>> dynamics = MarketDynamics(num_models=2, num_users=2, num_platforms=2)
        >>> start = dynamics.reset(Market([[[0.9, 0.1], [0.2, 0.8]]], [0.6, 0.4]))
        >>> desk = dynamics.desk()
        >>> desk.take_up(start, dynamics.observe(start)[0])
        >>> figures, observations = desk.play({"platform_0": 0, "platform_1": 1})
        >>> figures[:2], observations.shape
        ([0.54, 0.32...], (2, 13))
    """

    before: MarketState

    def __init__(
        self, rule: RuleParameters, figures: FigureLayout, layout: ObservationLayout, platforms: tuple[str, ...]
    ) -> None:
        self._made_of = rule, figures, layout, platforms
        models, users = layout.num_models, layout.num_users
        plan = [rule.kind, models, users, len(platforms), *figures.starts, *layout.starts]
        self._plan = np.array(plan + 2 * [0] * len(platforms) + [0], np.int64)
        tried, self._profile = self._plan[len(plan) : -1].reshape(2, -1)
        self._pack = partial(struct.Struct(f"{len(platforms)}q").pack_into, tried.data, 0)
        self._num_actions, self._actions_of = len(platforms), getter_of(platforms)
        room = len(platforms) + (len(platforms) + 1) * models
        lengths = 2, users, users, models * users, figures.size, room
        self._numbers = np.zeros(sum(lengths))
        parts = np.split(self._numbers, np.cumsum(lengths)[:-1])
        parts[0][:] = rule.scale, rule.outside
        parts[1][:] = rule.reservation
        self._masses, self._scores, self._figures = parts[2], parts[3].reshape(models, users), parts[4]
        self._payoffs = self._figures[figures.payoffs]
        self._blank: Any = None

    def take_up(self, start: MarketState, blank: NDArray[np.float32]) -> None:
        """Play another market from now on.

        Args:
            start: its state before the first round, a batch of one.
            blank: what all agents observe then, `(agents, size)`, of no profile and no payoffs.
        """
        self.before = start
        self._masses[:] = start.masses[0]
        self._scores[:] = start.scores[0]
        self._blank = blank.copy()

    def play(self, actions: Mapping[str, Any]) -> tuple[list[float], NDArray[np.float32]] | None:
        """The figures of a round and the observations after it, `(agents, size)`, both new.

        None, and nothing else has changed, unless the actions of all platforms are integers and legal.
        """
        try:
            if len(actions) != self._num_actions:
                return None
            self._pack(*self._actions_of(actions))
        except (AttributeError, KeyError, TypeError, struct.error):
            return None
        observations = self._blank.copy()
        if not _twin()(self._plan, self._numbers, observations):
            return None
        return self._figures.tolist(), observations

    @property
    def figures(self) -> FloatArray:
        """Of the last round, `(1, size)`."""
        return self._figures[None].copy()

    @property
    def state(self) -> MarketState:
        """After the last round."""
        profile, payoffs = self._profile[None].copy(), self._payoffs[None].copy()
        return self.before._replace(profile=read_only(profile), payoffs=read_only(payoffs))

    def __reduce__(self) -> tuple[Any, ...]:
        # Views lose their array when they are copied one by one.
        state = self.__dict__.get("before"), self._plan, self._numbers, self._blank
        return type(self), self._made_of, state

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.before, self._plan[:], self._numbers[:], self._blank = state


@cache
def _twin() -> Callable[..., Any]:
    from ..compiled.step import play_one

    return play_one
