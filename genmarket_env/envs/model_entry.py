"""One decision of a provider: the parameters of its release; the market then comes to rest with the new model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from gymnasium import Env, spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from ..arguments import checked_seed
from ..choice import HardMax, check_rule
from ..entry import Technology, adoption_objective
from ..entry.objective import GATE_BETA, checked_beta
from ..entry.outcome import EntryGame
from ..game import checked_platforms
from ..market import FloatArray, Market
from ..messages import shown
from ..plain import ChoiceSpec, TechnologySpec, choice_from
from .actions import ActionChecker
from .checks import check_option, checked_technology
from .options import checked_options, seeded_unless_refused
from .source import MarketSource, MarketSpec
from .specs import ReadableSpec

EntryReward = Literal["payoff", "market_share", "objective"]
"""What an entrant is rewarded by."""

EntrantTechnology = TechnologySpec | Callable[[Market], Technology]
"""A technology, plain data of one that is made for each market, or what makes one for a market."""


class ModelEntryEnv(ReadableSpec, Env[NDArray[np.float32], NDArray[np.float32]]):
    """Entry as a decision problem of one step; registered as `genmarket_env/ModelEntry-v0`.

    A provider sees the market and releases one model. The platforms then play any pure Nash equilibrium of the market
    with that model, or if there is none the cycles of best replies that they cannot leave; figures are means over the
    equilibria, or over the time in the cycles, as in `genmarket_env.entry_outcome`. The episode terminates.

    The observation is a float32 vector in [0, 1]: the scores of the incumbents, model by model, `num_models *
    num_users` of them, then the masses, `num_users`. The action is a float32 vector in [-1, 1]: the parameters of the
    release; finite numbers beyond are clipped. The info holds `payoff`, `market_share`, `adoption` (the share of time
    in which some platform deploys the model) and `objective` under `choice`, whatever the reward is.

    Args:
        market: a Market, plain data (a name in the catalogue, an inline table), or a sampler `rng -> Market` drawn
            from at every reset.
        num_platforms: N >= 1.
        technology: what parameters become: a `Technology`, plain data such as a name in the registry, which is made for
            each market, or a callable `Market -> Technology`. All must take equally many parameters.
        choice: the rule of user choice; any that treats platforms alike.
        reward: "payoff" (the user value that the model serves), "market_share" (the share of all users that it serves)
            or "objective" (the surrogate F of Section 5 of the paper); all in [0, 1].
        reward_choice: the rule of user choice by which the reward is reckoned, for example a `Logit`, whose payoff is
            smoother; by default `choice`.
        gate_beta: the steepness of the gate of "objective", per unit of score, > 0.
        render_mode: "ansi", "human" (the same text on stdout, by itself), or None.

    Raises:
        ValueError: an option is unknown or out of range, or technologies take different numbers of parameters.
        TypeError: a choice rule or a technology is not one.

    Example:
        >>> import gymnasium
        >>> import genmarket_env
        >>> market = genmarket_env.Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> env = gymnasium.make("genmarket_env/ModelEntry-v0", market=market, num_platforms=2)
        >>> observation, info = env.reset(seed=0)
        >>> observation, reward, terminated, truncated, info = env.step(np.array([1.0, -1.0], np.float32))
        >>> round(reward, 4), info["market_share"], terminated
        (0.6, 0.6, True)
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 1}

    def __init__(
        self,
        market: MarketSpec = "livebench-2026-06",
        num_platforms: int = 3,
        technology: EntrantTechnology = "direct-scores",
        choice: ChoiceSpec = HardMax(),
        reward: EntryReward = "payoff",
        reward_choice: ChoiceSpec | None = None,
        gate_beta: float = GATE_BETA,
        render_mode: str | None = None,
    ) -> None:
        check_option(reward, "reward", EntryReward)
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"unknown render_mode {shown(render_mode)}; legal are 'ansi', 'human' and None")
        self._num_platforms = checked_platforms(num_platforms)
        self._gate_beta = checked_beta(gate_beta, "gate_beta")
        self._choice, self._reward = choice_from(choice), reward
        self._reward_choice = self._choice if reward_choice is None else choice_from(reward_choice)
        check_rule("choice", self._choice)
        check_rule("reward_choice", self._reward_choice)
        self._source = MarketSource(market, 1)
        self._made_by = technology
        self.render_mode = render_mode
        self.market: Market | None = None
        """The incumbents of the episode."""
        self.technology = self._technology_of(self._source.first)
        """What parameters become in the episode."""
        users = self._source.num_users
        self._actions = ActionChecker(
            num_offered=self._source.num_models + 1,
            num_platforms=self._num_platforms,
            num_providers=1,
            num_parameters=self.technology.num_parameters(users),
        )
        size = (self._source.num_models + 1) * users
        self.observation_space = spaces.Box(0.0, 1.0, (size,), np.float32)
        self.action_space = spaces.Box(-1.0, 1.0, (self._actions.num_parameters,), np.float32)
        self._awaits_release = False
        self._scores: FloatArray | None = None
        self._info: dict[str, float] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; `seed` seeds the sampler of markets.

        `options` may hold "market", what this episode is played on instead of the market of the environment.

        Raises:
            ValueError: `seed` is negative, an option is unknown, or the market has another size.
            TypeError: `seed` is neither an integer nor None, or an option has another type.
        """
        chosen = checked_options(options, ("market",))
        with seeded_unless_refused(self, checked_seed(seed)):
            if "market" in chosen:
                market = self._source.given(chosen["market"], [self.np_random])[0]
            else:
                market = self._source.draw([self.np_random])[0] if self._source.shared is None else self._source.shared
            if market is not self.market:
                self._enter(market)
        self._awaits_release, self._scores, self._info = True, None, {}
        self._show()
        return self._observation(market), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Release a model and let the market come to rest; the observation is that of the incumbents again.

        Raises:
            ValueError: the action is not a finite vector of the technology's length.
            gymnasium.error.ResetNeeded: before `reset`, or a second time after it.
        """
        if not self._awaits_release or self.market is None:
            raise ResetNeeded("an episode is one release: call reset() first")
        parameters = self._actions.parameters_of({"provider_0": action})[0, 0].clip(-1.0, 1.0)
        scores = np.asarray(self.technology.scores(parameters, self.market.scores), dtype=float)
        info = self._figures(scores, self._game)
        rewarded = info if self._rewarding is self._game else self._figures(scores, self._rewarding)
        self._awaits_release, self._scores, self._info = False, scores, info
        self._show()
        return self._observation(self.market), rewarded[self._reward], True, False, dict(info)

    def render(self) -> Any:
        """The release and its figures in a line, or the market before it; None for "human", which shows it by itself.

        Raises:
            gymnasium.error.ResetNeeded: before `reset`.
        """
        if self.render_mode is None:
            return None
        if self.market is None:
            raise ResetNeeded("there is nothing to render: call reset() first")
        return self._text(self.market) if self.render_mode == "ansi" else None

    def _show(self) -> None:
        if self.render_mode == "human" and self.market is not None:
            sys.stdout.write(f"{self._text(self.market)}\n")

    def _text(self, market: Market) -> str:
        if self._scores is None:
            return f"{market!r} with {self._num_platforms} platforms, before the release"
        named = zip(market.user_names, self._scores, strict=True)
        scores = ", ".join(f"{name} {score:.3f}" for name, score in named)
        figures = ", ".join(f"{name} {value:.3f}" for name, value in self._info.items())
        return f"released {scores}: {figures}"

    def _figures(self, scores: FloatArray, game: EntryGame) -> dict[str, float]:
        market, found = game.market, game.adoption(scores[None])
        objective = adoption_objective(scores, market.scores.max(axis=0), market.masses, self._gate_beta)
        return {
            "payoff": float(found.payoff[0]),
            "market_share": float(found.share[0]),
            "adoption": float(found.adoption[0]),
            "objective": float(objective),
        }

    def _enter(self, market: Market) -> None:
        """Take a market as that of the episode, with its technology and what does not depend on the release."""
        self.market, self.technology = market, self._technology_of(market)
        count = self.technology.num_parameters(market.num_users)
        if count != self._actions.num_parameters:
            raise ValueError(
                f"the technology of this market takes {count} parameters, that of the first "
                f"{self._actions.num_parameters}: all markets of a sampler must keep the number"
            )
        self._game = EntryGame(market, self._num_platforms, self._choice)
        self._rewarding = (
            self._game
            if self._reward_choice is self._choice
            else EntryGame(market, self._num_platforms, self._reward_choice)
        )

    def _technology_of(self, market: Market) -> Technology:
        given = self._made_by
        if isinstance(given, str | type | Technology) or not callable(given):
            return checked_technology(given, market)
        return checked_technology(given(market))

    @staticmethod
    def _observation(market: Market) -> NDArray[np.float32]:
        return np.concatenate([market.scores.ravel(), market.masses]).astype(np.float32)
