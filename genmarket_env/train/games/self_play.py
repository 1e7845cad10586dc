"""Learners in all seats of a game at once, against each other, in many copies of the game.

A player moves once a round, so a round gives it one transition: what it saw when it moved, what it did, and its payoff
at the end of the round, whoever moved later. Payoffs are the expected ones, brought to mean 0 and deviation 1 over
random play, which changes no game.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from genmarket_env.envs.game_actions import in_units
from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Array, Dynamic, Game, Policy

from .joint import Acting, Mixed, Play, Seen, Sight, payoff_scale
from .network_parts import Move, is_mixed
from .networks import make
from .on_policy import SHORT, PPOSettings

COPIES = 32
"""Copies of the game that are played at once, where settings say nothing else."""
DISCOUNT = 0.99
"""In games of linked rounds; elsewhere a round is all there is."""


class _Seats:
    """One network in the seats of some players with the same space; it tells them apart by their identity."""

    def __init__(
        self,
        game: Game[Any],
        players: Sequence[int],
        name: str,
        rounds: int,
        gamma: float,
        seed: int,
        copies: int,
        settings: PPOSettings,
    ) -> None:
        # In the order in which they move, as the rows of a round are.
        self.players = [i for stage in game.stages for i in stage if i in players]
        self._sight = Sight(game)
        self._identity = np.eye(len(self.players)) if len(self.players) > 1 else np.zeros((1, 0))
        self._space = game.spaces[self.players[0]]
        size = self._sight.size + self._identity.shape[1]
        self.network = make(name, self._space, size, copies * len(self.players), rounds, gamma, seed, settings)

    def view(self, state: Any, seen: Seen, player: int) -> FloatArray:
        """What the network is shown for a player, `(*batch, size)`."""
        sight = self._sight.of(state, seen, player)
        identity = self._identity[self.players.index(player)]
        return np.concatenate([sight, np.broadcast_to(identity, (*sight.shape[:-1], len(identity)))], axis=-1)

    def in_units(self, actions: Array) -> Array:
        """The network's actions in the game's units."""
        return in_units(self._space, actions) if isinstance(self._space, Box) else actions.astype(np.int64)

    def policy(self, player: int) -> Policy | Mixed:
        """What a player does without exploration, with the network as it is when it is asked."""

        def rows(state: Any, seen: Seen) -> Array:
            view = self.view(state, seen, player)
            found = self.network.policy(view.reshape(-1, view.shape[-1]))
            return found.reshape(*view.shape[:-1], *found.shape[1:])

        def described() -> Any:
            return self.network.described(self._identity[self.players.index(player)])

        if is_mixed(self._space):
            return Mixed(candidates(self._space), rows, described)
        return Acting(lambda state, seen: self.in_units(rows(state, seen)), described)


def self_play(
    game: Game[Any],
    name: str,
    *,
    rounds: int,
    seed: int,
    shared: bool,
    discount: float = DISCOUNT,
    settings: PPOSettings = SHORT,
) -> Iterator[Play]:
    """Networks learn in all seats; yields after each round what all do without exploration.

    What is yielded says what the networks do now, also after later rounds.

    Args:
        game: the game; `name` must take the spaces of its players.
        name: "PPO", "DQN", "SAC" or "TD3".
        rounds: in each copy, at least 1.
        seed: of states, networks and exploration.
        shared: whether players with the same space share one network; otherwise each has its own.
        discount: of the next round, where rounds are linked.
        settings: of PPO.

    Raises:
        ValueError: the algorithm does not take a space.
    """
    rng = np.random.default_rng(seed)
    players = range(len(game.players))
    gamma = discount if isinstance(game, Dynamic) else 0.0
    copies = settings.copies or COPIES
    groups = [
        _Seats(game, some, name, rounds, gamma, int(rng.integers(2**31)), copies, settings)
        for some in _groups(game, shared)
    ]
    seats = {player: group for group in groups for player in group.players}
    middle, scale = payoff_scale(game, rng)
    play = tuple(seats[player].policy(player) for player in players)
    length = (game.rounds or rounds) if isinstance(game, Dynamic) else 1
    state: Any = None
    kept: tuple[dict[int, Move], FloatArray] | None = None
    for number in range(rounds):
        if number % length == 0:
            state = game.draw(rng, (copies,))
        moves, done = _round(game, state, seats, copies)
        if kept is not None:
            _learn(groups, *kept, moves, over=False)
        paid = np.broadcast_to(game.payoffs(state, done), (copies, len(players)))
        kept = moves, (paid - middle) / scale
        if (number + 1) % length == 0:
            _learn(groups, *kept, moves, over=True)
            kept = None
        elif isinstance(game, Dynamic):
            state = game.following(state, done, rng)
        yield play


def _groups(game: Game[Any], shared: bool) -> list[list[int]]:
    """The players that share a network."""
    if not shared:
        return [[player] for player in range(len(game.players))]
    found: list[list[int]] = []
    for player, space in enumerate(game.spaces):
        same = next((group for group in found if game.spaces[group[0]] == space), None)
        if same is None:
            found.append([player])
        else:
            same.append(player)
    return found


def _round(game: Game[Any], state: Any, seats: dict[int, _Seats], copies: int) -> tuple[dict[int, Move], Actions]:
    """The moves of one round by player, and what is done in the game's units."""
    moves: dict[int, Move] = {}
    done: list[Array | None] = [None] * len(game.players)
    for stage in game.stages:
        seen = tuple(done)
        for player in stage:
            view = seats[player].view(state, seen, player)
            moves[player] = seats[player].network.act(np.broadcast_to(view, (copies, view.shape[-1])))
            done[player] = seats[player].in_units(moves[player].actions)
    return moves, tuple(action for action in done if action is not None)


def _learn(
    groups: Sequence[_Seats], moves: dict[int, Move], rewards: FloatArray, following: dict[int, Move], over: bool
) -> None:
    """Tell each network its players' rows of a round, and what they see at their next moves."""
    for group in groups:
        group.network.learn(
            [moves[player] for player in group.players],
            np.concatenate([rewards[:, player] for player in group.players]),
            np.concatenate([following[player].seen for player in group.players]),
            over,
        )
