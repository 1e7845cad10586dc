"""What the dynamics of repeated market rounds are made of, checked, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked_integer, real_number
from ..choice import ChoiceRule, HardMax, check_demand, check_rule, generic_scores, is_pure
from ..compiled import parameters
from ..economy import Economy
from ..entry import Technology
from ..entry.objective import GATE_BETA
from ..game import checked_platforms
from ..inertia import Inertia
from ..market import FloatArray, IntArray, Market
from ..plain import TechnologySpec, choice_from
from .actions import ActionChecker, BarredActions, PriceVectors
from .checks import at_temperature, check_option, checked_economy, checked_inertia, checked_technology
from .observation import ObservationLayout
from .outcome import FigureLayout, TermsFigureLayout
from .prices import Prices, checked_prices
from .rounds import CompiledRounds, Rounds
from .schedule import Schedule, checked_schedule
from .state import MarketState, read_only
from .terms import Terms
from .terms_rounds import TermsRounds

ProviderTiming = Literal["next", "same"]
PlatformReward = Literal["payoff", "market_share"]
ProviderReward = Literal["payoff", "market_share", "objective"]


@dataclass(frozen=True)
class DynamicsSettings:
    """The arguments of `MarketDynamics`, which documents them, and what follows from them alone."""

    num_models: int
    num_users: int
    num_platforms: int
    num_providers: int = 0
    choice: ChoiceRule = HardMax()
    technology: TechnologySpec = "direct-scores"
    provider_timing: ProviderTiming = "next"
    platform_reward: PlatformReward = "payoff"
    provider_reward: ProviderReward = "payoff"
    gate_beta: float = GATE_BETA
    observed: Sequence[str] | None = None
    schedule: Schedule | Mapping[str, Any] | None = None
    economy: Economy | Mapping[str, Any] | str | None = None
    inertia: Inertia | Mapping[str, Any] | None = None
    prices: Prices | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        checked_platforms(self.num_platforms)
        for name, least in (("num_models", 1), ("num_users", 1), ("num_providers", 0)):
            checked_integer(name, getattr(self, name), least)
        check_option(self.provider_timing, "provider_timing", ProviderTiming)
        check_option(self.platform_reward, "platform_reward", PlatformReward)
        check_option(self.provider_reward, "provider_reward", ProviderReward)
        object.__setattr__(self, "gate_beta", real_number("gate_beta", self.gate_beta))
        if not 0 < self.gate_beta < np.inf:
            raise ValueError(f"gate_beta is {self.gate_beta}; it must be finite and > 0")
        object.__setattr__(self, "choice", choice_from(self.choice))
        check_rule("choice", self.choice)
        object.__setattr__(self, "technology", checked_technology(self.technology))
        object.__setattr__(self, "economy", checked_economy(self.economy))
        object.__setattr__(self, "inertia", checked_inertia(self.inertia))
        object.__setattr__(self, "prices", checked_prices(self.prices))
        object.__setattr__(self, "observed", self.layout.seen)
        object.__setattr__(self, "schedule", checked_schedule(self.schedule))
        if self._schedule is not None:
            self._schedule.check(self.num_users)
            self.choice_of(0)
        if parameters(self.choice, self.num_users) is None:
            check_demand(self.choice, generic_scores(self.num_platforms, self.num_users))

    def __getstate__(self) -> dict[str, Any]:
        # What is worked out from the fields is worked out again: arrays forget that they cannot be written.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def num_offered(self) -> int:
        """The models on offer, M + E: a platform's actions are 0 to M + E - 1."""
        return self.num_models + self.num_providers

    @cached_property
    def num_actions(self) -> int:
        """How many actions a platform has, or numbers its action where prices are from a range."""
        prices = None if self.terms is None else self.terms.prices
        if prices is None:
            return self.num_offered
        return self.num_offered * len(prices.tried) if prices.is_discrete else self.num_offered + 1

    @cached_property
    def terms(self) -> Terms | None:
        """The economy, prices and inertia, where any is on."""
        economy = cast("Economy | None", self.economy)
        inertia, prices = cast("Inertia | None", self.inertia), cast("Prices | None", self.prices)
        plain = economy is None or economy.is_plain
        if plain and prices is None and (inertia is None or inertia.is_none):
            return None
        size = self.num_platforms, self.num_offered, self.num_users
        return Terms(economy or Economy(), prices, inertia or Inertia(), *size)

    @property
    def num_agents(self) -> int:
        """Platforms and providers."""
        return self.num_platforms + self.num_providers

    @cached_property
    def num_parameters(self) -> int:
        """The length d of a provider's action."""
        return cast(Technology, self.technology).num_parameters(self.num_users)

    @cached_property
    def actions(self) -> ActionChecker:
        """What agents may do, and their names."""
        sizes = self.num_actions, self.num_platforms, self.num_providers, self.num_parameters
        terms = self.terms
        if terms is not None and terms.prices is not None and not terms.prices.is_discrete:
            return PriceVectors(*sizes)
        return ActionChecker(*sizes) if terms is None or terms.allowed is None else BarredActions(*sizes, terms.allowed)

    @cached_property
    def masks(self) -> tuple[NDArray[np.int8], ...]:
        """Which actions of its finite space each platform may take; empty where prices are from a range."""
        if not self._is_discrete:
            return ()
        allowed = None if self.terms is None else self.terms.allowed
        rows = np.ones((self.num_platforms, self.num_actions)) if allowed is None else allowed
        return tuple(rows.astype(np.int8))

    @cached_property
    def layout(self) -> ObservationLayout:
        """The layout of observations."""
        terms = self.terms
        return ObservationLayout(
            self.num_offered,
            self.num_users,
            self.num_platforms,
            self.num_providers,
            cast("tuple[str, ...] | None", self.observed),
            terms is not None and terms.prices is not None,
            terms is not None and terms.has_inertia,
        )

    @cached_property
    def figure_layout(self) -> FigureLayout:
        """The layout of the figures of a round."""
        if self.terms is not None:
            return TermsFigureLayout(self.num_platforms, self.num_providers, self.terms.prices is not None)
        return FigureLayout(self.num_platforms, self.num_providers)

    @property
    def payoff_range(self) -> tuple[float, float]:
        """What an agent's payoff is at least and at most; 0 and 1 without an economy or prices."""
        return (0.0, 1.0) if self.terms is None else self.terms.payoff_range

    @cached_property
    def reward_columns(self) -> IntArray:
        """The figures that reward the agents, by number, `(platforms + providers,)`."""
        figures = self.figure_layout
        column = np.arange(figures.size)
        payoffs, shares = column[figures.payoffs], column[figures.shares]
        n = self.num_platforms
        platforms = {"payoff": payoffs, "market_share": shares}[self.platform_reward][:n]
        providers = {"payoff": payoffs[n:], "market_share": shares[n:], "objective": column[figures.objectives]}
        return np.concatenate([platforms, providers[self.provider_reward]])

    @cached_property
    def repeats(self) -> bool:
        """Whether a profile yields the same figures in every round of a market, so that rounds can be remembered."""
        memory = self.terms is not None and (self.terms.has_inertia or not self._is_discrete)
        return self.schedule is None and not self.num_providers and is_pure(self.choice) and not memory

    def choice_of(self, index: int) -> ChoiceRule:
        """The rule of user choice in the round of that index.

        Raises:
            ValueError: the schedule has a temperature, and the choice is no `Logit` and no `OutsideOption` of one.
        """
        schedule = self._schedule
        if schedule is None or schedule.temperature is None:
            return self.choice
        return at_temperature(self.choice, schedule.temperature_of(index))

    @property
    def _is_discrete(self) -> bool:
        return self.terms is None or self.terms.prices is None or self.terms.prices.is_discrete

    @cached_property
    def _terms_rounds(self) -> TermsRounds | None:
        rounds = None if self.terms is None else self._rounds
        return rounds if isinstance(rounds, TermsRounds) else None

    @property
    def _schedule(self) -> Schedule | None:
        return cast("Schedule | None", self.schedule)

    def _masses_of(self, markets: Market, index: int) -> FloatArray:
        if self._schedule is None or self._schedule.masses is None:
            return markets.masses
        masses = np.empty((*markets.batch_shape, self.num_users))
        masses[...] = self._schedule.masses_of(index, self.num_users)
        return read_only(masses)

    def _coming(self, state: MarketState) -> tuple[int, FloatArray]:
        """The index of the round after the coming one, and the masses in it."""
        if self._schedule is None:
            return 0, state.masses
        coming = state.round_index + 1
        return coming, self._masses_of(state.incumbents, coming)

    def _temperature(self, index: int) -> float | None:
        """That of the schedule in a round; None for that of the choice rule."""
        schedule = self._schedule
        return None if schedule is None or schedule.temperature is None else schedule.temperature_of(index)

    @cached_property
    def _rounds(self) -> Rounds:
        technology = cast(Technology, self.technology)
        same = self.provider_timing == "same"
        if self.terms is not None:
            layout = cast(TermsFigureLayout, self.figure_layout)
            return TermsRounds(self.choice, technology, same, self.gate_beta, layout, self.layout, self.terms)
        arguments = self.choice, technology, same, self.gate_beta, self.figure_layout, self.layout
        rule = parameters(self.choice, self.num_users)
        return Rounds(*arguments) if rule is None else CompiledRounds(*arguments, rule)
