"""Any game as a PettingZoo AEC environment: only the movers of a stage take turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
from numpy.typing import NDArray
from pettingzoo import AECEnv

from ..protocol import Space
from .game_actions import game_action
from .game_parallel import GameParallelEnv, Observations


class GameInTurnEnv(AECEnv[str, NDArray[np.float32], Any]):
    """The players of a game in turn: those of the first stage, then those of the next, and so on round by round.

    Those who move in the same stage do not see what the others of the stage do. When the last of a stage has acted the
    stage is played. An illegal action raises at once and leaves the environment as it was.

    Args:
        env: the parallel environment of the game.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> env = GameInTurnEnv(GameParallelEnv(PricingDuopoly()))
        >>> env.reset(seed=0)
        >>> for agent in env.agent_iter():
        ...     observation, reward, termination, truncation, info = env.last()
        ...     env.step(None if truncation else np.array([-0.8]))
    """

    metadata: ClassVar[dict[str, Any]] = {**GameParallelEnv.metadata, "is_parallelizable": False}

    def __init__(self, env: GameParallelEnv) -> None:
        super().__init__()
        self.env = env
        self.game, self.render_mode = env.game, env.render_mode
        self.possible_agents = list(env.possible_agents)
        self.action_spaces: dict[str, Space] = env.action_spaces
        self.observation_spaces = env.observation_spaces
        self.agents: list[str] = []
        self._moves: dict[str, Any] = {}
        self._observations: Observations = {}

    def observation_space(self, agent: str) -> Box:
        """The space of an agent's observations, the same object on every call."""
        return self.env.observation_space(agent)

    def action_space(self, agent: str) -> Space:
        """The space of an agent's actions, the same object on every call."""
        return self.env.action_space(agent)

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> None:
        """Begin an episode; the arguments are those of the parallel environment."""
        self._observations, self.infos = self.env.reset(seed, options)
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self._moves = {}
        self.agent_selection = self.env.movers[0]

    def step(self, action: Any) -> None:
        """Act for `agent_selection`; None once it is done.

        Raises:
            ValueError: the action is illegal, or not None although the agent is done.
            ResetNeeded: everybody is done.
        """
        if not self.agents:
            raise ResetNeeded("the episode is over, or has not begun: call reset")
        agent = self.agent_selection
        if self.truncations[agent]:
            if action is not None:
                raise ValueError(f"{agent} is done; its action must be None")
            self._was_dead_step(action)
            return
        player = self.possible_agents.index(agent)
        game_action(self.game.spaces[player], action, agent)
        # A copy: the caller may write over its array before the stage is played.
        self._moves[agent] = np.array(action)
        self._cumulative_rewards[agent] = 0.0
        self.rewards = dict.fromkeys(self.agents, 0.0)
        waiting = [mover for mover in self.env.movers if mover not in self._moves]
        if waiting:
            self.agent_selection = waiting[0]
            return
        moves, self._moves = self._moves, {}
        self._observations, self.rewards, _, self.truncations, self.infos = self.env.step(moves)
        for receiver, reward in self.rewards.items():
            self._cumulative_rewards[receiver] += reward
        self.agent_selection = self.env.movers[0] if self.env.agents else self.agents[0]

    def observe(self, agent: str) -> NDArray[np.float32]:
        """What the agent sees, a new `(size,)`.

        Raises:
            ResetNeeded: before the first reset.
        """
        if not self._observations:
            raise ResetNeeded("the episode has not begun: call reset")
        return self._observations[agent].copy()

    def state(self) -> NDArray[np.float32]:
        """What all agents together know."""
        return self.env.state()

    def render(self) -> str | None:
        """The last round as text, or None without a render mode."""
        return self.env.render()

    def close(self) -> None:
        """Nothing is held open."""
