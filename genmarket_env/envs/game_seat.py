"""Any seat of any game as a Gymnasium environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from ..arguments import checked_integer, checked_seed
from ..messages import listed, shown
from ..protocol import Game
from .game_actions import any_actions, game_action, mask_of
from .game_parallel import GameParallelEnv, Observations
from .options import seeded_unless_refused
from .specs import ReadableSpec

Opponent = Callable[[NDArray[np.float32], np.random.Generator], Any]
"""`(observation, rng) -> action` of an agent, in its own space."""


class GameSeatEnv(ReadableSpec, gymnasium.Env[NDArray[np.float32], Any]):
    """One seat of a game as a Gymnasium environment, the other seats played by policies.

    A step is a round as the player at the seat sees it: the others move before and after it as the stages say.

    Args:
        game: the game; `genmarket_env.games.seat` takes the name of one.
        player: the index of the seat.
        opponents: by the name of the agent, a policy `(observation, rng) -> action`. Those who are not named take any
            action of their space, all equally likely.
        rounds: of an episode, at least 1.
        sampled: whether rewards are realised payoffs instead of expected ones.
        render_mode: "ansi" or None.

    Raises:
        ValueError: an argument is out of range or unknown.
        TypeError: `opponents` is no dictionary of callables.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> env = GameSeatEnv(AccuracyMarket(), player=0, opponents={"provider_1": lambda seen, rng: 7})
        >>> observation, info = env.reset(seed=0)
        >>> env.step(2)[1]
        0.5
    """

    metadata: ClassVar[dict[str, Any]] = GameParallelEnv.metadata

    def __init__(
        self,
        game: Game[Any],
        player: int = 0,
        *,
        opponents: Mapping[str, Opponent] | None = None,
        rounds: int | None = None,
        sampled: bool = False,
        render_mode: str | None = None,
    ) -> None:
        self._env = GameParallelEnv(game, rounds=rounds, sampled=sampled, render_mode=render_mode)
        players = self._env.possible_agents
        self.seat = players[checked_integer("player", player, 0, len(players) - 1)]
        self._opponents = checked_opponents(opponents, players, self.seat)
        self.observation_space = self._env.observation_space(self.seat)
        self.action_space = self._env.action_space(self.seat)
        self.render_mode = render_mode
        self._seen: Observations = {}
        self._generators: dict[str, np.random.Generator] = {}

    @property
    def game(self) -> Game[Any]:
        """The game."""
        return self._env.game

    def generator(self, agent: str) -> np.random.Generator:
        """What an agent draws from; the seat's own is left to who plays it.

        Where all draw from their own, the same seed gives the same play from every seat.

        Raises:
            KeyError: there is no such agent, or the episode has not begun.
        """
        return self._generators[agent]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; those who move before the seat have moved."""
        seed = checked_seed(seed)
        self._env.checked_state(options)
        before = self._generators, self._env.np_random
        with seeded_unless_refused(self, seed):
            try:
                if seed is not None or not self._generators:
                    seeds = np.random.SeedSequence(seed).spawn(len(self._env.possible_agents) + 1)
                    self._env.np_random = np.random.default_rng(seeds[0])
                    others = zip(self._env.possible_agents, seeds[1:], strict=True)
                    self._generators = {agent: np.random.default_rng(one) for agent, one in others}
                with self._undone_if_refused():
                    self._seen, infos = self._env.reset(options=options)
                    self._until_the_seat()
            except BaseException:
                self._generators, self._env.np_random = before
                raise
        return self._seen[self.seat], self._on_its_turn(infos[self.seat])

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Move, and let the others move until it is the seat's turn again or the episode ends.

        Raises:
            ValueError: an action is illegal, the seat's or an opponent's; the environment is then as before.
            gymnasium.error.ResetNeeded: the episode is over or has not begun.
        """
        with self._undone_if_refused():
            reward, over, info = self._stage({self.seat: action})
            while self._env.agents and self.seat not in self._env.movers:
                more, over, later = self._stage({})
                reward, info = reward + more, info | later
        return self._seen[self.seat], reward, False, over, self._on_its_turn(info)

    def render(self) -> Any:
        """The last round as text, or None without a render mode."""
        return self._env.render()

    @contextmanager
    def _undone_if_refused(self) -> Iterator[None]:
        # Whoever moved before an opponent that turns out to be wrong has drawn already.
        seen = self._seen
        with self._env.undone_if_refused(self._generators.values()):
            try:
                yield
            except BaseException:
                self._seen = seen
                raise

    def _rounds_of_an_episode(self) -> int:
        return self._env.rounds

    def _on_its_turn(self, info: dict[str, Any]) -> dict[str, Any]:
        """An info in which every action is legal that the seat may take: whoever moved last, it moves next."""
        space = self._env.action_space(self.seat)
        return info | {"action_mask": mask_of(space)} if isinstance(space, Discrete) else info

    def _until_the_seat(self) -> None:
        while self._env.agents and self.seat not in self._env.movers:
            self._stage({})

    def _stage(self, actions: dict[str, Any]) -> tuple[float, bool, dict[str, Any]]:
        if not self._env.agents:
            raise ResetNeeded("the episode is over, or has not begun: call reset")
        moving = [agent for agent in self._env.movers if agent != self.seat]
        # The seat's own action is judged before anybody draws: a refused step changes nothing.
        for agent, action in actions.items():
            game_action(self.game.spaces[self._env.possible_agents.index(agent)], action, agent)
        played = {agent: self._action_of(agent) for agent in moving} | actions
        self._seen, rewards, _, truncations, infos = self._env.step(played)
        return rewards[self.seat], truncations[self.seat], infos[self.seat]

    def _action_of(self, agent: str) -> Any:
        rng = self._generators[agent]
        policy = self._opponents.get(agent)
        return any_actions(self._env.action_space(agent), rng) if policy is None else policy(self._seen[agent], rng)


def checked_opponents(opponents: Any, players: Sequence[str], seat: str) -> dict[str, Opponent]:
    """The policies of other seats, by the names of these.

    Raises:
        ValueError: one is of no other seat.
        TypeError: they are no dictionary of callables.
    """
    if opponents is not None and not isinstance(opponents, Mapping):
        raise TypeError(f"opponents must be a dictionary from agents to policies; got {shown(opponents)}")
    for name, policy in (opponents or {}).items():
        if not callable(policy):
            raise TypeError(f"the policy of {shown(name)} must be callable; got {shown(policy)}")
        if name not in players or name == seat:
            raise ValueError(f"{shown(name)} is no other seat; the others are: {listed(set(players) - {seat})}")
    return dict(opponents or {})
