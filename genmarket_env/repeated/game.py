"""The repeated game: a finite stage game and a discount, its states by number, and what payoffs are held against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_real, real_array
from ..exact import stable_profiles
from ..market import FloatArray, IntArray

MAX_VALUES = 50_000_000
"""Of values of actions, of all players in all states: 400 MB."""

MAX_DISCOUNT = 0.9999


@dataclass(frozen=True, eq=False)
class RepeatedGame:
    """A finite game played for ever.

    Args:
        tensor: the payoffs of every profile, `(m, ..., m, N)`, as of `exact.payoff_tensor`; finite.
        discount: of the next round, in [0, 0.9999].

    Raises:
        ValueError: the players do not have equally many actions, payoffs are not finite, the discount is out of range,
            or there are more than 50 million values of actions to learn.

    Example:
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.9)
        >>> int(dilemma.state_of([1, 0])), dilemma.profile_of(2)
        (2, array([1, 0]))
    """

    tensor: FloatArray
    discount: float = 0.95

    def __post_init__(self) -> None:
        tensor = real_array("tensor", self.tensor)
        sizes = tensor.shape[:-1]
        if not sizes or len(set(sizes)) != 1 or tensor.shape[-1] != len(sizes) or not tensor.size:
            raise ValueError(f"tensor has the shape {tensor.shape}; it must be (m, ..., m, N) of N players")
        if not np.isfinite(tensor).all():
            raise ValueError("tensor holds a payoff that is not finite")
        if len(sizes) * float(sizes[0]) ** (len(sizes) + 1) > MAX_VALUES:
            raise ValueError(
                f"{len(sizes)} players with {sizes[0]} actions remember more than can be learned: use fewer of either"
            )
        tensor.flags.writeable = False
        object.__setattr__(self, "tensor", tensor)
        object.__setattr__(self, "discount", checked_real("discount", self.discount, 0, MAX_DISCOUNT))

    @property
    def players(self) -> int:
        """How many, N."""
        return self.tensor.ndim - 1

    @property
    def actions(self) -> int:
        """How many each has, m."""
        return self.tensor.shape[0]

    @property
    def states(self) -> int:
        """How many, `m ** N`."""
        return int(self.actions**self.players)

    @cached_property
    def payoffs(self) -> FloatArray:
        """Of the profile of each number, `(states, N)`."""
        return self.tensor.reshape(-1, self.players)

    @cached_property
    def strides(self) -> IntArray:
        """By how much each player's action counts in the number of a profile, `(N,)`."""
        return np.array([self.actions ** (self.players - 1 - i) for i in range(self.players)], np.int64)

    def state_of(self, profile: ArrayLike) -> IntArray:
        """The numbers of profiles `(*batch, N)`, `(*batch,)`."""
        return np.asarray(np.asarray(profile, np.int64) @ self.strides)

    def profile_of(self, state: ArrayLike) -> IntArray:
        """The profiles of numbers `(*batch,)`, `(*batch, N)`."""
        return np.asarray(state, np.int64)[..., None] // self.strides % self.actions


@dataclass(frozen=True)
class Benchmarks:
    """Between what a player's payoff is measured.

    Attributes:
        nash: what a player earns in the one-shot equilibrium.
        joint: what a player earns on average where the sum of payoffs is largest.

    Example:
        >>> round(float(Benchmarks(0.25, 0.75).gain(0.5)), 3)
        0.5
    """

    nash: float
    joint: float

    def gain(self, payoff: ArrayLike) -> FloatArray:
        """The payoff gain: 0 at the one-shot equilibrium, 1 at the joint optimum, NaN where the two are the same."""
        distance = self.joint - self.nash
        above = np.asarray(payoff, float) - self.nash
        return np.asarray(above / distance if distance > 0 else np.full_like(above, np.nan))


def benchmarks_of(game: RepeatedGame) -> Benchmarks:
    """The mean payoff over players, and over all pure equilibria of the stage game, and that of the joint optimum.

    Raises:
        ValueError: the stage game has no pure Nash equilibrium.

    Example:
        >>> benchmarks_of(RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]])))
        Benchmarks(nash=1.0, joint=2.0)
    """
    mean = game.tensor.mean(axis=-1)
    stable = stable_profiles(game.tensor)
    if not len(stable):
        raise ValueError("the stage game has no pure Nash equilibrium that payoffs could be held against")
    return Benchmarks(float(mean[tuple(stable.T)].mean()), float(mean.max()))
