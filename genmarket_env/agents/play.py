"""Repeated play of a list of agents: a market through its public PettingZoo interface, any other game directly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from genmarket_env import market_v0
from genmarket_env.arguments import checked_generator, checked_integer
from genmarket_env.envs.observation import ObservationLayout
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.protocol import Actions, Array, Dynamic, Game, Sampled

from .base import Agent, Profile, read_only


@dataclass(frozen=True, eq=False)
class Round:
    """One round, as it was played.

    Attributes:
        actions: what each player did, one array a player, in the game's units.
        rewards: what each player earned, `(players,)`; in a market in [0, 1].
        mixtures: for each player the probabilities of the actions of its list that this one was drawn from,
            `(num_actions,)`; None for a player who draws from no list.
        state: what was drawn before the round; None where nothing is.
    """

    actions: Actions
    rewards: FloatArray
    mixtures: tuple[FloatArray | None, ...]
    state: Any = None

    @property
    def policies(self) -> FloatArray:
        """The probabilities that the actions were drawn from, `(players, num_actions)`.

        Raises:
            ValueError: a player draws from no list, or the lists differ in length: see `mixtures`.
        """
        sizes = {None if mixture is None else len(mixture) for mixture in self.mixtures}
        if len(sizes) != 1 or None in sizes:
            raise ValueError("the players have no lists of one length: read mixtures instead of policies")
        return read_only(np.array(self.mixtures))

    @property
    def profile(self) -> IntArray:
        """What each player did, `(players,)`.

        Raises:
            ValueError: a player's actions are not Discrete: see `actions`.
        """
        if any(action.dtype.kind not in "iu" or action.ndim for action in self.actions):
            raise ValueError("a player's actions are not Discrete: read actions instead of profile")
        return read_only(np.array(self.actions, dtype=np.int64))


def play(
    agents: Sequence[Agent], rounds: int, *, rng: np.random.Generator | None = None, sampled: bool = False
) -> Iterator[Round]:
    """Let the agents, one a player in order, play `rounds` rounds of their game; yields each `Round`.

    The agents keep what they have learned: a second call goes on from there. Each is told its reward, and what
    everybody did if that is what it observes. A `MarketGame` is played in `market_v0`. Of a `Dynamic` game episodes
    follow one another; agents look no further than the round.

    Args:
        agents: one a player, all seated in the same game object.
        rounds: at least 1.
        rng: what the states of the rounds, and payoffs that are realised, are drawn from; may be left out where nothing
            is drawn.
        sampled: whether rewards are realised by `game.sample` instead of expected over chance.

    Raises:
        ValueError: `rounds` is less than 1, the agents do not sit, in order, on all seats of one game, `rng` is
            missing, or the game cannot sample its payoffs.
        TypeError: `rounds` is not an integer, or `rng` no generator.

    Example:
        >>> from genmarket_env import Market
        >>> from genmarket_env.agents import population
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> fixed = population("fixed", market, 2, rng=np.random.default_rng(0))
        >>> [played.rewards.round(2).tolist() for played in play(fixed, rounds=2)]
        [[0.29, 0.29], [0.29, 0.29]]
    """
    checked_integer("rounds", rounds, 1)
    _check_seats(agents)
    game = agents[0].seat.game
    if sampled and not isinstance(game, Sampled):
        raise ValueError(f"{type(game).__name__} has expected payoffs only: leave sampled out")
    if isinstance(game, MarketGame) and game.pays_scores:
        return _play_market(game, agents, rounds)
    if rng is None and (sampled or not agents[0].seat.is_stateless):
        raise ValueError("rng is missing: something is drawn in every round; give numpy.random.default_rng(seed)")
    source = np.random.default_rng(0) if rng is None else checked_generator("rng", rng)
    return _play(game, agents, rounds, source, sampled)


def _check_seats(agents: Sequence[Agent]) -> None:
    if not agents:
        raise ValueError("there are no agents: play needs one a player")
    game = agents[0].seat.game
    if len(agents) != len(game.players):
        raise ValueError(f"{len(agents)} agents for {len(game.players)} players; play needs one a player")
    for index, agent in enumerate(agents):
        if agent.seat.player != index:
            raise ValueError(f"agent {index} sits in seat {agent.seat.player}; list the agents in the players' order")
        if agent.seat.game is not game:
            raise ValueError(f"agent {index} sits in another game than agent 0; give all the same game object")


def _play_market(game: MarketGame, agents: Sequence[Agent], rounds: int) -> Iterator[Round]:
    env = market_v0.parallel_env(
        market=game.market, num_platforms=game.num_platforms, choice=game.choice, max_cycles=rounds
    )
    layout = ObservationLayout(game.market.num_models, game.market.num_users, game.num_platforms)
    env.reset()
    for _ in range(rounds):
        policies = tuple(agent.policy() for agent in agents)
        actions = [agent.act() for agent in agents]
        observations, rewards, *_ = env.step(dict(zip(env.agents, actions, strict=True)))
        profile = read_only(layout.decode(observations["platform_0"]).profile)
        earned = np.array([rewards[name] for name in env.possible_agents])
        for agent, action, reward in zip(agents, actions, earned.tolist(), strict=True):
            agent.observe(action, reward, profile if agent.observes == "profile" else None)
        yield Round(tuple(profile), read_only(earned), policies)


def _play(
    game: Game[Any], agents: Sequence[Agent], rounds: int, rng: np.random.Generator, sampled: bool
) -> Iterator[Round]:
    state: Any = None
    is_finite = all(isinstance(space, Discrete) for space in game.spaces)
    length = (game.rounds or rounds) if isinstance(game, Dynamic) else 1
    for played in range(rounds):
        if played % length == 0:
            state = game.draw(rng)
        done: list[Array | None] = [None] * len(agents)
        mixtures: list[FloatArray | None] = [None] * len(agents)
        for stage in game.stages:
            seen = tuple(done)
            for player in stage:
                agent = agents[player]
                done[player] = read_only(np.array(agent.act(state, seen)))
                mixtures[player] = agent.policy() if agent.is_listed else None
        actions = tuple(action for action in done if action is not None)
        paid = (
            game.sample(state, actions, rng) if sampled and isinstance(game, Sampled) else game.payoffs(state, actions)
        )
        earned = read_only(np.array(paid, dtype=float))
        profile: Profile = read_only(np.array(actions)) if is_finite else actions
        for agent, action, reward in zip(agents, actions, earned.tolist(), strict=True):
            seen_by = (profile, state) if agent.observes == "profile" else (None,)
            agent.observe(int(action) if action.dtype.kind in "iu" and not action.ndim else action, reward, *seen_by)
        yield Round(actions, earned, tuple(mixtures), state)
        if isinstance(game, Dynamic) and (played + 1) % length:
            state = game.following(state, actions, rng)
