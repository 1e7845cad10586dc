"""A market for accuracy: providers choose classifiers, users one of the providers that are right about them.

Source: Einav and Rosenfeld, "A Market for Accuracy: Classification under Competition" (ICML 2025, arXiv 2502.18052).
Each user is a resource that the providers who are right about it share, so the game is a congestion game with the exact
potential `sum_u w_u H(k_u)`, where `k_u` is how many are right about user u and `H` the harmonic numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Any, Literal

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike

from ..arguments import plain_array, real_array, without_rounding
from ..exact import Reference, pure_equilibria, regret
from ..exact.multisets import all_multisets, places
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL
from .checks import checked_players
from .records import Record

LABELS = (0, 0, 1, 0, 1, 1, 0, 1, 1, 0)
"""Ten users on a line, as they are by default."""

MAX_PROFILES = 2_000_000
MAX_WORK = 10**10
"""Profiles times users times classifiers: more than `equilibria` multiplies in some ten seconds."""
CHUNK = 10**7
"""Profiles times users, or classifiers, that are looked at together: it bounds the memory."""


@dataclass(frozen=True, eq=False)
class AccuracyMarket:
    """`n` providers deploy classifiers at the same time; a user goes to any of those that are right about it.

    Args:
        n: the number of providers, 1 to 10,000.
        y: the users' labels, 0 or 1, `(U,)`. Users stand on a line and the classifiers are the thresholds `t = 0..U`:
            threshold t says 1 of users t, t + 1, ... Ignored if `correct` is given.
        w: the users' weights, `(U,)`, >= 0, summing to 1; equal by default.
        correct: a class of classifiers of one's own, `(H, U)`: whether each is right about each user.
        unserved: "abstain": a user about whom nobody is right goes to nobody; "uniform": to each provider with 1 / n.

    Raises:
        ValueError: the class is empty, weights are negative or do not sum to 1, or a label is neither 0 nor 1.

    Example:
        >>> game = AccuracyMarket()
        >>> game.payoffs(None, (np.array(2), np.array(9)))
        array([0.6, 0.3])
    """

    n: int = 2
    y: ArrayLike = LABELS
    w: ArrayLike | None = None
    correct: Any = None
    unserved: Literal["abstain", "uniform"] = "abstain"
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        providers = checked_players("n", self.n)
        correct = _thresholds(self.y) if self.correct is None else _checked_correct(self.correct)
        users = correct.shape[1]
        weights = np.full(users, 1 / users) if self.w is None else real_array("w", self.w)
        if weights.shape != (users,):
            raise ValueError(f"w has the shape {weights.shape}; there are {users} users, so it must be ({users},)")
        if not (np.isfinite(weights).all() and (weights >= -EQUAL).all() and abs(weights.sum() - 1) <= 1e-6):
            raise ValueError(f"w sums to {weights.sum():g}; weights must be >= 0 and sum to 1")
        if self.unserved not in ("abstain", "uniform"):
            raise ValueError(f'unserved is {shown(self.unserved)}; it must be "abstain" or "uniform"')
        weights = without_rounding(weights)
        for array in (correct, weights):
            array.flags.writeable = False
        object.__setattr__(self, "correct", correct)
        object.__setattr__(self, "w", weights)
        object.__setattr__(self, "players", tuple(f"provider_{i}" for i in range(providers)))
        object.__setattr__(self, "spaces", tuple(Discrete(len(correct)) for _ in range(providers)))
        object.__setattr__(self, "stages", (tuple(range(providers)),))

    @property
    def weights(self) -> FloatArray:
        """The users' weights, `(U,)`."""
        return np.asarray(self.w)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Market shares: `sum_u w_u c_i(u) / sum_j c_j(u)`, `(*batch, n)`.

        Raises:
            ValueError: there is no such classifier, or not one action for each provider.
        """
        right = self._right(actions)
        together = right.sum(axis=-2, keepdims=True)
        share = right / np.maximum(together, 1)
        if self.unserved == "uniform":
            share = np.where(together == 0, 1 / self.n, share)
        return share @ self.weights

    def best_reply(self, state: None, actions: Actions, player: int) -> IntArray:
        """The classifier of the largest weighted accuracy, users weighted `w_u / (1 + rivals who are right)`.

        Where `unserved` is "uniform" a user about whom nobody else is right is worth `w_u (1 - 1 / n)`. Of several the
        first.
        """
        values = self._reply_values(actions, player)
        return (values >= values.max(axis=-1, keepdims=True) - EQUAL).argmax(axis=-1)

    def potential(self, actions: Actions) -> FloatArray:
        """The exact potential, `(*batch,)`: what a provider gains by a change is what the potential rises by.

        `sum_u w_u H(k_u)`; where `unserved` is "uniform" the first who is right about a user adds `1 - 1 / n`, not 1.
        """
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, self.n + 1))])
        if self.unserved == "uniform":
            harmonic[1:] -= 1 / self.n
        return harmonic[self._right(actions).sum(axis=-2)] @ self.weights

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the weight of the users about whom somebody is right; and the potential."""
        served = self._right(actions).any(axis=-2) @ self.weights
        return {"welfare": served, "potential": self.potential(actions)}

    def equilibria(self) -> IntArray:
        """Every pure Nash equilibrium up to the order of providers, `(E, n)`, sorted rows in lexicographic order.

        Raises:
            ValueError: there are more than two million multisets of classifiers, or too many users beside them.
        """
        classifiers = len(self.correct)
        profiles = comb(classifiers + self.n - 1, self.n)
        users = len(self.weights)
        if profiles > MAX_PROFILES or profiles * self.n * users * classifiers > MAX_WORK:
            raise ValueError(
                f"{classifiers} classifiers and {self.n} providers have {profiles:,} profiles, "
                f"of {users} users: too many"
            )
        return pure_equilibria(self, tol=EQUAL)

    def payoffs_against(self, state: None) -> FloatArray:
        """What each classifier earns against each multiset of rivals, `(multisets, H)`, by `multisets.places`."""
        rivals = all_multisets(len(self.correct), self.n - 1)
        table = np.empty((len(rivals), len(self.correct)))
        size = max(1, CHUNK // (self.n * max(self.correct.shape)))
        for rows in (rivals[at : at + size] for at in range(0, len(rivals), size)):
            right = self.correct[rows].sum(axis=1)
            earned = (self.weights / (1 + right)) @ self.correct.T.astype(float)
            if self.unserved == "uniform":
                earned += (self.weights * (right == 0)) @ ~self.correct.T / self.n
            table[places(rows)] = earned
        return table

    def reference(self, state: None) -> Reference:
        """The first pure equilibrium of the largest potential; of too many profiles one that best replies reach."""
        try:
            found = self.equilibria()
            potentials = self.potential(tuple(found.T))
            play = tuple(found[(potentials >= potentials.max() - EQUAL).argmax()])
        except ValueError:
            play = self._by_best_replies()
        actions = tuple(np.asarray(action) for action in play)
        return Reference(
            "pure Nash equilibrium",
            Status.CONVERGED,
            actions,
            self.payoffs(None, actions),
            "Einav and Rosenfeld 2025; exact potential (Rosenthal 1973)",
        )

    def _right(self, actions: Actions) -> Array:
        """Whether each provider is right about each user, `(*batch, n, U)`."""
        chosen = [np.asarray(action) for action in actions]
        for player, action in zip(self.players, chosen, strict=True):
            # A negative index would count from the end.
            if ((action < 0) | (action >= len(self.correct))).any():
                raise ValueError(f"{player} deploys {shown(action)}; classifiers are 0 to {len(self.correct) - 1}")
        return np.stack(np.broadcast_arrays(*(self.correct[action] for action in chosen)), axis=-2)

    def _reply_values(self, actions: Actions, player: int) -> FloatArray:
        """What each classifier adds to what `player` gets anyhow, `(*batch, H)`."""
        right = self._right(actions)
        rivals = right.sum(axis=-2) - right[..., player, :]
        worth = self.weights / (1 + rivals)
        if self.unserved == "uniform":
            worth = np.where(rivals == 0, self.weights * (1 - 1 / self.n), worth)
        return worth @ self.correct.T.astype(float)

    def _by_best_replies(self) -> tuple[int, ...]:
        # Every improving move raises the potential, so that this ends.
        play = np.full(self.n, int((self.correct @ self.weights).argmax()))
        changed = True
        while changed:
            changed = False
            for player in range(self.n):
                values = self._reply_values(tuple(play), player)
                if values[play[player]] < values.max() - EQUAL:
                    play[player] = int(values.argmax())
                    changed = True
        return tuple(int(action) for action in play)


def _thresholds(labels: ArrayLike) -> Array:
    y = plain_array("y", labels)
    if y.ndim != 1 or not len(y) or not np.isin(y, (0, 1)).all():
        raise ValueError(f"y must be the labels of at least one user, 0 or 1 each; got {shown(labels)}")
    said = np.arange(len(y)) >= np.arange(len(y) + 1)[:, None]
    return said == y.astype(bool)


def _checked_correct(correct: Any) -> Array:
    array = plain_array("correct", correct).copy()
    if array.ndim != 2 or 0 in array.shape or not np.isin(array, (0, 1)).all():
        raise ValueError(f"correct must be 0 or 1 for each classifier and user, (H, U); got the shape {array.shape}")
    return array.astype(bool)


def _accuracy_minus_welfare() -> float:
    game = AccuracyMarket()
    found = game.equilibria()
    accuracy = float((game.correct @ game.weights).max())
    return accuracy - float(game.figures(None, tuple(found.T))["welfare"].min())


def _gain_beside_the_most_accurate() -> float:
    game = AccuracyMarket()
    best = np.full(game.n, int((game.correct @ game.weights).argmax()))
    return float(regret(game, None, tuple(best)).max())


def _largest_error_of_the_potential() -> float:
    """Over 200 random changes of classifier, how far a gain differs from the rise of the potential."""
    rng = np.random.default_rng(0)
    game = AccuracyMarket(3)
    before = rng.integers(0, len(game.correct), (3, 200))
    after = before.copy()
    after[0] = rng.integers(0, len(game.correct), 200)
    gains = (game.payoffs(None, tuple(after)) - game.payoffs(None, tuple(before)))[:, 0]
    return float(np.abs(game.potential(tuple(after)) - game.potential(tuple(before)) - gains).max())


def _served_by_the_second_mover() -> float:
    """The share of users whom the second of two gets right and the first, who came alone, does not."""
    game = AccuracyMarket()
    first = (game.correct @ game.weights).argmax()
    second = game.best_reply(None, (first, first), 1)
    return float((game.correct[second] & ~game.correct[first]) @ game.weights)


RECORDS = (
    Record(
        "what the worst pure equilibrium serves less than the most accurate classifier: nothing",
        0.0,
        0.0,
        "Einav and Rosenfeld 2025",
        lambda: max(0.0, _accuracy_minus_welfare()),
    ),
    Record(
        "what a provider gains by another classifier when all deploy the most accurate one: half a user of ten",
        0.05,
        1e-12,
        "derived, by hand; that it gains is Einav and Rosenfeld 2025",
        _gain_beside_the_most_accurate,
    ),
    Record(
        "the first of two takes the most accurate classifier; the second serves users that it does not: one of ten",
        0.1,
        1e-12,
        "that later ones specialise: Einav and Rosenfeld 2025; the number derived, by hand",
        _served_by_the_second_mover,
    ),
    Record(
        "200 random changes: the largest difference between the gain and the rise of the potential",
        0.0,
        1e-12,
        "Einav and Rosenfeld 2025",
        _largest_error_of_the_potential,
    ),
)
"""Published claims on the default market."""
