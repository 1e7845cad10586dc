"""The market game as one object: a market, how many platforms play on it, and how users choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from .. import kernel
from ..best_reply import BEST_REPLY_TOL
from ..choice import ChoiceRule, HardMax
from ..compiled import RuleParameters, parameters
from ..game import asked_rule, checked_platforms, deviation_payoffs
from ..market import FloatArray, IntArray, Market
from ..messages import shown
from ..protocol import Actions, Array
from .checks import TRIED_PLATFORMS, check_one_market


@dataclass(frozen=True, eq=False)
class MarketGame:
    """Platforms deploy models of one pool at the same time; each earns the score that its users get, by mass.

    It is checked once, when it is made: what takes a `MarketGame` need not check it again. It is a game as
    `genmarket_env.protocol` says, so that everything of `genmarket_env.exact` and every environment of games takes it;
    a platform's action is the index of the model that it deploys, and nothing is drawn (the state is None).

    Args:
        market: one market.
        num_platforms: N, at least 1.
        choice: how users choose.

    Attributes:
        rule: the numbers of a choice rule that the compiled twins know; None for a rule of the user's own.
        asked: the choice rule as the kernel is to ask it: every answer of a rule of the user's own is checked.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, or a choice rule that returns no demand.
        TypeError: `market` is no Market, `num_platforms` not an integer, or `choice` no rule.

    Source: Wei, Shi, Zhang, "Market Games for Generative Models" (ICLR 2026), Section 2.

    Example:
        >>> game = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> game.players, game.payoffs(None, (0, 1))
        (('platform_0', 'platform_1'), array([0.54, 0.32]))
    """

    market: Market
    num_platforms: int
    choice: ChoiceRule = HardMax()
    rule: RuleParameters | None = field(init=False, repr=False)
    asked: ChoiceRule = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_one_market(self.market, self.choice, "MarketGame")
        platforms = checked_platforms(self.num_platforms)
        object.__setattr__(self, "num_platforms", platforms)
        object.__setattr__(self, "rule", parameters(self.choice, self.market.num_users))
        asked = asked_rule(self.market, min(platforms, TRIED_PLATFORMS), self.choice)
        object.__setattr__(self, "asked", asked)

    @property
    def num_models(self) -> int:
        """How many models there are, M."""
        return self.market.num_models

    @property
    def num_users(self) -> int:
        """How many user types there are, K."""
        return self.market.num_users

    @cached_property
    def players(self) -> tuple[str, ...]:
        """The names of the platforms."""
        return tuple(f"platform_{i}" for i in range(self.num_platforms))

    @cached_property
    def spaces(self) -> tuple[Discrete, ...]:
        """What each platform may deploy: the models by index."""
        return (Discrete(self.num_models),) * self.num_platforms

    @cached_property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """All platforms move at once."""
        return (tuple(range(self.num_platforms)),)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """The score that each platform's users get, by mass: `(*batch, N)`, in [0, 1].

        Raises:
            ValueError: there is no such model, or not one action for each platform.
            TypeError: an action is not an integer.
        """
        return kernel.payoffs(self.market.scores, self.market.masses, self.profile(actions), self.asked)

    def deviation_payoffs(self, state: None, actions: Actions, player: int) -> FloatArray:
        """What `player` would get with each model, the others unchanged: `(*batch, M)`; errors as `payoffs`."""
        return deviation_payoffs(self.market, self.profile(actions), self.choice)[..., player, :]

    def best_reply(self, state: None, actions: Actions, player: int) -> IntArray:
        """The first of the models within 1e-12 of the best, `(*batch,)`; errors as `payoffs`."""
        earned = self.deviation_payoffs(state, actions, player)
        return (earned >= earned.max(axis=-1, keepdims=True) - BEST_REPLY_TOL).argmax(axis=-1)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare, coverage and the two concentrations, `(*batch,)` each; errors as `payoffs`."""
        game = self.market.scores, self.market.masses, self.profile(actions)
        return {
            "welfare": kernel.welfare(*game, self.asked),
            "coverage": kernel.coverage(*game),
            "model_hhi": kernel.model_hhi(*game, self.asked),
            "platform_hhi": kernel.platform_hhi(*game, self.asked),
        }

    def profile(self, actions: Actions) -> IntArray:
        """The actions, one array a platform, as one profile `(*batch, N)` of models.

        Raises:
            ValueError: there is no such model, or not one action for each platform.
            TypeError: an action is not an integer.
        """
        if len(actions) != self.num_platforms:
            raise ValueError(f"there are {len(actions)} actions for {self.num_platforms} platforms: give one for each")
        chosen: list[Any] = []
        for player, given in enumerate(actions):
            action = np.asarray(given)
            if action.dtype.kind not in "iu":
                raise TypeError(f"platform_{player} deploys {shown(given)}; a model is given by its index, an integer")
            outside = (action < 0) | (action >= self.num_models)
            if outside.any():
                wrong = int(action[outside].flat[0])
                raise ValueError(f"platform_{player} deploys {wrong}; models are 0 to {self.num_models - 1}")
            chosen.append(action)
        return np.stack(np.broadcast_arrays(*chosen), axis=-1).astype(np.int64, copy=False)
