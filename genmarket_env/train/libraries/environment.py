"""Games as environments for other libraries: payoffs are brought to mean 0 and deviation 1 over random play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
from pettingzoo.utils import BaseParallelWrapper

from genmarket_env.envs.game_parallel import GameParallelEnv
from genmarket_env.envs.game_seat import GameSeatEnv, Opponent
from genmarket_env.protocol import Game

from ..games.joint import payoff_scale


class Scaled(BaseParallelWrapper):
    """All players of a game, with scaled payoffs and without infos."""

    metadata: ClassVar[dict[str, Any]] = GameParallelEnv.metadata

    def __init__(self, game: Game[Any]) -> None:
        super().__init__(GameParallelEnv(game))
        self._middle, self._scale = payoff_scale(game, np.random.default_rng(0))
        self._ends = len(game.stages)
        self._stage = 0

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """As the environment."""
        self._stage = 0
        observations, infos = super().reset(seed=seed, options=options)
        return observations, {agent: {} for agent in infos}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any]:
        """As the environment; payoffs are scaled in the step that ends a round."""
        observations, rewards, ends, over, infos = super().step(actions)
        self._stage = (self._stage + 1) % self._ends
        if self._stage == 0:
            paid = zip(rewards.items(), self._middle, self._scale, strict=True)
            rewards = {agent: (reward - middle) / scale for (agent, reward), middle, scale in paid}
        return observations, rewards, ends, over, {agent: {} for agent in infos}


def scaled_seat(game: Game[Any], player: int, opponents: Mapping[str, Opponent]) -> gymnasium.Env[Any, Any]:
    """One seat of a game against policies, with scaled payoffs; every round is an episode, unless rounds are linked."""
    middle, scale = payoff_scale(game, np.random.default_rng(0))
    env = GameSeatEnv(game, player, opponents=opponents)
    return gymnasium.wrappers.TransformReward(env, lambda paid: float((paid - middle[player]) / scale[player]))
