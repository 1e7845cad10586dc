"""The pure, batched dynamics of repeated market rounds: what every environment adapter runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kernel
from ..arguments import checked_integer, real_number
from ..choice import ChoiceRule, HardMax, check_demand, check_rule, generic_scores, is_pure
from ..compiled import parameters
from ..economy import Economy
from ..entry import Technology
from ..entry.entrants import unused_name
from ..entry.objective import GATE_BETA
from ..equilibrium import MarketGame
from ..game import checked_platforms
from ..inertia import Inertia
from ..market import FloatArray, IntArray, Market
from ..plain import TechnologySpec, choice_from
from .actions import ActionChecker, BarredActions, PriceVectors
from .checks import at_temperature, check_option, checked_economy, checked_inertia, checked_technology
from .observation import NOT_YET, ObservationLayout
from .outcome import FigureLayout, Outcome, TermsFigureLayout
from .prices import Prices, checked_prices
from .rounds import CompiledRounds, Rounds
from .schedule import Schedule, checked_schedule
from .state import MarketState, read_only
from .terms import Terms
from .terms_rounds import TermsRounds

ProviderTiming = Literal["next", "same"]
PlatformReward = Literal["payoff", "market_share"]
ProviderReward = Literal["payoff", "market_share", "objective"]
MarketSampler = Callable[[np.random.Generator], Market]
FiguresOf = Callable[[FloatArray, FloatArray, IntArray], FloatArray]


@dataclass(frozen=True)
class MarketDynamics:
    """Repeated rounds of the market game, over any batch of markets of one size.

    In a round every platform deploys a model and, at the same time, every provider releases a model; users then
    choose among the platforms. Platforms may deploy the pool's models `0..num_models - 1` and the providers'
    models behind them. Actions are checked; nothing is random and nothing is written in place.

    Args:
        num_models: the models of the pool, M.
        num_users: the user types, K.
        num_platforms: N >= 1.
        num_providers: E >= 0; each adds one model to those on offer.
        choice: the rule of user choice, or plain data that describe one (`genmarket_env.plain`).
        technology: what providers' parameters become: a `Technology`, or plain data such as the name of one in its
            registry that needs no market.
        provider_timing: "next": a release is on offer from the next round; "same": in the round it is made.
        platform_reward: "payoff" or "market_share".
        provider_reward: "payoff" (the payoffs of the platforms that deploy its model, summed), "market_share"
            (the share of users that its model serves) or "objective" (the surrogate F of Section 5 of the paper,
            against the pool).
        gate_beta: the steepness of the gate of "objective", per unit of score, > 0.
        observed: the parts of an observation that agents see, some of `ObservationLayout.known`; all by default.
        schedule: the temperature and masses by the index of the round, a `Schedule` or its plain-data form; None keeps
            those of the choice rule and the markets.
        economy: what users choose by and platforms earn, and how platforms differ, of the models on offer: those of
            providers are the last. An `Economy` or its plain-data form; None for the paper's market.
        inertia: how users are held where they are, an `Inertia` or its arguments by name; None lets all choose anew.
        prices: what platforms may ask of users besides, `Prices` or their arguments by name; None for no prices.

    Raises:
        ValueError: a size is too small, an option is unknown, `gate_beta` is not a finite number > 0, the choice rule
            does not fit the number of users, returns no demand or mixes the markets of a batch, the schedule has a
            temperature and the choice none, or an economy, inertia or prices do not fit the sizes.
        TypeError: a size is not an integer, or the choice rule, the technology or the schedule is not one.

    Example:
        >>> import numpy as np
        >>> dynamics = MarketDynamics(num_models=2, num_users=2, num_platforms=2)
        >>> state = dynamics.reset(Market([[[0.9, 0.1], [0.2, 0.8]]], [0.6, 0.4]))
        >>> state, outcome = dynamics.step(state, np.array([[0, 1]]))
        >>> outcome.rewards
        array([[0.54, 0.32]])
    """

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

    def reset(self, markets: Market | MarketSampler, rng: np.random.Generator | None = None) -> MarketState:
        """The state before the first round: every provider offers its starting point, action 0.

        Args:
            markets: one market or a batch, or a sampler `rng -> Market` to draw one from.
            rng: what the sampler draws from.

        Raises:
            ValueError: the markets do not have the models and users of these dynamics, or there is a sampler and
                no rng.
            TypeError: `markets` is no Market and no sampler, or the sampler returned something else.
        """
        if callable(markets):
            if rng is None:
                raise ValueError("a sampler needs an rng to draw a market: reset(sampler, rng)")
            markets = markets(rng)
        if not isinstance(markets, Market):
            raise TypeError(f"the dynamics need a Market, or a sampler that returns one; got {markets!r}")
        if (markets.num_models, markets.num_users) != (self.num_models, self.num_users):
            raise ValueError(
                f"the market has {markets.num_models} models and {markets.num_users} user types, "
                f"but these dynamics have {self.num_models} and {self.num_users}: a sampler must keep both"
            )
        batch = markets.batch_shape
        scores = self._rounds.offered(markets.scores, np.zeros((*batch, self.num_providers, self.num_parameters)))
        if not ((scores >= 0) & (scores <= 1)).all():
            raise ValueError(f"{self.technology!r} makes scores outside of [0, 1] of its starting point, action 0")
        state = MarketState(
            incumbents=markets,
            scores=scores,
            profile=read_only(np.full((*batch, self.num_platforms), NOT_YET, np.int64)),
            payoffs=read_only(np.zeros((*batch, self.num_agents))),
            masses=self._masses_of(markets, 0),
        )
        return state if self._terms_rounds is None else self._terms_rounds.begun(state)

    def as_if_played(self, state: MarketState, profile: ArrayLike) -> MarketState:
        """The state with `profile`, ints `(*batch, platforms)`, as that of the round before, and what it would yield.

        With prices it is one of platforms' actions. Where users are inert they are where they would go.

        Raises:
            ValueError: a model has the wrong shape or is out of range; it names the platform.
            TypeError: the profile cannot be read as an array.
        """
        played = self.actions.profile(profile, state.incumbents.batch_shape)
        if (rounds := self._terms_rounds) is not None:
            models, asked = rounds.terms.split(played)
            temperature = self._temperature(state.round_index)
            block, there = rounds.round_figures(state.scores, state.masses, None, models, asked, temperature)
            return rounds.after(state, state.scores, models, asked, block, there)
        figures, served = self._figures(state.scores, state.masses, played, state.round_index)
        payoffs = read_only(figures[..., self.figure_layout.payoffs].copy())
        return state._replace(profile=read_only(played), payoffs=payoffs, served=served)

    def step(
        self, state: MarketState, platform_actions: ArrayLike, provider_actions: ArrayLike | None = None
    ) -> tuple[MarketState, Outcome]:
        """Play one round.

        Args:
            state: of any batch.
            platform_actions: the model that each platform deploys, ints `(*batch, platforms)`; with prices as `Prices`
                says.
            provider_actions: the parameters of each release, `(*batch, providers, d)`; clipped to [-1, 1]. None
                without providers.

        Raises:
            ValueError: an action has the wrong shape, is NaN, infinite or out of range; it names the agent.
            TypeError: actions cannot be read as an array.
        """
        batch = state.incumbents.batch_shape
        profile = self.actions.profile(platform_actions, batch)
        parameters = self.actions.parameters(provider_actions, batch)
        state, figures = self.advance(state, profile, parameters)
        return state, self.figure_layout.outcome(figures, self.reward_columns)

    def advance(
        self,
        state: MarketState,
        profile: IntArray,
        parameters: FloatArray | None,
        figures_of: FiguresOf | None = None,
    ) -> tuple[MarketState, FloatArray]:
        """`step` for checked actions, with the figures of the round as one block `(*batch, figure_layout.size)`.

        `figures_of` stands in for `figures` where these are known already. Parameters that are finite are legal here:
        they are clipped.
        """
        if (rounds := self._terms_rounds) is not None:
            return self._advance_on_terms(rounds, state, profile, parameters, figures_of)
        released = self._rounds.offered(state.incumbents.scores, parameters)
        scores = released if self.provider_timing == "same" else state.scores
        if figures_of is None:
            figures, served = self._figures(scores, state.masses, profile, state.round_index)
        else:
            figures, served = figures_of(scores, state.masses, profile), None
        payoffs = read_only(figures[..., self.figure_layout.payoffs].copy())
        coming, masses = self._coming(state)
        after = MarketState(state.incumbents, released, read_only(profile), payoffs, masses, coming, served)
        return after, figures

    def _advance_on_terms(
        self,
        rounds: TermsRounds,
        state: MarketState,
        profile: IntArray,
        parameters: FloatArray | None,
        figures_of: FiguresOf | None,
    ) -> tuple[MarketState, FloatArray]:
        coming, masses = self._coming(state)
        if figures_of is None:
            return rounds.play(state, profile, parameters, self._temperature(state.round_index), masses, coming)[:2]
        figures = figures_of(state.scores, state.masses, profile)
        models, asked = rounds.terms.split(profile)
        return rounds.after(state, state.scores, models, asked, figures, None), figures

    def play(
        self,
        state: MarketState,
        profile: IntArray,
        parameters: FloatArray | None,
        figures_of: FiguresOf | None = None,
    ) -> tuple[MarketState, FloatArray, NDArray[np.float32]]:
        """`advance`, and what agents observe then: in one compiled call where there is one."""
        if figures_of is not None:
            after, figures = self.advance(state, profile, parameters, figures_of)
            return after, figures, self.observe(after)
        if self.schedule is None:
            return self._rounds.play(state, profile, parameters, None, state.masses, 0)
        coming, masses = self._coming(state)
        return self._rounds.play(state, profile, parameters, self._temperature(state.round_index), masses, coming)

    def judged_scores(self, before: MarketState, after: MarketState) -> FloatArray:
        """The scores on offer in the round between two states, `(*batch, models + providers, users)`."""
        return after.scores if self.provider_timing == "same" else before.scores

    def figures(self, scores: FloatArray, masses: FloatArray, profile: IntArray, index: int = 0) -> FloatArray:
        """The figures of the round of that index, a new `(*batch, figure_layout.size)`, for checked actions.

        Scores and masses are those of as many markets as there are profiles, or of one for all.
        """
        return self._figures(scores, masses, profile, index)[0]

    def _figures(
        self, scores: FloatArray, masses: FloatArray, profile: IntArray, index: int
    ) -> tuple[FloatArray, FloatArray | None]:
        """The figures of a round, and who was served if a rule of the user's own was asked, or on terms of its own."""
        if (rounds := self._terms_rounds) is not None:
            models, asked = rounds.terms.split(profile)
            return rounds.round_figures(scores, masses, None, models, asked, self._temperature(index))
        return self._rounds.figures(scores, masses, profile, self._temperature(index))

    def observe(self, state: MarketState) -> NDArray[np.float32]:
        """What every agent sees, a new `(*batch, platforms + providers, layout.size)`, in [0, 1] but for the payoff."""
        if self._terms_rounds is not None:
            return self._terms_rounds.shown(state)
        return self._rounds.observations(state.scores, state.masses, state.profile, state.payoffs)

    def global_state(self, state: MarketState) -> NDArray[np.float32]:
        """What a centralised critic sees, a new `(*batch, layout.state_size)`, in [0, 1] but for the payoffs."""
        if self._terms_rounds is not None:
            return self._terms_rounds.shown_in_all(state)
        return self.layout.encode_state(state.scores, state.masses, state.profile, state.payoffs)

    def market_in_force(self, state: MarketState) -> Market:
        """The markets of the coming round, of the state's batch; releases are the last models of the pool."""
        incumbents, masses = state.incumbents, state.masses
        names = list(incumbents.model_names)
        for provider in self.actions.providers:
            names.append(unused_name(f"{provider}'s model", names))
        return Market(
            state.scores,
            masses / masses.sum(axis=-1, keepdims=True),
            model_names=names,
            user_names=incumbents.user_names,
        )

    def demand(self, before: MarketState, after: MarketState) -> FloatArray:
        """The share of each user type that each platform served in the round between two states."""
        if after.served is not None:
            return after.served
        scores, choice = self.judged_scores(before, after), self.choice_of(before.round_index)
        if self._terms_rounds is None:
            return kernel.demand(scores, after.profile, choice)
        return np.asarray(choice(self._terms_rounds.offer_in(scores, after).utilities))

    def game_in_force(self, state: MarketState) -> MarketGame:
        """The coming round of a state without batch axes, or of the first market of a batch, as a game.

        Its actions are those of platforms here.

        Raises:
            ValueError: there is no such game: users are inert, or prices are from a range or platforms' costs differ.
        """
        market, choice = self.market_in_force(state), self.choice_of(state.round_index)
        market = market[(0,) * len(market.batch_shape)] if market.batch_shape else market
        if self.terms is None:
            return MarketGame(market, self.num_platforms, choice)
        return self.terms.game(market, choice)

    def last_actions(self, state: MarketState) -> NDArray[Any] | None:
        """What platforms did in the last round, `(*batch, platforms)`, or as `Prices` says; None at reset."""
        if state.profile.flat[0] == NOT_YET:
            return None
        terms = self.terms
        if terms is None or terms.prices is None or state.prices is None:
            return state.profile
        return terms.prices.joined(state.profile, state.prices, self.num_offered)

    def replies(self, state: MarketState, platform: int) -> tuple[IntArray, FloatArray]:
        """What a platform's owner earns in the coming round by each of its actions there, the others doing as before.

        Returns:
            The actions, by number, `(C,)`, and what they earn, `(*batch, C)`. With prices from a range actions are
            numbered as with the grid `Prices.tried`.

        Raises:
            ValueError: there are no economy, prices or inertia: `genmarket_env.deviation_payoffs` answers then.
        """
        if self._terms_rounds is None:
            raise ValueError("there are no terms of their own here; use deviation_payoffs(market, profile, choice)")
        return self._terms_rounds.replies(state, platform, self._temperature(state.round_index))

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
