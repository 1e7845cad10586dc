"""Any game as a PettingZoo parallel environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from ..arguments import checked_seed
from ..messages import listed, shown
from ..protocol import Array, Game, Space
from .game_actions import agent_space, game_action, mask_of
from .game_rounds import GameRounds, RoundEnd
from .options import checked_options

Observations = dict[str, NDArray[np.float32]]
Infos = dict[str, dict[str, Any]]


class GameParallelEnv(ParallelEnv[str, NDArray[np.float32], Any]):
    """The players of a game, round by round.

    A step is a stage of a round. All agents act in every step; what those who do not move in a stage do is ignored, and
    their `action_mask` leaves them the first action. Rewards are the payoffs, in the step that ends a round, and 0 in
    the others. All agents end together, by truncation, after the last round. Actions of a Box are in [-1, 1], from the
    lowest to the highest of the game; those beyond are clipped. Observations are described at `GameRounds`.

    Args:
        game: the game; `genmarket_env.games.parallel_env` takes the name of one.
        rounds: of an episode, at least 1; a game of linked rounds has its own number.
        sampled: whether rewards are realised payoffs instead of expected ones.
        render_mode: "ansi" or None.

    Attributes:
        game: the game.
        agents: the players' names until the episode ends.

    Raises:
        ValueError: an argument is out of range or unknown.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> env = GameParallelEnv(PricingDuopoly())
        >>> observations, infos = env.reset(seed=0)
        >>> for _ in range(2):
        ...     actions = {"first_mover": np.array([-0.8]), "latecomer": np.array([-0.8])}
        ...     observations, rewards, terminations, truncations, infos = env.step(actions)
        >>> {agent: round(reward) for agent, reward in rewards.items()}
        {'first_mover': 74, 'latecomer': 294}
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "game_v0",
        "render_modes": ["ansi"],
        "render_fps": 4,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        game: Game[Any],
        *,
        rounds: int | None = None,
        sampled: bool = False,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, "ansi"):
            raise ValueError(f'render_mode is {shown(render_mode)}; it must be "ansi" or None')
        self.game = game
        self.render_mode = render_mode
        self._rounds = GameRounds(self.game, rounds=rounds, sampled=sampled)
        self.possible_agents = list(self.game.players)
        self.agents: list[str] = []
        self.action_spaces: dict[str, Space] = {
            agent: agent_space(space) for agent, space in zip(self.possible_agents, self.game.spaces, strict=True)
        }
        self.observation_spaces = {
            agent: Box(0.0, 1.0, (self._rounds.observation_size(i),)) for i, agent in enumerate(self.possible_agents)
        }
        self.np_random = np.random.default_rng()
        self._ended: RoundEnd | None = None
        self._last: RoundEnd | None = None

    def observation_space(self, agent: str) -> Box:
        """The space of an agent's observations, the same object on every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space:
        """The space of an agent's actions, the same object on every call."""
        return self.action_spaces[agent]

    @property
    def rounds(self) -> int:
        """How many rounds an episode has."""
        return self._rounds.rounds

    @property
    def movers(self) -> list[str]:
        """The agents who move in this stage."""
        return [self.possible_agents[i] for i in self.game.stages[self._rounds.stage]] if self.agents else []

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Observations, Infos]:
        """Begin an episode. A seed makes it, and those that follow it, repeat.

        Args:
            seed: an integer >= 0; None goes on with the generator of before.
            options: `state`, of the first round, as the game's `state(...)` makes it; drawn by default.

        Raises:
            ValueError: another option is given, or the state has the shapes of another game. The environment is then as
                before, as after a TypeError.
            TypeError: the state is none of this game.
        """
        state = self.checked_state(options)
        if (seed := checked_seed(seed)) is not None:
            self.np_random = np.random.default_rng(seed)
        self._rounds.reset(self.np_random, state)
        self.agents = list(self.possible_agents)
        self._ended = self._last = None
        return self._observations(), self._infos()

    def checked_state(self, options: Any) -> Any:
        """The state among the options of `reset`, None if there is none; raises as `reset` does."""
        state = checked_options(options, ("state",)).get("state")
        if state is not None:
            self._rounds.check_state(state)
        return state

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[Observations, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Play one stage.

        Raises:
            ValueError: an agent who moves has no action or an illegal one; nothing has happened then.
            ResetNeeded: the episode is over or has not begun.
        """
        if not self.agents:
            raise ResetNeeded("the episode is over, or has not begun: call reset")
        if not isinstance(actions, Mapping):
            raise ValueError(f"actions must be a dictionary from agents to actions; got {type(actions).__name__}")
        if unknown := [agent for agent in actions if agent not in self.action_spaces]:
            raise ValueError(f"no agent is called {shown(unknown[0])}; the agents are: {listed(self.possible_agents)}")
        moves = {}
        for i in self.game.stages[self._rounds.stage]:
            agent = self.possible_agents[i]
            if agent not in actions:
                raise ValueError(f"{agent} moves in this stage and has no action")
            moves[i] = game_action(self.game.spaces[i], actions[agent], agent)[None]
        self._ended = self._rounds.play(moves)
        self._last = self._ended or self._last
        rewards = dict.fromkeys(self.possible_agents, 0.0)
        if self._ended is not None:
            rewards = dict(zip(self.possible_agents, map(float, self._ended.payoffs[0]), strict=True))
        over = self._rounds.over
        observations, infos = self._observations(), self._infos()
        if over:
            self.agents = []
        ends = dict.fromkeys(self.possible_agents, False)
        return observations, rewards, ends, dict.fromkeys(self.possible_agents, over), infos

    def state(self) -> NDArray[np.float32]:
        """What all agents together know: their observations, one after the other.

        Raises:
            ResetNeeded: before the first reset.
        """
        if not self._rounds.begun:
            raise ResetNeeded("the episode has not begun: call reset")
        return np.concatenate(list(self._observations().values()))

    @property
    def state_space(self) -> Box:
        """The space of `state`."""
        return Box(0.0, 1.0, (sum(space.shape[0] for space in self.observation_spaces.values()),))

    def render(self) -> str | None:
        """The last round as text, or None without a render mode."""
        if self.render_mode is None:
            return None
        return round_in_words(self.possible_agents, self._rounds.round, self._rounds.rounds, self._last)

    @contextmanager
    def undone_if_refused(self, generators: Iterable[np.random.Generator] = ()) -> Iterator[None]:
        """Where that raises, the episode and what the generators draw are as before."""
        before = self.agents, self._ended, self._last
        with self._rounds.undone_if_refused((self.np_random, *generators)):
            try:
                yield
            except BaseException:
                self.agents, self._ended, self._last = before
                raise

    def close(self) -> None:
        """Nothing is held open."""

    def _observations(self) -> Observations:
        seen = self._rounds.observations()
        return {agent: rows[0] for agent, rows in zip(self.possible_agents, seen, strict=True)}

    def _infos(self) -> Infos:
        moving = self.movers
        infos: Infos = {}
        for agent, space in self.action_spaces.items():
            infos[agent] = {}
            if isinstance(space, Discrete):
                mask = mask_of(space)
                if agent not in moving:
                    mask[mask.argmax() + 1 :] = 0
                infos[agent]["action_mask"] = mask
            if self._ended is not None:
                infos[agent].update({name: float(np.ravel(figure)[0]) for name, figure in self._ended.figures.items()})
        return infos


def round_in_words(agents: Sequence[str], number: int, rounds: int, last: RoundEnd | None, play: int = 0) -> str:
    """How many rounds of an episode are over, and what happened in the last one of a play of a batch."""
    lines = [f"round {number} of {rounds}"]
    if last is not None:
        played = zip(agents, last.actions, last.payoffs[play], strict=True)
        lines += [f"{agent}: {_in_words(action[play])}, payoff {payoff:.4f}" for agent, action, payoff in played]
        lines += [f"{name}: {_figure_of(figure, play):.4f}" for name, figure in last.figures.items()]
    return "\n".join(lines)


def _figure_of(figure: Array, play: int) -> float:
    values = np.ravel(figure)
    return float(values[play if len(values) > 1 else 0])


def _in_words(action: Array) -> str:
    return ", ".join(f"{value:g}" for value in np.ravel(action))
