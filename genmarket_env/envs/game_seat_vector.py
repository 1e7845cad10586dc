"""One seat of any game, many times at once, as Gymnasium's vector environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from ..arguments import checked_integer, checked_seed
from ..market import FloatArray
from ..messages import shown
from ..protocol import Array, Game
from .autoreset import autoreset_mode_of, final_infos, with_masks
from .game_actions import agent_space, any_actions, game_action, game_actions, mask_of
from .game_parallel import round_in_words
from .game_rounds import GameRounds, RoundEnd
from .game_seat import Opponent, checked_opponents
from .options import checked_options
from .specs import ReadableSpec

Infos = dict[str, Any]


class GameSeatVectorEnv(ReadableSpec, VectorEnv[NDArray[np.float32], Array, NDArray[Any]]):
    """`GameSeatEnv` B times, played by one call; what `gymnasium.make_vec` makes of a game.

    All copies are at the same stage of the same round, and end together. A step costs a few calls of the game's rules
    on a batch. The copies draw from one generator; a batch of one is `GameSeatEnv` to the bit.

    Args:
        game: the game; `genmarket_env.games.vector_seat` takes the name of one.
        num_envs: B, at least 1.
        player: the index of the seat.
        opponents: by the name of the agent, a policy `(observation, rng) -> action`, asked for each copy in turn; one
            with the attribute `batched = True` is asked once, `(B, size)` observations for `(B, *shape)` actions. Those
            who are not named take any action of their space, all equally likely.
        rounds: of an episode, at least 1.
        sampled: whether rewards are realised payoffs instead of expected ones.
        render_mode: "ansi" or None; `render` gives one text a copy.
        autoreset_mode: "NextStep", Gymnasium's default: the step after the end of an episode ignores its actions and
            begins the next one; "SameStep": the last step does, and has the last observation in the infos as
            "final_obs". `metadata["autoreset_mode"]` says which.
        max_episode_steps: the rounds of an episode at most, as `gymnasium.make_vec` passes them; of a game of linked
            rounds not fewer than it has.

    Raises:
        ValueError: an argument is out of range or unknown.
        TypeError: `opponents` is no dictionary of callables, or an argument has the wrong type.

    Example:
        >>> import gymnasium, genmarket_env
        >>> env = gymnasium.make_vec("genmarket_env/token-auction-v0", num_envs=8)
        >>> observations, infos = env.reset(seed=0)
        >>> observations, rewards, terminations, truncations, infos = env.step(np.zeros((8, 1), np.float32))
        >>> observations.shape, rewards.shape, infos["revenue"].shape
        ((8, 19), (8,), (8,))
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": ["ansi"],
        "render_fps": 4,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        game: Game[Any],
        num_envs: int = 1,
        player: int = 0,
        *,
        opponents: Mapping[str, Opponent] | None = None,
        rounds: int | None = None,
        sampled: bool = False,
        render_mode: str | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
    ) -> None:
        if render_mode not in (None, "ansi"):
            raise ValueError(f'render_mode is {shown(render_mode)}; it must be "ansi" or None')
        self.autoreset_mode = autoreset_mode_of(autoreset_mode)
        self.metadata = self.metadata | {"autoreset_mode": self.autoreset_mode}  # type: ignore[misc]
        if max_episode_steps is not None:
            most = checked_integer("max_episode_steps", max_episode_steps, 1)
            rounds = most if rounds is None else min(checked_integer("rounds", rounds, 1), most)
        self.game = game
        self.num_envs = checked_integer("num_envs", num_envs, 1)
        self._rounds = GameRounds(game, self.num_envs, rounds=rounds, sampled=sampled)
        self._agents = game.players
        self._player = checked_integer("player", player, 0, len(self._agents) - 1)
        self._opponents = checked_opponents(opponents, self._agents, self.seat)
        self.render_mode = render_mode
        self.single_observation_space = Box(0.0, 1.0, (self._rounds.observation_size(self._player),))
        self.single_action_space = agent_space(game.spaces[self._player])
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._rng, self._generators = self._seeded(None)
        self._observations: NDArray[np.float32] | None = None
        self._last: RoundEnd | None = None
        self._awaits_reset = False

    @property
    def seat(self) -> str:
        """The agent that learns."""
        return self._agents[self._player]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], Infos]:
        """Begin an episode in every copy; those who move before the seat have moved.

        Args:
            seed: an integer >= 0, of all copies: they draw together; None goes on with the generators of before.
            options: `state`, of the first round: one for all copies, or one for each, `(B, ...)`.

        Raises:
            ValueError: the seed is negative, an option is unknown, the state has other shapes, or an opponent took an
                illegal action.
            TypeError: the seed is no integer, or the state is none of this game.

        After either the environment is as before.
        """
        before = self._rng, self._generators
        if (seed := _one_seed(seed)) is not None:
            self._rng, self._generators = self._seeded(seed)
        try:
            self._observations = self._begun(options)
        except BaseException:
            self._rng, self._generators = before
            raise
        self._awaits_reset, self._last = False, None
        return self._observations.copy(), self._masks()

    def step(self, actions: Any) -> tuple[NDArray[np.float32], FloatArray, NDArray[np.bool_], NDArray[np.bool_], Infos]:
        """Move in every copy, and let the others move until it is the seat's turn again or the episode ends.

        Args:
            actions: `(B, *shape)`.

        Raises:
            ValueError: an action is illegal, the seat's or an opponent's; it names the agent and the copy. The
                environment is then as before.
            gymnasium.error.ResetNeeded: before `reset`.
        """
        if self._observations is None:
            raise ResetNeeded("call reset() before the first step()")
        nobody = np.zeros(self.num_envs, bool)
        if self._awaits_reset:
            self._observations, self._awaits_reset = self._begun(None), False
            return self._observations.copy(), np.zeros(self.num_envs), nobody, nobody.copy(), self._masks()
        own = game_actions(self.game.spaces[self._player], actions, self.seat, self.num_envs)
        begins = self.autoreset_mode == AutoresetMode.SAME_STEP
        with self._rounds.undone_if_refused(self._generators.values()):
            ended = self._stage(own)
            ended = self._until_the_seat() or ended
            over = self._rounds.over
            last = self._rounds.observe(self._player)
            seen = self._begun(None) if over and begins else last
        rewards = np.zeros(self.num_envs) if ended is None else np.array(ended.payoffs[:, self._player], float)
        infos = ({} if ended is None else with_masks(ended.figures, self.num_envs)) | self._masks()
        if over and begins:
            infos = final_infos(last, infos) | self._masks()
        self._observations, self._last, self._awaits_reset = seen, ended or self._last, over and not begins
        return seen.copy(), rewards, nobody, np.full(self.num_envs, over), infos

    def render(self) -> tuple[str, ...] | None:
        """The last round of each copy as text, or None without a render mode."""
        if self.render_mode is None:
            return None
        where = self._agents, self._rounds.round, self._rounds.rounds, self._last
        return tuple(round_in_words(*where, b) for b in range(self.num_envs))

    def _rounds_of_an_episode(self) -> int:
        return self._rounds.rounds

    @property
    def np_random(self) -> np.random.Generator:
        """What the game draws from, for all copies."""
        return self._rng

    def _seeded(self, seed: int | None) -> tuple[np.random.Generator, dict[str, np.random.Generator]]:
        """The generators of the game and of each agent, as `GameSeatEnv` has them."""
        first, *others = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(self._agents) + 1))
        return first, dict(zip(self._agents, others, strict=True))

    def _begun(self, options: Any) -> NDArray[np.float32]:
        """What the seat sees first in a new episode."""
        state = checked_options(options, ("state",)).get("state")
        if state is not None:
            self._rounds.check_state(state)
        with self._rounds.undone_if_refused((self._rng, *self._generators.values())):
            self._rounds.reset(self._rng, state)
            self._until_the_seat()
        return self._rounds.observe(self._player)

    def _until_the_seat(self) -> RoundEnd | None:
        """Let the others move until the seat does or the episode ends; the round that ended meanwhile."""
        ended = None
        while not self._rounds.over and self._player not in self._rounds.movers[self._rounds.stage]:
            ended = self._stage(None) or ended
        return ended

    def _stage(self, own: Array | None) -> RoundEnd | None:
        moves = {}
        for i in self.game.stages[self._rounds.stage]:
            if i == self._player and own is not None:
                moves[i] = own
            else:
                moves[i] = self._moves(i)
        return self._rounds.play(moves)

    def _moves(self, player: int) -> Array:
        """What an opponent does in each copy, in the game's units."""
        agent, space = self._agents[player], self.game.spaces[player]
        rng, policy = self._generators[agent], self._opponents.get(agent)
        if policy is None:
            return game_actions(space, any_actions(space, rng, self.num_envs), agent, self.num_envs)
        seen = self._rounds.observe(player)
        if getattr(policy, "batched", False):
            return game_actions(space, policy(seen, rng), agent, self.num_envs)
        return np.stack([game_action(space, policy(row, rng), f"{agent} in copy {b}") for b, row in enumerate(seen)])

    def _masks(self) -> Infos:
        """What the learner may do, where its space is discrete: everything."""
        space = self.single_action_space
        if not isinstance(space, Discrete):
            return {}
        return with_masks({"action_mask": np.tile(mask_of(space), (self.num_envs, 1))}, self.num_envs)


def _one_seed(seed: Any) -> int | None:
    if isinstance(seed, (list, tuple, np.ndarray)):
        raise TypeError(f"seed must be one integer, or None: the copies draw together; got {shown(seed)}")
    return checked_seed(seed)
