"""The PettingZoo adapter: the dynamics with a batch of one, as dictionaries of agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, Space
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from ..arguments import checked_generator, checked_integer, checked_seed
from ..choice import HardMax
from ..economy import Economy
from ..entry.objective import GATE_BETA
from ..inertia import Inertia
from ..market import Market
from ..plain import ChoiceSpec, TechnologySpec, choice_from
from .checks import checked_technology
from .desk import Desk
from .dynamics import MarketDynamics, PlatformReward, ProviderReward, ProviderTiming
from .episode import Infos, MarketEpisode, Observations, PlayedRound
from .getters import getter_of
from .options import checked_options
from .prices import Prices, checked_prices
from .schedule import Schedule
from .source import MarketSource, MarketSpec
from .spaces import observation_space, platform_space, state_space

RESET_OPTIONS = ("market", "profile")
"""What `reset` takes as options."""

KNOWN_BYTES = 2**22
"""About how much an environment remembers of the rounds of a market."""

INFO_BYTES = 1024
"""About what the reward and the info of one agent take."""


class MarketParallelEnv(MarketEpisode, ParallelEnv[str, NDArray[np.float32], Any]):
    """Platforms that compete for users, and providers that release models, round by round.

    The agents are `platform_0, ...` and `provider_0, ...`. In a round every platform deploys a model and, at the
    same time, every provider releases one; users then choose among the platforms. All agents end together, by
    truncation. Observations are float32 vectors in [0, 1] that `layout` describes; `docs/environment.md` has the
    spaces, rewards and infos in full.

    Args:
        market: a Market, plain data (a name in the catalogue, an inline table), or a sampler `rng -> Market` drawn
            from at every reset, which must keep the numbers of models and user types.
        num_platforms: N >= 1.
        num_providers: E >= 0. A provider's model is one more model that platforms can deploy.
        choice: the rule of user choice, or plain data such as `{"logit": 0.1}` (`genmarket_env.plain`). A rule of your
            own is asked in every round, for the demand and for the deviations behind the regrets, unless it has the
            attribute `pure = True`: rounds are remembered then.
        max_cycles: the rounds of an episode, >= 1.
        render_mode: "ansi" (a text), "rgb_array" (a picture, which needs matplotlib), "human" (every round is shown by
            itself: in a window where matplotlib can open one, else as text on stdout), or None.
        technology: what providers' actions become: a `Technology`, or plain data such as its name in the registry.
        provider_timing: "next": a release is on offer from the next round; "same": in the round it is made.
        platform_reward: "payoff" or "market_share".
        provider_reward: "payoff" (the payoffs of the platforms that deploy its model, summed), "market_share"
            (the share of users that its model serves) or "objective" (the surrogate F of Section 5 of the paper).
        gate_beta: the steepness of the gate of "objective", per unit of score, > 0.
        schedule: a `Schedule` of the temperature of a `Logit` choice and of the masses, by the index of the round; None
            keeps both.
        observe: the parts of an observation that agents see, some of "scores", "masses", "profile", "identity",
            "payoff", with prices "prices", with inertia "served"; all by default.
        economy: what users choose by and platforms earn, and how platforms differ: an `Economy` of the models on offer,
            those of providers last, or its plain data; by default the paper's.
        inertia: how users are held where they are, an `Inertia` or its arguments by name; by default all choose anew.
        prices: what platforms ask of users besides: `Prices`, or their arguments by name; none by default.

    Attributes:
        dynamics: the `MarketDynamics` that it runs.
        layout: the `ObservationLayout` of its observations.
        market: the Market of this episode; None before the first reset.

    Raises:
        ValueError: an argument is out of range or unknown; one line that says what is legal.
        TypeError: an argument has the wrong type.

    Example:
        >>> from genmarket_env import Market
        >>> env = MarketParallelEnv(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), num_platforms=2)
        >>> observations, infos = env.reset(seed=0)
        >>> observations, rewards, terminations, truncations, infos = env.step({"platform_0": 0, "platform_1": 1})
        >>> rewards
        {'platform_0': 0.54, 'platform_1': 0.32...}
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "market_v0",
        "render_modes": ["ansi", "human", "rgb_array"],
        "render_fps": 2,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        market: MarketSpec = "livebench-2026-06",
        num_platforms: int = 3,
        num_providers: int = 0,
        choice: ChoiceSpec = HardMax(),
        max_cycles: int = 100,
        render_mode: str | None = None,
        *,
        technology: TechnologySpec = "direct-scores",
        provider_timing: ProviderTiming = "next",
        platform_reward: PlatformReward = "payoff",
        provider_reward: ProviderReward = "payoff",
        gate_beta: float = GATE_BETA,
        schedule: Schedule | Mapping[str, Any] | None = None,
        observe: Sequence[str] | None = None,
        economy: Economy | Mapping[str, Any] | str | None = None,
        inertia: Inertia | Mapping[str, Any] | None = None,
        prices: Prices | Mapping[str, Any] | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            legal = ", ".join(self.metadata["render_modes"])
            raise ValueError(f"unknown render_mode {render_mode!r}; legal are {legal}, or None")
        self._source = MarketSource(market, 1)
        dynamics = MarketDynamics(
            self._source.num_models,
            self._source.num_users,
            num_platforms,
            num_providers,
            choice_from(choice),
            checked_technology(technology, self._source.shared),
            provider_timing,
            platform_reward,
            provider_reward,
            gate_beta,
            observe,
            schedule,
            economy,
            inertia,
            self._source.with_costs(checked_prices(prices)),
        )
        super().__init__(dynamics, render_mode, seconds=1 / self.metadata["render_fps"])
        self.layout = dynamics.layout
        self.max_cycles = checked_integer("max_cycles", max_cycles, 1)
        self.possible_agents = list(dynamics.actions.agents)
        self.state_space = state_space(dynamics)
        self.observation_spaces: dict[str, Space[Any]] = {
            agent: observation_space(dynamics) for agent in self.possible_agents
        }
        self.action_spaces: dict[str, Space[Any]] = {agent: self._action_space(agent) for agent in self.possible_agents}
        self._rewards_of = getter_of(dynamics.reward_columns.tolist())
        self._rng = np.random.default_rng()
        self._known: dict[tuple[int, ...], PlayedRound] = {}
        self._known_of: Market | None = None
        self._max_known = KNOWN_BYTES // (dynamics.num_agents * (4 * self.layout.size + INFO_BYTES))
        self._checker = dynamics.actions
        # Rounds of a market that is soon another are hardly worth remembering.
        self._desk = None if self._source.stays else dynamics.desk()
        self._remembers = dynamics.repeats and self._desk is None
        self._masks = np.array(dynamics.masks, np.int8)
        self._rows_of_masks = getter_of(range(len(self._masks)))
        self._rows_of_observations = getter_of(range(dynamics.num_agents))
        self._ongoing = dict.fromkeys(self.possible_agents, False)

    def observation_space(self, agent: str) -> Space[Any]:
        """A float32 Box in [0, 1], laid out as `layout` says: the same object at each call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """The models that a platform can deploy, or the parameters of a provider's release."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observations, Infos]:
        """Begin an episode.

        Args:
            seed: of the sampler of markets, if there is one.
            options: "market", what this episode is played on instead of the market of the environment, of the same
                size; "profile", the models that platforms count as having deployed just before, `(platforms,)`: the
                observations show it, and the payoffs it yields; with prices their actions. None of these by default.

        Raises:
            ValueError: `seed` is negative, an option is unknown, the market has another size, or a model is illegal.
            TypeError: `seed` is neither an integer nor None, or an option has another type.
        """
        seed = checked_seed(seed)
        chosen = checked_options(options, RESET_OPTIONS)
        rng = self._rng if seed is None else np.random.default_rng(seed)
        markets = self._source.given(chosen["market"], [rng]) if "market" in chosen else self._source.draw([rng])
        state = begun = self.dynamics.reset(markets)
        seen = self.dynamics.observe(begun)[0]
        if "profile" in chosen:
            state = self.dynamics.as_if_played(state, self._checker.profile(chosen["profile"], ())[None])
        if self._desk is not None:
            self._desk.take_up(begun, seen)
        self._rng, self._start = rng, state
        if markets is not self._known_of:
            self._known.clear()
            self._known_of = markets
        self._market = self._last = None
        self._round = 0
        self.agents = self.possible_agents[:]
        if self.render_mode == "human":
            self._screen.show(self._view(state))
        infos: Infos = {agent: {} for agent in self.agents}
        self._add_masks(infos)
        if state is not begun:
            seen = self.dynamics.observe(state)[0]
        return dict(zip(self.possible_agents, seen, strict=True)), infos

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[Observations, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Play one round.

        Raises:
            ValueError: an agent has no action, is unknown, or its action is illegal; it names the agent.
            gymnasium.error.ResetNeeded: before `reset`, or after the episode ended.
        """
        if not self.agents:
            raise self._not_running()
        if self._desk is None:
            observations, rewards, infos = self._play(actions)
        else:
            played = self._desk.play(actions) or self._played_on(self._desk, actions)
            observations, rewards, infos = self._told(*played)
            self._last = self._desk
        self._round += 1
        truncated = self._round >= self.max_cycles
        if truncated:
            self.agents = []
        if self.render_mode == "human":
            self._screen.show(self._view(self._begun()))
        ongoing = self._ongoing
        truncations = dict.fromkeys(ongoing, True) if truncated else ongoing.copy()
        return observations, rewards, ongoing.copy(), truncations, infos

    def _play(self, actions: dict[str, Any]) -> tuple[Observations, dict[str, float], Infos]:
        """A round that is remembered, or computed in arrays of its own."""
        models = self._checker.plain_models(actions)
        if models is not None and len(actions) != len(self.agents):
            models = None
        played = None if models is None else self._known.get(models)
        if played is None:
            played = self._computed(actions, models)
        self._last = played
        if not self._remembers:
            return played.observations, played.rewards, played.infos
        infos = {agent: info.copy() for agent, info in played.infos.items()}
        self._add_masks(infos)
        seen = self._rows_of_observations(played.shown.copy())
        return dict(zip(self.possible_agents, seen)), played.rewards.copy(), infos  # noqa: B905

    def _computed(self, actions: dict[str, Any], plain: tuple[int, ...] | None) -> PlayedRound:
        checker, state = self._checker, self._begun()
        models = checker.models_of(actions, plain)
        parameters = checker.parameters_of(actions) if checker.num_providers else None
        after, block, observations = self.dynamics.play(state, np.array([models]), parameters)
        shown = observations[0]
        played = PlayedRound(state, after, block, shown, *self._told(block[0].tolist(), shown))
        # Platforms come back to few profiles.
        if self._remembers and len(self._known) < self._max_known:
            self._known[models] = played
        return played

    def _played_on(self, desk: Desk, actions: dict[str, Any]) -> tuple[list[float], NDArray[np.float32]]:
        """A round whose actions are no plain integers, if they are legal."""
        models = self._checker.models_of(actions)
        played = desk.play(dict(zip(self.agents, models, strict=True)))
        assert played is not None
        return played

    def _told(
        self, figures: list[float], observations: NDArray[np.float32]
    ) -> tuple[Observations, dict[str, float], Infos]:
        """What the figures and the observations `(agents, size)` of a round tell each agent."""
        agents = self.possible_agents
        return (
            dict(zip(agents, self._rows_of_observations(observations))),  # noqa: B905  keywords take as long as an agent's part
            dict(zip(agents, self._rewards_of(figures))),  # noqa: B905
            self.dynamics.figure_layout.infos(agents, figures, self._rows_of_masks(self._masks.copy())),
        )

    @property
    def np_random(self) -> np.random.Generator:
        """What the sampler of markets draws from: the state of the environment's random numbers."""
        return self._rng

    @np_random.setter
    def np_random(self, generator: np.random.Generator) -> None:
        self._rng = checked_generator("np_random", generator)

    def checked_action(self, agent: str, action: Any) -> Any:
        """The action of one agent, once it is known to be legal, as a value that nobody else holds.

        Raises:
            ValueError: it is illegal; it names the agent and what is legal.
            gymnasium.error.ResetNeeded: before `reset`, or after the episode ended.
        """
        if not self.agents:
            raise self._not_running()
        return self.dynamics.actions.action_of(agent, action)

    def __getstate__(self) -> dict[str, Any]:
        # A copy writes into arrays of its own. Remembered rounds can be played again; they may take megabytes.
        desk = copy(self._desk)
        last = desk if desk is not None and self._last is self._desk else self._last
        return self.__dict__ | {"_known": {}, "_desk": desk, "_last": last}

    def _add_masks(self, infos: Infos) -> None:
        """Add what each platform may do, of a finite space, in an array of its own."""
        for info, mask in zip(infos.values(), self._rows_of_masks(self._masks.copy())):  # noqa: B905
            info["action_mask"] = mask

    def _action_space(self, agent: str) -> Space[Any]:
        dynamics = self.dynamics
        if agent in dynamics.actions.platforms:
            return platform_space(dynamics, dynamics.actions.platforms.index(agent))
        return Box(-1.0, 1.0, (dynamics.num_parameters,), np.float32)
