"""Games that are small enough to know by heart."""

from typing import NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary


class Table:
    """A finite game of given payoffs `(n_0, ..., n_(N-1), N)`, all at once."""

    def __init__(self, table):
        self.table = np.asarray(table, float)
        sizes = self.table.shape[:-1]
        self.players = tuple(f"player_{i}" for i in range(len(sizes)))
        self.spaces = tuple(Discrete(n) for n in sizes)
        self.stages = (tuple(range(len(sizes))),)

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        return self.table[tuple(np.asarray(action) for action in actions)]


DILEMMA = Table([[[-1, -1], [-9, 0]], [[0, -9], [-6, -6]]])
"""Years in prison: the second action is dominant."""


class Type(NamedTuple):
    value: np.ndarray


class Matching:
    """A type in [0, 1] is drawn and observed, then the player earns how near its action comes to it, from -7 to 3."""

    players, spaces, stages = ("guesser",), (Box(0, 1, (1,), np.float64),), ((0,),)

    def draw(self, rng, batch=()):
        return Type(rng.random(batch))

    def observe(self, state, player):
        return np.asarray(state.value, np.float32)[..., None]

    def payoffs(self, state, actions):
        return 3 - 10 * np.abs(actions[0] - state.value[..., None])

    def truth(self, state):
        return (state.value[..., None],)


class Following:
    """A leader shows one of `n` sides, the follower wins 100 by showing the same, the leader by another."""

    players, stages = ("leader", "follower"), ((0,), (1,))

    def __init__(self, sides=3):
        self.spaces = (Discrete(sides), Discrete(sides))

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        same = np.asarray(actions[0]) == np.asarray(actions[1])
        return np.stack([100.0 * ~same, 100.0 * same], axis=-1)


class Off:
    """Two players without lists: one sets bits, one a point of the square; each earns by a target of its own."""

    players, stages = ("bits", "point"), ((0, 1),)
    spaces = (MultiBinary(3), Box(-1, 1, (2,), np.float64))

    def draw(self, rng, batch=()):
        return None

    def observe(self, state, player):
        return np.zeros(0, np.float32)

    def payoffs(self, state, actions):
        bits = -np.abs(np.asarray(actions[0]) - np.array([1, 0, 1])).sum(axis=-1)
        point = -((np.asarray(actions[1]) - np.array([1.0, -1.0])) ** 2).sum(axis=-1)
        return np.stack(np.broadcast_arrays(bits.astype(float), point), axis=-1)


class Counting:
    """Three rounds hang together: the state counts them, and is what everybody earns."""

    players, spaces, stages, rounds = ("only",), (Discrete(2),), ((0,),), 3

    def draw(self, rng, batch=()):
        return Type(np.zeros(batch))

    def following(self, state, actions, rng):
        return Type(state.value + 1)

    def observe(self, state, player):
        return np.zeros((*np.shape(state.value), 0), np.float32)

    def payoffs(self, state, actions):
        return (state.value + 0 * np.asarray(actions[0]))[..., None]
