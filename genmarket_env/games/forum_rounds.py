"""A provider beside a forum, round by round: `GenaiForum` with a decision a round instead of a scheme for all.

Source: Taitler and Ben-Porat 2025, as `genai_forum` says; that the provider may decide in the light of what has come is
the same problem, as nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from ..market import FloatArray, IntArray
from ..protocol import Actions, Array
from ..tolerances import EQUAL
from .checks import within
from .forum_horizon import next_share
from .genai_forum import GenaiForum

MAX_SCHEMES = 1 << 20
"""Of so many schemes at a time the best is looked for."""


class ForumState(NamedTuple):
    """Where things stand before a round.

    Attributes:
        p: the share of users who have the model, `(*batch,)`.
        age: how many rounds ago it was trained, as of the round before, `(*batch,)`.
        t: how many rounds are over, `(*batch,)`.
        subsidy: what the regulator has announced, `(*batch,)`; not read before the first round.
    """

    p: FloatArray
    age: FloatArray
    t: FloatArray
    subsidy: FloatArray


class ForumRounds:
    """The provider decides before each round whether it trains; in the first it does whatever it decides.

    The regulator, if there is one, moves before the provider: its subsidy of the first round stays, later ones are not
    read. Payoffs are those of the round: over the T rounds they sum to those of the scheme in `GenaiForum`.

    Args:
        parameters: of `GenaiForum`.

    Attributes:
        plan: the same as one choice of a scheme, whose reference is the exact answer for the whole horizon.
        rounds: T.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = ForumRounds(T=20, regulator=False)
        >>> state, trained = game.draw(np.random.default_rng(0)), []
        >>> for t in range(game.rounds):
        ...     action = game.provider(state, (None,))
        ...     trained += [t + 1] if action else []
        ...     state = game.following(state, (action,), np.random.default_rng(0))
        >>> trained == game.plan.trainings()
        True
    """

    __signature__ = signature(GenaiForum)

    def __init__(self, **parameters: Any) -> None:
        self.plan = plan = GenaiForum(**parameters)
        self.rounds, self.players, self.stages = plan.T, plan.players, plan.stages
        self.spaces: tuple[Box | Discrete, ...] = tuple(
            space if isinstance(space, Box) else Discrete(2) for space in plan.spaces
        )

    def state(self, p: ArrayLike, age: ArrayLike, t: ArrayLike, subsidy: ArrayLike = 0.0) -> ForumState:
        """A state before a round.

        Raises:
            ValueError: a share or subsidy is not in [0, 1], an age or a number of rounds not in [0, T].
        """
        horizon = float(self.rounds)
        highs = {"p": (p, 1.0), "age": (age, horizon), "t": (t, horizon), "subsidy": (subsidy, 1.0)}
        return ForumState(*(within(name, values, (), 0, high) for name, (values, high) in highs.items()))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> ForumState:
        """The beginning; nothing is drawn."""
        nothing = np.zeros(batch)
        return ForumState(np.full(batch, self.plan.p_1), nothing, nothing.copy(), nothing.copy())

    def observe(self, state: ForumState, player: int) -> Array:
        """The share of users, the age and the rounds over as shares of T, and the subsidy, `(*batch, 4)`."""
        parts = (state.p, state.age / self.rounds, state.t / self.rounds, np.where(state.t > 0, state.subsidy, 0.0))
        return np.stack(np.broadcast_arrays(*parts), axis=-1).astype(np.float32)

    def payoffs(self, state: ForumState, actions: Actions) -> FloatArray:
        """What users get less the subsidy; revenue less costs with it; of this round, `(*batch, N)`."""
        subsidy, trains, users, revenue = self._round(state, actions)
        paid = subsidy * trains
        parts = (users - paid, revenue + paid) if self.plan.regulator else (revenue + paid,)
        return np.stack(np.broadcast_arrays(*parts), axis=-1)

    def figures(self, state: ForumState, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: what users get; revenue less costs, before subsidies; trainings, 0 or 1; the share of users."""
        _, trains, users, revenue = self._round(state, actions)
        names = ("welfare", "revenue", "trainings", "share")
        return dict(zip(names, np.broadcast_arrays(users, revenue, trains * 1.0, state.p), strict=True))

    def following(self, state: ForumState, actions: Actions, rng: np.random.Generator) -> ForumState:
        """The state before the next round."""
        subsidy, trains = self._told(state, actions)
        age = np.where(trains, 0.0, state.age + 1)
        p, t = self._next(state.p, age), np.minimum(state.t + 1, self.rounds)
        return ForumState(*(np.array(part) for part in np.broadcast_arrays(p, age, t, subsidy)))

    def provider(self, state: ForumState, seen: tuple[Array | None, ...]) -> IntArray:
        """Whether to train now, 1 or 0, `(*batch,)`: the first step of the best scheme for the rounds that are left.

        Of equally good ones that which is best for users, and then the one without a training now.
        """
        given = state.subsidy
        if self.plan.regulator and seen[0] is not None:
            given = np.where(state.t > 0, given, np.asarray(seen[0], float)[..., 0])
        parts = np.broadcast_arrays(state.p, state.age, state.t, given)
        p, age, t, subsidy = (part.ravel() for part in parts)
        found = np.zeros(p.shape, np.int64)
        for over in range(self.rounds):
            here = np.flatnonzero(t == over)
            blocks = -(-len(here) * 2 ** (self.rounds - over) // MAX_SCHEMES)
            for at in np.array_split(here, blocks) if blocks else ():
                found[at] = self._best_now(p[at], age[at], subsidy[at], over)
        return found.reshape(parts[0].shape)

    def _best_now(self, p: FloatArray, age: FloatArray, subsidy: FloatArray, over: int) -> IntArray:
        """The same for states `(B,)` after equally many rounds, by all schemes of the rounds that are left."""
        plan, first = self.plan, over == 0
        p, age, cost = p[:, None], age[:, None], (plan.c_train - subsidy)[:, None]
        revenue, users = np.zeros_like(p), np.zeros_like(p)
        for t in range(over, self.rounds):
            trains = [True] if first and t == 0 else [False, True]
            age = np.concatenate([np.zeros_like(age) if each else age + 1 for each in trains], axis=1)
            p = np.concatenate([p] * len(trains), axis=1)
            revenue = np.concatenate([revenue - cost if each else revenue for each in trains], axis=1)
            revenue = revenue + plan.r * p - plan.c_m
            users = np.concatenate([users] * len(trains), axis=1) + self._users(p, age)
            p = self._next(p, age)
        good = revenue >= revenue.max(axis=1, keepdims=True) - EQUAL
        best = np.where(good, users, -np.inf).argmax(axis=1)
        # Later decisions are in higher bits: the lowest one is the decision of now.
        return np.ones(len(p), np.int64) if first else best & 1

    def _told(self, state: ForumState, actions: Actions) -> tuple[FloatArray, Array]:
        """The subsidy that holds, and whether the model is trained."""
        first = state.t == 0
        told = np.asarray(actions[0], float)[..., 0] if self.plan.regulator else np.zeros(())
        return np.where(first, told, state.subsidy), first | (np.asarray(actions[-1]) == 1)

    def _round(self, state: ForumState, actions: Actions) -> tuple[FloatArray, Array, FloatArray, FloatArray]:
        """The subsidy, whether the model is trained, what users get, and revenue less costs."""
        subsidy, trains = self._told(state, actions)
        users = self._users(state.p, np.where(trains, 0.0, state.age + 1))
        return subsidy, trains, users, self.plan.r * state.p - self.plan.c_m - self.plan.c_train * trains

    def _users(self, p: FloatArray, age: FloatArray) -> FloatArray:
        return p * self.plan.a * self.plan.decay**age + (1 - p) * (1 - p)

    def _next(self, p: FloatArray, age: FloatArray) -> FloatArray:
        return next_share(self.plan.beta, self.plan.a * self.plan.decay**age, 1 - p)
