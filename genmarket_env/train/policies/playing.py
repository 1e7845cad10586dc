"""Saved policies in the seats of a game: as agents, as policies of its environments; and what learners do, as data."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from genmarket_env import MarketGame
from genmarket_env.agents import Agent, Seat
from genmarket_env.envs.game_actions import shown_size
from genmarket_env.envs.opponents import Opponent
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Array, Game, Policy

from ..games.joint import Acting, Mixed, Play, Seen
from .network import NetworkSeat
from .seats import ActionSeat, BestReplySeat, MixtureSeat, SeatPolicy, TruthfulSeat


class PolicyAgent(Agent):
    """An agent that plays a saved policy and learns nothing.

    Args:
        seat: the player's place in the game.
        rng: what it draws from.
        policy: of that player.

    Raises:
        ValueError: the policy does not fit the seat.

    Example:
        >>> from genmarket_env import agents
        >>> from genmarket_env.games import AccuracyMarket
        >>> game = AccuracyMarket()
        >>> rngs = np.random.default_rng(0).spawn(2)
        >>> policies = ActionSeat(np.array(0)), ActionSeat(np.array(1))
        >>> crowd = [PolicyAgent(Seat(game, i), rng=rngs[i], policy=policies[i]) for i in (0, 1)]
        >>> next(agents.play(crowd, 1)).profile.tolist()
        [0, 1]
    """

    observes = "reward"

    def __init__(self, seat: Seat, *, rng: np.random.Generator, policy: SeatPolicy) -> None:
        super().__init__(seat, rng=rng)
        self._play = policy.play(seat.game, seat.player, self._rng)
        self._data = policy

    @property
    def is_listed(self) -> bool:
        """Whether its space is Discrete and there is nothing for it to see, or it looks at nothing."""
        blind = not callable(self._play) and (not isinstance(self._play, Mixed) or self._play.blind is not None)
        nothing_seen = self.seat.is_stateless and self.seat.player in self.seat.game.stages[0]
        return self.seat.is_discrete and (blind or nothing_seen)

    def policy(self) -> FloatArray:
        """The probabilities of the seat's actions, `(num_actions,)`.

        Raises:
            ValueError: they depend on what it sees, or its space is a Box.
        """
        if not self.is_listed:
            raise ValueError(f"the policy of {self.seat.name} depends on what it sees, or its space is a Box")
        found, nothing = np.zeros(self.seat.num_actions), (None,) * len(self.seat.game.players)
        if isinstance(self._play, Mixed):
            places = [self.seat.index(action) for action in np.asarray(self._play.actions)]
            rows = self._play.at(None, nothing)
            np.add.at(found, places, rows.reshape(-1, rows.shape[-1])[0])
        else:
            action = self._play(None, nothing) if callable(self._play) else self._play
            found[self.seat.index(np.ravel(action)[0])] = 1.0
        return found

    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """Its action."""
        action = _acted(self._play, state, seen or (None,) * len(self.seat.game.players), self._rng)
        return (
            int(np.ravel(action)[0])
            if isinstance(self.seat.space, Discrete)
            else np.reshape(action, self.seat.space.shape)
        )

    def observe(self, action: Any, reward: float, profile: Any, state: Any = None) -> None:
        """Learn nothing."""

    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """Its policy, drawn from `rng`."""
        play = self._data.play(self.seat.game, self.seat.player, rng)
        return lambda state, seen: _acted(play, state, seen, rng, batch)


def environment_policy(policy: SeatPolicy, game: Game[Any], player: int) -> EnvironmentPolicy:
    """The policy as one of a game's environments: `(observation, rng) -> action`, in the agent's own space.

    `genmarket_env.games.seat` and `vector_seat` take it among their `opponents`.

    Raises:
        ValueError: the policy does not fit the player, or needs more than the player observes.

    Example:
        >>> from genmarket_env import games
        >>> leader = environment_policy(ActionSeat(np.array([1.0])), games.make("pricing-duopoly"), 0)
        >>> env = games.seat("pricing-duopoly", player=1, opponents={"first_mover": leader})
        >>> env.reset(seed=0)[0].round(3)
        array([0.  , 1.  , 0.  , 1.  , 0.05, 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ],
              dtype=float32)
    """
    return EnvironmentPolicy(policy, game, player)


class EnvironmentPolicy:
    """See `environment_policy`; it takes the observations of many copies too."""

    batched = True

    def __init__(self, policy: SeatPolicy, game: Game[Any], player: int) -> None:
        if isinstance(policy, TruthfulSeat | BestReplySeat):
            raise ValueError(
                f"the policy of {game.players[player]} is {policy.kind}, which needs more than it observes: play it "
                "with genmarket_env.agents.play, as PolicyAgent"
            )
        self._game, self._player = game, player
        self._observed: Any = _Observed(game, player)
        self._policy = policy
        policy.play(self._observed, player)  # which raises if it does not fit

    def __call__(self, observation: NDArray[np.float32], rng: np.random.Generator) -> Any:
        """The action where that is observed."""
        space, player = self._game.spaces[self._player], self._player
        own, seen = self._decoded(np.asarray(observation, float))
        state = None if self._observed.draw(np.random.default_rng(0)) is None else own
        batch = np.shape(observation)[:-1]
        play = self._policy.play(self._observed, player, rng)
        action = np.asarray(_acted(play, state, seen, rng, batch))
        action = np.broadcast_to(action, (*batch, *(space.shape or ())))
        if isinstance(space, Box):
            low, high = space.low.astype(float), space.high.astype(float)
            return 2 * (action - low) / np.where(high > low, high - low, 1.0) - 1
        return int(action) if isinstance(space, Discrete) and not batch else action

    def _decoded(self, observation: FloatArray) -> tuple[FloatArray, Seen]:
        """What the player knows of the state, and the earlier moves of the round."""
        game, stages = self._game, len(self._game.stages)
        at = stages + 1 + self._observed.sizes[self._player]
        own = observation[..., stages + 1 : at]
        before: set[int] = set()
        for stage in game.stages:
            if self._player in stage:
                break
            before |= set(stage)
        seen: list[Array | None] = []
        for other, space in enumerate(game.spaces):
            size = shown_size(space)
            moved = observation[..., at + 1 : at + 1 + size]
            seen.append(_in_game(space, moved) if other in before else None)
            at += 1 + size
        return own, tuple(seen)


def market_opponent(policy: SeatPolicy, game: MarketGame, platform: int) -> Opponent:
    """The policy as an opponent of `genmarket_env/PlatformMarket-v0`: it deploys the same mixture in every round.

    Args:
        policy: of that platform, learned in `game`.
        game: the market game.
        platform: an index.

    Raises:
        ValueError: the policy does not fit the platform.

    Example:
        >>> import gymnasium
        >>> from genmarket_env.games import platform_market
        >>> other = market_opponent(ActionSeat(np.array(3)), platform_market("livebench-2026-06", 2), 1)
        >>> env = gymnasium.make("genmarket_env/PlatformMarket-v0", num_platforms=2, opponents=[other])
        >>> _ = env.reset(seed=0)
    """
    seat = Seat(game, platform)
    shares = PolicyAgent(seat, rng=np.random.default_rng(0), policy=policy).policy()
    return lambda *seen: int(seen[-1].choice(seat.actions, p=shares))


def policies_of(play: Play, players: tuple[str, ...]) -> list[SeatPolicy]:
    """What all players do, as data that `save_policies` takes.

    Args:
        play: of a learner (`genmarket_env.train.games.learners`).
        players: their names.

    Raises:
        ValueError: a policy is a function that cannot be saved.
    """
    found: list[SeatPolicy] = []
    for name, played in zip(players, play, strict=True):
        if isinstance(played, Mixed | Acting) and played.described is not None:
            found.append(played.described())
        elif isinstance(played, Mixed) and played.blind is not None:
            found.append(MixtureSeat(np.asarray(played.actions), played.blind))
        elif callable(played) or isinstance(played, Mixed):
            raise ValueError(
                f"the policy of {name} is a function, which cannot be saved: give Mixed or Acting with `described`"
            )
        else:
            found.append(ActionSeat(np.asarray(played)))
    return found


class _Observed:
    """A game whose state is what one player observes of it."""

    def __init__(self, game: Game[Any], player: int) -> None:
        self._game, self._player = game, player
        self.players, self.spaces, self.stages = game.players, game.spaces, game.stages
        state = game.draw(np.random.default_rng(0))
        self.sizes = [int(np.shape(game.observe(state, each))[-1]) for each in range(len(game.players))]

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Array | None:
        state = self._game.draw(rng, batch)
        return None if state is None else np.asarray(self._game.observe(state, self._player))

    def payoffs(self, state: Array | None, actions: Actions) -> Array:
        raise NotImplementedError("what is earned is not observed")

    def observe(self, state: Array | None, player: int) -> Array:
        if player == self._player and state is not None:
            return state
        return np.zeros((*np.shape(state)[:-1], self.sizes[player]) if state is not None else self.sizes[player])


def _in_game(space: Any, moved: FloatArray) -> Array:
    """An action in the game's units of how it is shown."""
    if isinstance(space, Discrete):
        return np.asarray(moved.argmax(axis=-1))
    shaped = moved.reshape(*moved.shape[:-1], *space.shape)
    if isinstance(space, Box):
        low, high = space.low.astype(float), space.high.astype(float)
        return np.asarray(low + shaped * (high - low))
    return np.asarray(np.rint(shaped).astype(np.int8))


def _acted(
    play: Array | Policy | Mixed, state: Any, seen: Seen, rng: np.random.Generator, batch: tuple[int, ...] = ()
) -> Array:
    """The actions of a policy, drawn where it mixes."""
    if isinstance(play, Mixed):
        leading = np.broadcast_shapes(play.at(state, seen).shape[:-1], batch)
        return play.drawn(state, seen, rng.random(leading))
    return play(state, seen) if callable(play) else np.asarray(play)


__all__ = ["EnvironmentPolicy", "NetworkSeat", "PolicyAgent", "environment_policy", "policies_of"]
