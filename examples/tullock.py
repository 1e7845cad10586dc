"""A Tullock contest: whoever spends more wins the prize more likely, and what is spent is gone whoever wins.

Source: Tullock 1980 ("Efficient rent seeking"); equal players and `r > 1` as in Perez-Castrillo and Verdier 1992,
unequal ones as in Hillman and Riley 1989.
"""

import numpy as np
from gymnasium.spaces import Box

from genmarket_env.exact import Reference
from genmarket_env.status import Status


class Tullock:
    """`n` players spend effort on a prize; each wins it with a probability in proportion to `effort ** r`."""

    def __init__(self, n=3, V=1.0, r=1.0, cost=1.0):
        self.n, self.V, self.r, self.cost = n, np.asarray(V, float), r, np.asarray(cost, float)
        if not (n >= 2 and (self.V > 0).all() and r > 0 and (self.cost > 0).all()):
            raise ValueError(f"n is {n}, V {V}, r {r}, cost {cost}; there must be two players, the rest be above 0")
        self.v, self.c = np.broadcast_to(self.V, n), np.broadcast_to(self.cost, n)
        self.players = tuple(f"player_{i}" for i in range(n))
        self.spaces = tuple(Box(0.0, most, (1,), np.float64) for most in self.v / self.c)
        self.stages = (tuple(range(n)),)

    def draw(self, rng, batch=()):
        """Nothing is fixed before a round."""
        return

    def observe(self, state, player):
        """There is nothing to know."""
        return np.zeros(0, np.float32)

    def chances(self, actions):
        """Everybody's effort and chance of the prize; without any effort a fair draw."""
        effort = np.concatenate(np.broadcast_arrays(*actions), axis=-1)
        weights = effort**self.r
        total = weights.sum(axis=-1, keepdims=True)
        return effort, np.where(total > 0, weights / np.where(total > 0, total, 1.0), 1 / self.n)

    def payoffs(self, state, actions):
        """The prize by its chance, less the cost of the effort."""
        effort, chances = self.chances(actions)
        return chances * self.v - self.c * effort

    def figures(self, state, actions):
        """What all get together, and what the contest burns."""
        effort = self.chances(actions)[0]
        return {"welfare": self.payoffs(state, actions).sum(axis=-1), "spent": (self.c * effort).sum(axis=-1)}

    def reference(self, state):
        """The equilibrium in pure efforts, where its closed form is known."""
        ratio, unequal = self.c / self.v, np.ptp(self.v) + np.ptp(self.c) > 0
        if (unequal and self.r != 1) or self.r > self.n / (self.n - 1):
            return Reference("none known", Status.MAX_ROUNDS, None, None, "no closed form")
        effort = self.r * (self.n - 1) / self.n**2 / ratio
        if unequal:  # those for whom a unit of the prize costs least take part; the others spend nothing
            best = np.sort(ratio)
            total = max((k - 1) / best[:k].sum() for k in range(2, self.n + 1))
            effort = np.maximum(total * (1 - total * ratio), 0.0)
        play = tuple(effort[:, None])
        return Reference("Nash equilibrium", Status.CONVERGED, play, self.payoffs(state, play), "Tullock 1980")
