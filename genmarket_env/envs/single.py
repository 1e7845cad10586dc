"""The Gymnasium view: one learning platform against scripted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import Env
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from ..arguments import checked_integer, checked_seed, plain_array
from ..barred import allowed_in
from ..choice import ChoiceRule, HardMax
from ..economy import Economy
from ..inertia import Inertia
from ..market import IntArray, Market
from ..messages import shown
from ..plain import ChoiceSpec
from .actions import ActionChecker, PriceVectors
from .dynamics import MarketDynamics, PlatformReward
from .opponents import Opponent, opponent, scripted_on_terms
from .options import seeded_unless_refused
from .parallel import MarketParallelEnv
from .prices import Prices
from .schedule import Schedule
from .source import MarketSpec
from .spaces import platform_space
from .specs import ReadableSpec


class PlatformMarketEnv(ReadableSpec, Env[NDArray[np.float32], np.int64]):
    """`market_v0` from the seat of one platform; registered as `genmarket_env/PlatformMarket-v0`.

    The observation, reward and info are those of that platform in `market_v0`; an episode is truncated after
    `max_cycles` rounds. Opponents see the last profile, not the coming move of the learner.

    Args:
        market: a Market, a name in the catalogue, or a sampler `rng -> Market` drawn from at every reset.
        num_platforms: N >= 1, the learner included.
        seat: the platform that learns, in [0, N).
        opponents: one for all other platforms, or a sequence of N - 1 in the order of their seats. Each is
            "best_response" (to the last profile), "fixed" (the highest average score), "random", or a callable
            `(market, last_profile or None, platform, rng) -> model`.
        choice: the rule of user choice.
        max_cycles: the rounds of an episode, >= 1.
        render_mode: "ansi", "human", "rgb_array" or None, as in `market_v0`.
        platform_reward: "payoff" or "market_share".
        schedule: a `Schedule` of temperature and masses by the index of the round; opponents that best-respond do so in
            the market of the coming round.
        observe: the parts of an observation that the learner sees; all by default.
        economy: what users choose by and platforms earn, and how platforms differ, as in `market_v0`. An action is then
            the place of a model among those that the seat may deploy, `legal_actions`, so that no action is barred.
        inertia: how users are held where they are.
        prices: what platforms ask of users besides. Callable opponents then return actions and get the last ones.

    Raises:
        ValueError: the seat is no platform's, an opponent is unknown, or there are not N - 1 of them.
        TypeError: an opponent is neither a name nor callable, or the seat no integer.

    Example:
        >>> import gymnasium
        >>> import genmarket_env
        >>> env = gymnasium.make("genmarket_env/PlatformMarket-v0", num_platforms=2, opponents="fixed")
        >>> observation, info = env.reset(seed=0)
        >>> observation, reward, terminated, truncated, info = env.step(0)
        >>> round(reward, 4), terminated, truncated
        (0.4226, False, False)
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": MarketParallelEnv.metadata["render_modes"],
        "render_fps": MarketParallelEnv.metadata["render_fps"],
    }

    def __init__(
        self,
        market: MarketSpec = "livebench-2026-06",
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
    ) -> None:
        self._env = MarketParallelEnv(
            market,
            num_platforms,
            0,
            choice,
            max_cycles,
            render_mode,
            platform_reward=platform_reward,
            schedule=schedule,
            observe=observe,
            economy=economy,
            inertia=inertia,
            prices=prices,
        )
        self._agents = self._env.possible_agents
        self._seat = checked_integer("seat", seat, 0, num_platforms - 1)
        others = [platform for platform in range(num_platforms) if platform != self._seat]
        self._opponents = dict(zip(others, checked_opponents(opponents, len(others)), strict=True))
        self._draws_itself = not all(isinstance(one, str) for one in self._opponents.values())
        self._last_profile: IntArray | None = None
        self.layout = self._env.layout
        self.render_mode = render_mode
        self.observation_space = self._env.observation_space(self._agents[self._seat])
        self._own = OwnActions(self._env.dynamics, self._seat)
        self.action_space = self._own.space

    @property
    def seat(self) -> int:
        """The platform that learns."""
        return self._seat

    @property
    def legal_actions(self) -> IntArray | None:
        """What the learner's actions are among those of `market_v0`, `(actions,)`; None where they are the same."""
        return self._own.legal

    @property
    def opponents(self) -> list[str | Opponent]:
        """Of each other platform, in the order of their seats, what deploys its models."""
        return list(self._opponents.values())

    @property
    def markets(self) -> MarketParallelEnv:
        """The environment of all platforms, in which this one has its seat."""
        return self._env

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; `seed` seeds the sampler of markets and the opponents.

        `options` are those of `market_v0`; opponents see a "profile" given there as the last one.

        Raises:
            ValueError: `seed` is negative, an option is unknown, the market has another size, or a model is illegal.
            TypeError: `seed` is neither an integer nor None, or an option has another type.

        After either the environment is as before.
        """
        seed = checked_seed(seed)
        with seeded_unless_refused(self, seed):
            # A seed of its own: the same one would give the sampler the opponents' random numbers.
            own_seed = None if seed is None else int(self.np_random.integers(2**63))
            observations, infos = self._env.reset(own_seed, options)
        self._last_profile = self._env.last_profile
        agent = self._agents[self._seat]
        return observations[agent], self._own.told(infos[agent])

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Play one round.

        Raises:
            ValueError: the action is no model's index, or an opponent's is not; it names the platform.
            gymnasium.error.ResetNeeded: before `reset`, or after the episode ended.
        """
        agent = self._agents[self._seat]
        # Before the opponents draw: an illegal action leaves everything as it was.
        own = self._own.checked(self._env, agent, action)
        # An opponent of the user's own may be wrong too; then its random numbers are not used up.
        drawn_before = self.np_random.bit_generator.state if self._draws_itself else None
        try:
            actions = {agent: own} | self._scripted_actions()
            observations, rewards, terminations, truncations, infos = self._env.step(actions)
        except BaseException:
            if drawn_before is not None:
                self.np_random.bit_generator.state = drawn_before
            raise
        self._last_profile = self._env.last_profile
        info = self._own.told(infos[agent])
        return observations[agent], rewards[agent], terminations[agent], truncations[agent], info

    def render(self) -> Any:
        """The last round as `render_mode` says; None for "human", whose rounds `reset` and `step` show."""
        return self._env.render()

    def close(self) -> None:
        """Close the window of the mode "human"; closing again is allowed."""
        self._env.close()

    def _rounds_of_an_episode(self) -> int:
        return self._env.max_cycles

    def current_market(self) -> Market:
        """The market in force in the coming round, with the masses of the schedule, if there is one."""
        return self._env.current_market()

    def current_choice(self) -> ChoiceRule:
        """The rule of user choice in force in the coming round."""
        return self._env.current_choice()

    def _scripted_actions(self) -> dict[str, Any]:
        market = self._env.market
        if market is None or not self._opponents:
            return {}
        if self._env.dynamics.terms is not None:
            return self._actions_on_terms()
        if self._env.dynamics.schedule is not None:
            market = self._env.current_market()
        choice = self._env.current_choice()
        return {
            self._agents[platform]: (opponent(one, choice) if isinstance(one, str) else one)(
                market, self._last_profile, platform, self.np_random
            )
            for platform, one in self._opponents.items()
        }

    def _actions_on_terms(self) -> dict[str, Any]:
        dynamics, state = self._env.dynamics, self._env.coming
        last = dynamics.last_actions(state)
        market = self._env.current_market()
        actions: dict[str, Any] = {}
        for platform, one in self._opponents.items():
            if isinstance(one, str):
                action = scripted_on_terms(one, dynamics, state, platform, [self.np_random])[0]
            else:
                action = one(market, None if last is None else last[0], platform, self.np_random)
            actions[self._agents[platform]] = action
        return actions


class OwnActions:
    """The actions of one seat: all of them can be taken, whatever an economy bars the seat from.

    Args:
        dynamics: of all seats.
        seat: the platform.

    Attributes:
        legal: what they are among those of all seats, `(actions,)`; None where they are the same.
        space: their space.
    """

    def __init__(self, dynamics: MarketDynamics, seat: int) -> None:
        space = platform_space(dynamics, seat)
        allowed = allowed_in(space)
        self.legal: IntArray | None = None if allowed is None else np.flatnonzero(allowed)
        self.space: Any = space if self.legal is None else Discrete(len(self.legal))
        self._seat = seat
        count = dynamics.num_actions if self.legal is None else len(self.legal)
        kind = ActionChecker if isinstance(self.space, Discrete) else PriceVectors
        self._checker = kind(count, dynamics.num_platforms, 0, 0)

    def checked(self, env: MarketParallelEnv, agent: str, action: Any) -> Any:
        """The action of the environment of all seats that one of this seat is, checked."""
        if self.legal is None:
            return env.checked_action(agent, action)
        return env.checked_action(agent, self.legal[self._checker.model_of(agent, action)])

    def of_batch(self, actions: Any, count: int) -> NDArray[Any]:
        """The actions of the environment of all seats that those of this seat are in `count` markets, checked.

        Raises:
            ValueError: one is illegal; it names the platform and the market.
        """
        own = plain_array("actions", actions)
        discrete = isinstance(self.space, Discrete)
        if own.shape != (count, *self.space.shape) or own.dtype.kind not in ("iub" if discrete else "fiu"):
            wanted = f"{count} integers" if discrete else f"{count} vectors of {self._checker.num_offered} numbers"
            raise ValueError(f"actions must be {wanted}, one a market; got {own.dtype} of {own.shape}")
        every = np.zeros((count, *self._checker.shape), np.int64 if own.dtype == bool else own.dtype)
        every[:, self._seat] = own
        checked = self._checker.profile(every, (count,))[:, self._seat]
        return checked if self.legal is None else self.legal[checked]

    def told(self, info: dict[str, Any]) -> dict[str, Any]:
        """An info of that environment as this seat's."""
        if self.legal is not None:
            info["action_mask"] = info["action_mask"][self.legal]
        return info


def checked_opponents(given: Any, count: int) -> list[str | Opponent]:
    """One opponent for each of `count` platforms, of what a user gave.

    Raises:
        ValueError: a name is unknown, or there are not `count` of them.
        TypeError: one is neither a name nor callable.
    """
    if isinstance(given, str) or callable(given):
        each = [given] * count
    elif isinstance(given, Sequence):
        each = list(given)
    else:
        raise TypeError(f"opponents must be a name, a callable, or a sequence of these; got {shown(given)}")
    if len(each) != count:
        raise ValueError(f"{len(each)} opponents for {count} other platforms; give one for all, or one for each")
    for one in each:
        if isinstance(one, str):
            opponent(one, HardMax())
        elif not callable(one):
            raise TypeError(f"an opponent must be a name or a callable; got {shown(one)}")
    return each
