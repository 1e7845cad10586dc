"""Any game many times at once, for all its players: what learners of several agents are built on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_integer, checked_seed
from ..market import FloatArray
from ..messages import shown
from ..protocol import Array, Game, Space
from .game_actions import agent_space, game_actions
from .game_rounds import GameRounds, RoundEnd
from .options import checked_options

Observations = tuple[NDArray[np.float32], ...]
"""Of each player, `(B, size)`; players may see vectors of different lengths."""


@dataclass(frozen=True, eq=False)
class GameVectorStep:
    """What a stage of B copies yields. All arrays are new: nothing in them is written again.

    Attributes:
        observations: of each player, `(B, size)` float32; after a truncation those of the new episode.
        rewards: `(B, players)`: the payoffs in a step that ends a round, else 0.
        truncated: whether this stage ended the episode, of all copies together. None ever terminates.
        final_observations: the last ones of the episode that ended; None if none did.
        outcome: of a step that ended a round its payoffs, actions and, worked out when they are asked for, `figures`;
            else None.
    """

    observations: Observations
    rewards: FloatArray
    truncated: bool
    final_observations: Observations | None
    outcome: RoundEnd | None


class GameVectorEnv:
    """B copies of a game in lockstep, each as `GameParallelEnv` plays one, reset by themselves when they end.

    A step is a stage of a round, and costs a call of the game's rules on a batch: there is no loop over the copies.
    They draw from one generator. Actions, observations and rewards are those of `GameParallelEnv`.

    Args:
        game: the game; `genmarket_env.games.vector_env` takes the name of one.
        num_envs: B, at least 1.
        rounds: of an episode, at least 1; a game of linked rounds has its own number.
        sampled: whether rewards are realised payoffs instead of expected ones.
        seed: of what is drawn; fresh entropy by default.

    Attributes:
        game: the game.
        num_envs: B.
        possible_agents: the players' names.
        action_spaces: of one copy, by agent.
        observation_spaces: of one copy, by agent.
        np_random: what all copies draw from.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> env = GameVectorEnv(PricingDuopoly(), 256, seed=0)
        >>> first, second = env.reset()
        >>> step = env.step([np.full((256, 1), -0.8), None])
        >>> step = env.step([None, np.full((256, 1), -0.8)])
        >>> step.rewards[0].round(), step.truncated
        (array([ 74., 294.]), True)
    """

    def __init__(
        self,
        game: Game[Any],
        num_envs: int,
        *,
        rounds: int | None = None,
        sampled: bool = False,
        seed: int | None = None,
    ) -> None:
        self.game = game
        self.num_envs = checked_integer("num_envs", num_envs, 1)
        self._rounds = GameRounds(game, self.num_envs, rounds=rounds, sampled=sampled)
        self.possible_agents = list(game.players)
        self.action_spaces: dict[str, Space] = {
            agent: agent_space(space) for agent, space in zip(self.possible_agents, game.spaces, strict=True)
        }
        self.observation_spaces = {
            agent: Box(0.0, 1.0, (self._rounds.observation_size(i),)) for i, agent in enumerate(self.possible_agents)
        }
        self.np_random = np.random.default_rng(checked_seed(seed))

    @property
    def rounds(self) -> int:
        """How many rounds an episode has."""
        return self._rounds.rounds

    @property
    def movers(self) -> list[str]:
        """The agents who move in this stage, the same in all copies."""
        return [self.possible_agents[i] for i in self.game.stages[self._rounds.stage]] if self._rounds.begun else []

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> Observations:
        """Begin an episode in every copy; with a seed, as the first one after creation with that seed.

        Args:
            seed: an integer >= 0; None goes on with the generator of before.
            options: `state`, of the first round, as the game's `state(...)` makes it: one for all copies, or one for
                each, `(B, ...)`; drawn by default.

        Returns:
            The observations of each player, `(B, size)`, float32 in [0, 1].

        Raises:
            ValueError: the seed is negative, another option is given, or the state has the shapes of another game. The
                environment is then as before, as after a TypeError.
            TypeError: the seed is no integer, or the state is none of this game.
        """
        state = checked_options(options, ("state",)).get("state")
        if state is not None:
            self._rounds.check_state(state)
        if (seed := checked_seed(seed)) is not None:
            self.np_random = np.random.default_rng(seed)
        self._rounds.reset(self.np_random, state)
        return self._rounds.observations()

    def step(self, actions: Sequence[ArrayLike | None]) -> GameVectorStep:
        """Play one stage in every copy, and begin a new episode after the last one.

        Args:
            actions: of each player, `(B, *shape)`: integers of a Discrete space, numbers that are clipped to [-1, 1] of
                a Box. What those who do not move in this stage do is ignored; it may be None.

        Raises:
            ValueError: there is not one entry a player, or an action of one who moves is missing or illegal; it names
                the agent and the copy. Nothing has happened then.
            gymnasium.error.ResetNeeded: `reset` was never called.
        """
        rounds, agents = self._rounds, self.possible_agents
        if not rounds.begun:
            raise ResetNeeded("call reset() before the first step")
        if isinstance(actions, (str, Mapping)) or not isinstance(actions, (Sequence, np.ndarray)):
            raise ValueError(f"actions must be a sequence, one entry a player; got {shown(actions)}")
        if len(actions) != len(agents):
            raise ValueError(f"actions has {len(actions)} entries for {len(agents)} players; give one for each")
        moves: dict[int, Array] = {}
        for i in self.game.stages[rounds.stage]:
            if actions[i] is None:
                raise ValueError(f"{agents[i]} moves in this stage and has no action")
            moves[i] = game_actions(self.game.spaces[i], actions[i], agents[i], self.num_envs)
        ended = rounds.play(moves)
        rewards = np.zeros((self.num_envs, len(agents))) if ended is None else np.array(ended.payoffs, float)
        observations = rounds.observations()
        if not rounds.over:
            return GameVectorStep(observations, rewards, False, None, ended)
        return GameVectorStep(self.reset(), rewards, True, observations, ended)
