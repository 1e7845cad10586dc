"""What happens in a round: by the kernel for any rule of user choice, by compiled twins for those that they know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..choice import CheckedRule, ChoiceRule
from ..compiled import RuleParameters
from ..entry import Technology
from ..entry.technologies import DirectScores
from ..market import FloatArray, IntArray
from .checks import at_temperature
from .observation import ObservationLayout
from .outcome import FigureLayout
from .state import MarketState, read_only


@dataclass(frozen=True)
class Rounds:
    """Rounds by the kernel.

    Args:
        choice: the rule of user choice, asked in every round.
        technology: of the providers.
        same: whether releases are on offer in the round in which they are made.
        gate_beta: of the providers' objective.
        figure_layout: of the figures.
        layout: of the observations.
    """

    choice: ChoiceRule
    technology: Technology
    same: bool
    gate_beta: float
    figure_layout: FigureLayout
    layout: ObservationLayout

    def offered(self, incumbents: FloatArray, parameters: FloatArray | None) -> FloatArray:
        """The scores on offer, read-only: the incumbents', then those of the releases, clipped to [-1, 1]."""
        if not self.figure_layout.num_providers:
            return incumbents
        inside = np.clip(parameters, -1.0, 1.0)  # type: ignore[arg-type]  # there are providers
        entrants = self.technology.scores(inside, incumbents[..., None, :, :])
        return read_only(np.concatenate([incumbents, entrants], axis=-2))

    def figures(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, temperature: float | None
    ) -> tuple[FloatArray, FloatArray | None]:
        """The figures of a round, and who was served if a rule of the user's own was asked."""
        asked = CheckedRule(self.choice if temperature is None else at_temperature(self.choice, temperature))
        # Once a round: a rule that draws would tell payoffs and shares of two different rounds.
        served = asked(kernel.deployed_scores(scores, profile))
        return self.figure_layout.figures(scores, masses, profile, asked, self.gate_beta, served), served

    def observations(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, payoffs: FloatArray
    ) -> NDArray[np.float32]:
        """What every agent sees."""
        return self.layout.encode(scores, masses, profile, payoffs)

    def play(
        self,
        state: MarketState,
        profile: IntArray,
        parameters: FloatArray | None,
        temperature: float | None,
        coming_masses: FloatArray,
        coming_index: int,
    ) -> tuple[MarketState, FloatArray, NDArray[np.float32]]:
        """A round of a batch of markets: the state after it, its figures and the observations, all new.

        Args:
            state: before it.
            profile: legal, `(*batch, platforms)`; it is kept.
            parameters: finite, `(*batch, providers, d)`; None without providers.
            temperature: of this round; None for that of the rule.
            coming_masses: of the next round, `(*batch, users)`.
            coming_index: of the next round.
        """
        released = self.offered(state.incumbents.scores, parameters)
        scores = released if self.same else state.scores
        figures, served = self.figures(scores, state.masses, profile, temperature)
        payoffs = read_only(figures[..., self.figure_layout.payoffs].copy())
        after = MarketState(
            state.incumbents, released, read_only(profile), payoffs, coming_masses, coming_index, served
        )
        return after, figures, self.observations(released, coming_masses, profile, payoffs)


@dataclass(frozen=True)
class CompiledRounds(Rounds):
    """The same by compiled twins.

    Args:
        rule: the rule as they take it.
    """

    rule: RuleParameters

    @cached_property
    def _releases_by_twin(self) -> bool:
        # Exact type: a subclass may release something else.
        return type(self.technology) is DirectScores or not self.figure_layout.num_providers

    @cached_property
    def _budget(self) -> float:
        """As the twin takes it: below 0 for that of the best incumbent."""
        budget = self.technology.budget if type(self.technology) is DirectScores else None
        return -1.0 if budget is None else budget

    @cached_property
    def _plan(self) -> IntArray:
        """As `play_rounds` takes it: an array, which it looks at in less time than at the integers."""
        return np.array([self.rule.kind, self.same, *self.figure_layout.starts, *self.layout.starts], np.int64)

    @cached_property
    def _numbers(self) -> FloatArray:
        """As `play_rounds` takes them, at the temperature of the rule."""
        return self._numbers_at(self.rule.scale)

    def _numbers_at(self, scale: float) -> FloatArray:
        return np.array([scale, self.rule.outside, self.gate_beta, self._budget, *self.rule.reservation])

    @cached_property
    def _sizes(self) -> tuple[int, int, int]:
        """The agents, the figures of a round and the length of an observation."""
        return self.figure_layout.num_agents, self.figure_layout.size, self.layout.size

    def offered(self, incumbents: FloatArray, parameters: FloatArray | None) -> FloatArray:
        """As `Rounds.offered`."""
        providers = self.figure_layout.num_providers
        if not providers or not self._releases_by_twin:
            return super().offered(incumbents, parameters)
        *batch, models, users = incumbents.shape
        scores = np.empty((*batch, models + providers, users))
        _twin().fill_offered(self._budget, _flat(parameters, 3), _flat(incumbents, 3), _flat(scores, 3))
        return read_only(scores)

    def figures(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, temperature: float | None
    ) -> tuple[FloatArray, FloatArray | None]:
        """The figures of a round, and None."""
        layout = self.figure_layout
        rule = self.rule if temperature is None else self.rule._replace(scale=temperature)
        figures = np.empty((*profile.shape[:-1], layout.size))
        _twin().fill_figures(
            layout.starts, layout.num_providers, self.gate_beta, *rule,
            _flat(scores, 3), _flat(masses, 2), _flat(profile, 2), _flat(figures, 2),
        )  # fmt: skip
        return figures, None

    def observations(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, payoffs: FloatArray
    ) -> NDArray[np.float32]:
        """What every agent sees."""
        observations = np.empty((*payoffs.shape, self.layout.size), np.float32)
        _twin().fill_observations(
            self.layout.starts, _flat(scores, 3), _flat(masses, 2), _flat(profile, 2), _flat(payoffs, 2),
            _flat(observations, 3),
        )  # fmt: skip
        return observations

    def play(
        self,
        state: MarketState,
        profile: IntArray,
        parameters: FloatArray | None,
        temperature: float | None,
        coming_masses: FloatArray,
        coming_index: int,
    ) -> tuple[MarketState, FloatArray, NDArray[np.float32]]:
        """As `Rounds.play`, in one compiled call where releases are made by a twin."""
        if not self._releases_by_twin:
            return super().play(state, profile, parameters, temperature, coming_masses, coming_index)
        market, offered, _, _, masses, _, _, _ = state
        incumbents = market.scores
        agents, size, length = self._sizes
        batch = profile.shape[:-1]
        if parameters is None:
            parameters, released = _NOTHING, _NOTHING
        else:
            released = np.empty(offered.shape)
        figures = np.empty((*batch, size))
        payoffs = np.empty((*batch, agents))
        observations = np.empty((*batch, agents, length), np.float32)
        numbers = self._numbers if temperature is None else self._numbers_at(temperature)
        arrays = (
            incumbents, offered, masses, coming_masses, profile, parameters, released, figures, payoffs, observations
        )  # fmt: skip
        if len(batch) == 1:
            _twin().play_rounds(self._plan, numbers, *arrays)
        else:
            _twin().play_rounds(self._plan, numbers, *map(_flat, arrays, _AXES))
        scores = incumbents if released is _NOTHING else released
        for array in (scores, profile, payoffs):
            array.setflags(write=False)
        after = MarketState(market, scores, profile, payoffs, coming_masses, coming_index)
        return after, figures, observations


_AXES = (3, 3, 2, 2, 2, 3, 3, 2, 2, 3)
"""The axes of a batch in a row, of the arrays of `play_rounds`."""

_NOTHING = np.empty((0, 0, 0))


@cache
def _twin() -> ModuleType:
    from ..compiled import step

    return step


def _flat(array: Any, axes: int) -> Any:
    """A view with one batch axis before the last `axes - 1`."""
    return array if array.ndim == axes else array.reshape(-1, *array.shape[array.ndim - axes + 1 :])
