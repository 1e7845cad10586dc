"""The vector view of Gymnasium: many copies of `genmarket_env/PlatformMarket-v0` in lockstep, as one environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from ..arguments import checked_integer, checked_seed
from ..choice import HardMax
from ..economy import Economy
from ..inertia import Inertia
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from ..plain import ChoiceSpec
from .autoreset import autoreset_mode_of, final_infos, with_masks
from .dynamics import PlatformReward
from .opponents import Opponent, scripted_on_terms
from .opponents import opponent as scripted_opponent
from .outcome import Outcome
from .picture import Picture
from .prices import Prices
from .rendering import RoundView, text, view_before, view_of
from .schedule import Schedule
from .single import OwnActions, PlatformMarketEnv, checked_opponents
from .source import MarketSpec
from .spaces import observation_space
from .specs import ReadableSpec
from .state import MarketState
from .vector import VectorMarket

Infos = dict[str, Any]


class PlatformMarketVectorEnv(ReadableSpec, VectorEnv[NDArray[np.float32], IntArray, NDArray[Any]]):
    """`PlatformMarketEnv` B times, played by one call; what `gymnasium.make_vec` makes of `PlatformMarket-v0`.

    It returns what `gymnasium.vector.SyncVectorEnv` returns of B single environments with the same seeds, so that
    learners can take either; a step costs about what one step of `VectorMarket` costs. All episodes end together.

    Args:
        num_envs: B >= 1.
        market: as in `PlatformMarketEnv`, or a sequence of B of these, of one size.
        num_platforms: N >= 1, the learner included.
        seat: the platform that learns, in [0, N).
        opponents: as in `PlatformMarketEnv`; a callable is called for each environment in turn.
        choice: the rule of user choice.
        max_cycles: the rounds of an episode, >= 1.
        render_mode: "ansi", "rgb_array" or None; `render` gives one frame an environment.
        platform_reward: "payoff" or "market_share".
        schedule: a `Schedule` of temperature and masses by the index of the round.
        observe: the parts of an observation that the learner sees; all by default.
        economy: as in `PlatformMarketEnv`, like the two that follow.
        inertia: how users are held where they are.
        prices: what platforms ask of users besides.
        autoreset_mode: "NextStep", Gymnasium's default: the step after the last round of an episode ignores its actions
            and begins the next one; "SameStep": the last step does, and has the last observation in the infos as
            "final_obs". `metadata["autoreset_mode"]` says which.
        max_episode_steps: ends episodes early, as `gymnasium.make` does; None for `max_cycles`.

    Raises:
        ValueError: an argument is out of range or unknown.
        TypeError: an argument has the wrong type.

    Example:
        >>> import gymnasium, genmarket_env
        >>> env = gymnasium.make_vec("genmarket_env/PlatformMarket-v0", num_envs=64, num_platforms=2)
        >>> observations, infos = env.reset(seed=0)
        >>> observations, rewards, terminations, truncations, infos = env.step(np.zeros(64, int))
        >>> observations.shape, rewards.shape, infos["regret"].shape
        ((64, 226), (64,), (64,))
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": ["ansi", "rgb_array"],
        "render_fps": PlatformMarketEnv.metadata["render_fps"],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        market: MarketSpec | Sequence[MarketSpec] = "livebench-2026-06",
        num_platforms: int = 3,
        seat: int = 0,
        opponents: str | Opponent | Sequence[str | Opponent] = "best_response",
        choice: ChoiceSpec = HardMax(),
        max_cycles: int = 100,
        render_mode: str | None = None,
        platform_reward: PlatformReward = "payoff",
        schedule: Schedule | Mapping[str, Any] | None = None,
        observe: Sequence[str] | None = None,
        economy: Economy | Mapping[str, Any] | str | None = None,
        inertia: Inertia | Mapping[str, Any] | None = None,
        prices: Prices | Mapping[str, Any] | None = None,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"unknown render_mode {shown(render_mode)}; legal are 'ansi', 'rgb_array' and None")
        self.autoreset_mode = autoreset_mode_of(autoreset_mode)
        self.metadata = self.metadata | {"autoreset_mode": self.autoreset_mode}  # type: ignore[misc]
        rounds = checked_integer("max_cycles", max_cycles, 1)
        if max_episode_steps is not None:
            rounds = min(rounds, checked_integer("max_episode_steps", max_episode_steps, 1))
        self.num_envs = checked_integer("num_envs", num_envs, 1)
        self._markets = VectorMarket(
            market,
            self.num_envs,
            num_platforms=num_platforms,
            max_cycles=rounds,
            choice=choice,
            platform_reward=platform_reward,
            schedule=schedule,
            observe=observe,
            economy=economy,
            inertia=inertia,
            prices=prices,
        )
        self.dynamics = self._markets.dynamics
        self.layout = self.dynamics.layout
        self.render_mode = render_mode
        self._seat = checked_integer("seat", seat, 0, num_platforms - 1)
        others = [platform for platform in range(num_platforms) if platform != self._seat]
        self._opponents = dict(zip(others, checked_opponents(opponents, len(others)), strict=True))
        self._own_actions = OwnActions(self.dynamics, self._seat)
        self.single_observation_space = observation_space(self.dynamics)
        self.single_action_space = self._own_actions.space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._generators: list[np.random.Generator] = []
        self._seeds: list[int] = []
        self._generators, self._seeds = self._seeded([None] * self.num_envs)
        self._observations: NDArray[np.float32] | None = None
        self._awaits_reset = False
        self._split: list[Market] = []
        self._split_of: Market | None = None
        self._pictures = [Picture() for _ in range(self.num_envs)] if render_mode == "rgb_array" else []

    @property
    def np_random(self) -> tuple[np.random.Generator, ...]:
        """What the opponents of each environment draw from."""
        return tuple(self._generators)

    @property
    def np_random_seed(self) -> tuple[int, ...]:
        """The seeds of these."""
        return tuple(self._seeds)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], Infos]:
        """Begin an episode in every environment.

        Args:
            seed: that of the first environment, the others having the following ones; or one for each, None to go on.
            options: those of `VectorMarket.reset`, for this episode alone.

        Raises:
            ValueError: a seed is negative, there are not B of them, or an option is unknown or bad.
            TypeError: a seed is neither an integer nor None, or an option has another type.

        After either the environment is as before.
        """
        if seed is None or isinstance(seed, (int, np.integer)):
            first = checked_seed(seed)
            seeds = [None if first is None else first + b for b in range(self.num_envs)]
        else:
            seeds = [checked_seed(one) for one in seed]
        if len(seeds) != self.num_envs:
            raise ValueError(f"{len(seeds)} seeds for {self.num_envs} environments; give one for each, or one for all")
        before = self._generators, self._seeds, self._markets.generators.copy()
        self._generators, self._seeds = self._seeded(seeds)
        try:
            self._observations = self._own(self._markets.reset(options=options))
        except BaseException:
            self._generators, self._seeds, self._markets.generators = before
            raise
        self._awaits_reset = False
        return self._observations.copy(), self._masks()

    def step(self, actions: Any) -> tuple[NDArray[np.float32], FloatArray, NDArray[np.bool_], NDArray[np.bool_], Infos]:
        """Play one round in every environment, or begin the next episode after the last one.

        Args:
            actions: the model that the learner deploys in each, ints `(B,)`; with prices from a range numbers
                `(B, models + 1)`.

        Raises:
            ValueError: an action is no model's index, or an opponent's is not; it names the platform and the market.
            gymnasium.error.ResetNeeded: before `reset`.
        """
        if self._observations is None:
            raise ResetNeeded("call reset() before the first step()")
        nobody = np.zeros(self.num_envs, bool)
        if self._awaits_reset:
            self._awaits_reset = False
            return self._observations.copy(), np.zeros(self.num_envs), nobody, nobody.copy(), self._masks()
        step = self._markets.step(self._profile(actions))
        self._observations = self._own(step.observations)
        truncated = np.full(self.num_envs, step.truncated)
        rewards, infos = step.rewards[:, self._seat].copy(), self._infos(step.outcome)
        seen = self._observations
        if step.final_observations is not None:
            last = self._own(step.final_observations)
            if self.autoreset_mode == AutoresetMode.NEXT_STEP:
                self._awaits_reset, seen = True, last
            else:
                infos = final_infos(last, infos) | self._masks()
        return seen.copy(), rewards, nobody, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """The last round of each environment, a text or a picture; None without a mode.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.
            ImportError: matplotlib is needed for the pictures and is not there.
        """
        if self.render_mode is None:
            return None
        views = [self._view(b) for b in range(self.num_envs)]
        if self.render_mode == "ansi":
            return tuple(map(text, views))
        return tuple(picture.frame(view) for picture, view in zip(self._pictures, views, strict=True))

    def _rounds_of_an_episode(self) -> int:
        return self._markets.max_cycles

    def _seeded(self, seeds: Sequence[int | None]) -> tuple[list[np.random.Generator], list[int]]:
        """The generators of the opponents, new where there is a seed; those of the samplers of markets with them."""
        made = [
            (self._generators[b], self._seeds[b]) if seed is None and self._generators else seeding.np_random(seed)
            for b, seed in enumerate(seeds)
        ]
        for b, (seed, (generator, _)) in enumerate(zip(seeds, made, strict=True)):
            if seed is not None:  # as PlatformMarketEnv seeds its own
                self._markets.generators[b] = np.random.default_rng(int(generator.integers(2**63)))
        return [generator for generator, _ in made], [seed for _, seed in made]

    def _own(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the learner sees of what all agents see."""
        return np.ascontiguousarray(observations[:, self._seat])

    def _profile(self, actions: Any) -> IntArray:
        """The profile of the round, `(B, N)`: opponents move after the learner's actions are known to be legal."""
        own = self._own_actions.of_batch(actions, self.num_envs)
        profile = np.zeros((self.num_envs, *self.dynamics.actions.shape), own.dtype)
        profile[:, self._seat] = own
        markets = self._markets.state.incumbents
        if self.dynamics.schedule is not None:
            markets = self._markets.current_market()
        # An opponent of the user's own may be wrong; then nobody's random numbers are used up.
        foreign = any(callable(opponent) for opponent in self._opponents.values())
        drawn_before = [rng.bit_generator.state for rng in self._generators] if foreign else []
        try:
            for platform, opponent in self._opponents.items():
                profile[:, platform] = self._moves(opponent, markets, platform)
        except BaseException:
            for rng, drawn in zip(self._generators, drawn_before, strict=False):
                rng.bit_generator.state = drawn
            raise
        return profile

    def _moves(self, opponent: str | Opponent, markets: Market, platform: int) -> Any:
        """What an opponent deploys in each market, `(B,)`."""
        last = self.dynamics.last_actions(self._markets.state)
        if isinstance(opponent, str):
            if self.dynamics.terms is not None:
                return scripted_on_terms(opponent, self.dynamics, self._markets.state, platform, self._generators)
            scripted = scripted_opponent(opponent, self._markets.current_choice())
            return scripted.of_batch(markets, last, platform, self._generators)
        if markets is not self._split_of:
            self._split, self._split_of = [markets[b] for b in range(self.num_envs)], markets
        checker = self.dynamics.actions
        name = checker.platforms[platform]
        return [
            checker.action_of(name, opponent(self._split[b], None if last is None else last[b], platform, rng))
            for b, rng in enumerate(self._generators)
        ]

    def _infos(self, outcome: Outcome) -> Infos:
        """The learner's infos, an array for each key and a mask of who has it, as Gymnasium lays them out."""
        seat = self._seat
        own = {
            "payoff": outcome.payoffs[:, seat],
            "market_share": outcome.market_shares[:, seat],
            "regret": outcome.regret[:, seat],
        }
        if self.dynamics.terms is not None:
            own["earned"] = outcome.earned[:, seat]
            if self.dynamics.terms.prices is not None:
                own["price"] = outcome.prices[:, seat]
        of_market = {name: getattr(outcome, name) for name in outcome.layout.market_figures}
        return with_masks(own | of_market, self.num_envs) | self._masks()

    def _masks(self) -> Infos:
        """What the learner may do, which is everything; nothing where its space is not finite."""
        if not isinstance(self.single_action_space, Discrete):
            return {}
        everything = np.ones((self.num_envs, self.single_action_space.n), np.int8)
        return with_masks({"action_mask": everything}, self.num_envs)

    def _view(self, b: int) -> RoundView:
        played = self._markets.last_round
        if played is None or (self._markets.round == 0 and not self._awaits_reset):
            return view_before(self.dynamics, _one(self._markets.state, b))
        before, after, figures, number = played
        outcome = self.dynamics.figure_layout.outcome(figures[b : b + 1], self.dynamics.reward_columns)
        return view_of(self.dynamics, _one(before, b), _one(after, b), outcome, number)


def _one(state: MarketState, b: int) -> MarketState:
    """The state of one market, as a batch of one."""
    at = slice(b, b + 1)
    return state._replace(
        incumbents=state.incumbents[at],
        scores=state.scores[at],
        profile=state.profile[at],
        payoffs=state.payoffs[at],
        masses=state.masses[at],
        served=None if state.served is None else state.served[at],
        prices=None if state.prices is None else state.prices[at],
    )
