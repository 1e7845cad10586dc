"""The pure, batched dynamics of repeated market rounds: what every environment adapter runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kernel
from ..entry.entrants import unused_name
from ..equilibrium import MarketGame
from ..market import FloatArray, IntArray, Market
from .desk import Desk
from .dynamics_settings import DynamicsSettings
from .dynamics_settings import PlatformReward as PlatformReward
from .dynamics_settings import ProviderReward as ProviderReward
from .dynamics_settings import ProviderTiming as ProviderTiming
from .observation import NOT_YET
from .outcome import Outcome
from .rounds import CompiledRounds
from .state import MarketState, read_only
from .terms_rounds import TermsRounds

MarketDraw = Callable[[np.random.Generator], Market]
FiguresOf = Callable[[FloatArray, FloatArray, IntArray], FloatArray]


@dataclass(frozen=True)
class MarketDynamics(DynamicsSettings):
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

    def reset(self, markets: Market | MarketDraw, rng: np.random.Generator | None = None) -> MarketState:
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
        scores = markets.scores
        if self.num_providers:
            scores = self._rounds.offered(scores, np.zeros((*batch, self.num_providers, self.num_parameters)))
            if not ((scores >= 0) & (scores <= 1)).all():
                raise ValueError(f"{self.technology!r} makes scores outside of [0, 1] of its starting point, action 0")
        before = _before_one if math.prod(batch) == 1 else _before_all
        profile, payoffs = before((*batch, self.num_platforms), (*batch, self.num_agents))
        state = MarketState(markets, scores, profile, payoffs, self._masses_of(markets, 0))
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

    def desk(self) -> Desk | None:
        """What plays the rounds of one market after another; None with providers or a schedule, or without a twin."""
        rounds = self._rounds
        if self.schedule is not None or self.num_providers or not isinstance(rounds, CompiledRounds):
            return None
        return Desk(rounds.rule, self.figure_layout, self.layout, self.actions.platforms)

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


def _before_all(profiles: tuple[int, ...], payoffs: tuple[int, ...]) -> tuple[IntArray, FloatArray]:
    """The profiles and payoffs of no round yet, of these shapes."""
    return read_only(np.full(profiles, NOT_YET, np.int64)), read_only(np.zeros(payoffs))


_before_one = lru_cache(maxsize=16)(_before_all)
"""The same of one market, kept."""
