"""Platforms that serve a user and sell what they learn of it to a buyer: entry and noise, joining, prices, buying.

Source: Fallah, Jordan, Makhdoumi and Malekian, "On Three-Layer Data Markets" (arXiv 2402.09697): signals, the
information revealed, utilities, the four stages and the results on policy. Closed forms are re-derived; that a profile
is an equilibrium is checked here, deviation by deviation, as the formula alone is valid only for a large enough alpha.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from math import isinf

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_real
from ..exact import Reference, unfold
from ..market import FloatArray, IntArray
from ..messages import shown
from ..protocol import Actions, Array, Play
from ..status import Status
from ..tolerances import TIED
from .checks import LARGEST, one_or_each
from .records import Record

MAX_PLATFORMS = 6
OUT = -0.05
"""The least noise that can be chosen, over `s_max`: below 0 a platform stays out."""

ROUNDS = 10
NUDGES = np.array([0.0, *(sign * size for size in (1e-9, 1e-7, 1e-5) for sign in (1, -1))])
GAIN = 1e-7
"""A deviation that gains less is none."""


@dataclass(frozen=True, eq=False)
class DataMarket:
    """Platforms choose entry and noise, the `user` joins some, sellers post prices, the `buyer` buys some of the data.

    Platform i and `seller_i` are one, in two stages, and get the same. The user's and the buyer's action is a set: bit
    i stands for platform i.

    Args:
        gamma: how much each platform's signal says of what the buyer wants, in [0, 1]; 1 to 6 platforms.
        alpha: what the user minds a unit of revealed information, > 0.
        beta: what it is worth to the buyer, > 0.
        c: the cost of each platform, >= 0; "low" below 1/2, what joining is worth to it.
        floor: the least variance of the noise in what is sold, a regulator's, for all or each; infinite for a ban.
        s_max: the largest variance of the noise that can be chosen, > 0.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = DataMarket()
        >>> [equilibrium.round(3).tolist() for equilibrium in game.equilibria()]
        [[2.05, 1.2]]
    """

    gamma: ArrayLike = (0.9, 0.8)
    alpha: float = 3.0
    beta: float = 1.0
    c: ArrayLike = (0.3, 0.6)
    floor: ArrayLike = 0.0
    s_max: float = 20.0
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Box | Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        tiny = float(np.finfo(float).tiny)
        for name in ("alpha", "beta", "s_max"):
            object.__setattr__(self, name, checked_real(name, getattr(self, name), tiny, 1e9))
        given = {"gamma": self.gamma, "c": self.c, "floor": self.floor}
        legal = {"gamma": (0.0, 1.0), "c": (0.0, LARGEST), "floor": (0.0, np.inf)}
        for name, array in one_or_each("platform", given, legal).items():
            object.__setattr__(self, name, array)
        K = len(self._gamma)
        if K > MAX_PLATFORMS:
            raise ValueError(f"there are {K} platforms; give {MAX_PLATFORMS} at most")
        noise = Box(OUT * self.s_max, self.s_max, (1,), np.float64)
        price = Box(0.0, self.beta, (1,), np.float64)
        sets = Discrete(2**K)
        names = [[f"platform_{i}" for i in range(K)], ["user"], [f"seller_{i}" for i in range(K)], ["buyer"]]
        object.__setattr__(self, "players", tuple(name for stage in names for name in stage))
        object.__setattr__(self, "spaces", (*(noise,) * K, sets, *(price,) * K, sets))
        stages = (tuple(range(K)), (K,), tuple(range(K + 1, 2 * K + 1)), (2 * K + 1,))
        object.__setattr__(self, "stages", stages)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Of platforms 1/2 if joined and the price if sold, less c; of user and buyer; `(*batch, 2K + 2)`."""
        noise, joined, prices, bought = self._told(actions)
        entered = noise >= 0
        platforms = np.where(entered, joined / 2 + prices * bought - self._c, 0.0)
        revealed = self._information(noise, bought)[..., None]
        user = joined.sum(axis=-1, keepdims=True) / 2 - self.alpha * revealed
        buyer = self.beta * revealed - (prices * bought).sum(axis=-1, keepdims=True)
        return np.concatenate([platforms, user, platforms, buyer], axis=-1)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: of platforms, user and buyer; the information revealed; how many platforms entered."""
        noise, _, _, bought = self._told(actions)
        K = len(self._c)
        payoffs = self.payoffs(state, actions)
        welfare = payoffs[..., : K + 1].sum(axis=-1) + payoffs[..., -1]
        return {
            "welfare": welfare,
            "information": self._information(noise, bought),
            "entered": (noise >= 0).sum(axis=-1) * 1.0,
        }

    def information(self, noise: ArrayLike, bought: ArrayLike) -> FloatArray:
        """What the data of some platforms reveals, `S / (1 + S)` with `S = sum gamma^2 / (2 + sigma^2 - gamma^2)`.

        Args:
            noise: the variances `(*batch, K)`; below the floor they are raised to it.
            bought: whether each platform's data is bought, bool `(*batch, K)`.
        """
        return self._information(np.asarray(noise, float), np.asarray(bought, bool))

    def boundary(self, entrants: int) -> FloatArray:
        """The noise of each platform at which so many entrants leave the user just 0, at least its floor, `(K,)`."""
        formula = self._gamma**2 * (2 * self.alpha - entrants + 1) - 2
        return np.maximum(np.maximum(formula, 0.0), self._floor)

    def user(self, state: None, seen: tuple[Array | None, ...]) -> IntArray:
        """The user's policy: the set of platforms best for it if all its data is sold; of equal ones the largest."""
        noise = self._noise(seen)
        worth = self._sizes / 2 - self.alpha * self._information(noise[..., None, :], self._sets)
        worth = np.where((self._sets & (noise < 0)[..., None, :]).any(axis=-1), -np.inf, worth)
        best = worth >= worth.max(axis=-1, keepdims=True) - TIED
        return np.where(best, self._sizes, -1).argmax(axis=-1)

    def seller(self, at: int, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """A seller's policy: what its data adds to what the buyer has by all the others."""
        noise, joined = self._noise(seen), self._members(seen[len(self._c)])
        rest = joined & (np.arange(len(self._c)) != at)
        gain = self.beta * (self._information(noise, joined) - self._information(noise, rest))
        return np.where(joined[..., at] & (noise[..., at] >= 0), gain, 0.0)[..., None]

    def buyer(self, state: None, seen: tuple[Array | None, ...]) -> IntArray:
        """The buyer's policy: the best set of what there is; of equal ones the largest."""
        K = len(self._c)
        noise, joined = self._noise(seen), self._members(seen[K])
        told = [np.asarray(action, float) for action in seen[K + 1 : 2 * K + 1] if action is not None]
        prices = np.stack(np.broadcast_arrays(*told), axis=-2)[..., 0]
        worth = self.beta * self._information(noise[..., None, :], self._sets) - (
            self._sets * prices[..., None, :]
        ).sum(axis=-1)
        there = joined & (noise >= 0)
        worth = np.where((self._sets & ~there[..., None, :]).any(axis=-1), -np.inf, worth)
        best = worth >= worth.max(axis=-1, keepdims=True) - TIED
        return np.where(best, self._sizes, -1).argmax(axis=-1)

    def reduced(self, noise: ArrayLike) -> FloatArray:
        """All payoffs when only entry and noise `(*batch, K)` are chosen, and the rest is played exactly."""
        told = np.asarray(noise, float)
        return self.payoffs(None, unfold(self, None, self._play(told)))

    def gains(self, noise: ArrayLike) -> FloatArray:
        """What each platform could gain by other noise, or by entering or leaving, `(K,)`."""
        told = np.asarray(noise, float)
        now = self._foreseen(told[None])[0]
        return np.array([max(self._best(told, i)[1] - now[i], 0.0) for i in range(len(self._c))])

    def equilibria(self) -> list[FloatArray]:
        """The equilibria found, most entrants first: noise `(K,)` each, negative for those who stay out.

        For each set of entrants the boundary, and where that is none what best replies lead to from it. An empty list
        does not prove that there is none; some games have none.
        """
        found: list[FloatArray] = []
        for entering in sorted(product((True, False), repeat=len(self._c)), key=lambda each: -sum(each)):
            start = np.where(entering, self.boundary(sum(entering)), OUT * self.s_max)
            start = np.where(np.isinf(start), self.s_max, np.minimum(start, self.s_max))
            settled = self._settled(start)
            if settled is not None and not any(np.allclose(settled, other, atol=1e-6) for other in found):
                found.append(settled)
        return sorted(found, key=lambda noise: -int((noise >= 0).sum()))

    def reference(self, state: None) -> Reference:
        """The equilibrium of the most entrants, later stages exact; none where none was found."""
        source = "Fallah et al. 2024; deviations checked"
        found = self.equilibria()
        if not found:
            return Reference("no pure equilibrium found", Status.MAX_ROUNDS, None, None, source)
        concept = "subgame perfect equilibrium, ties to joining and buying"
        return Reference(concept, Status.CONVERGED, self._play(found[0]), self.reduced(found[0]), source)

    @property
    def _gamma(self) -> FloatArray:
        return np.asarray(self.gamma)

    @property
    def _c(self) -> FloatArray:
        return np.asarray(self.c)

    @property
    def _floor(self) -> FloatArray:
        return np.asarray(self.floor)

    @cached_property
    def _sets(self) -> Array:
        """Every set of platforms, bool `(2^K, K)`."""
        return (np.arange(2 ** len(self._c))[:, None] >> np.arange(len(self._c))) & 1 == 1

    @cached_property
    def _sizes(self) -> IntArray:
        return self._sets.sum(axis=1)

    def _members(self, told: Array | None) -> Array:
        chosen = np.asarray(told)
        if ((chosen < 0) | (chosen >= len(self._sets))).any():
            raise ValueError(f"a set is {shown(chosen.tolist())}; sets are 0 to {len(self._sets) - 1}")
        return self._sets[chosen]

    def _noise(self, seen: tuple[Array | None, ...]) -> FloatArray:
        told = [np.asarray(action, float) for action in seen[: len(self._c)] if action is not None]
        return np.stack(np.broadcast_arrays(*told), axis=-2)[..., 0]

    def _told(self, actions: Actions) -> tuple[FloatArray, Array, FloatArray, Array]:
        """Noise, who is joined, prices and whose data is bought, `(*batch, K)` each."""
        K = len(self._c)
        noise = self._noise(actions)
        joined = self._members(actions[K]) & (noise >= 0)
        prices = np.stack(np.broadcast_arrays(*(np.asarray(a, float) for a in actions[K + 1 : 2 * K + 1])), axis=-2)
        parts = (noise, joined, prices[..., 0], self._members(actions[-1]) & joined)
        shape = np.broadcast_shapes(*(part.shape for part in parts))
        noise, joined, prices, bought = (np.broadcast_to(part, shape) for part in parts)
        return noise, joined, prices, bought

    def _information(self, noise: FloatArray, members: Array) -> FloatArray:
        square = self._gamma**2
        each = square / (2 + np.maximum(np.maximum(noise, 0.0), self._floor) - square)
        total = (each * members).sum(axis=-1)
        return total / (1 + total)

    def _play(self, noise: FloatArray) -> Play:
        K = len(self._c)
        first = tuple(noise[..., i, None] for i in range(K))
        return (*first, self.user, *(partial(self.seller, i) for i in range(K)), self.buyer)

    def _best(self, noise: FloatArray, at: int) -> tuple[float, float]:
        """A platform's best noise, or staying out, beside the others', and what it gets."""
        low = 0.0 if isinf(self._floor[at]) else min(float(self._floor[at]), self.s_max)
        switches = self._switches(noise, at, low)
        # While the user keeps to a set of platforms more noise sells for less: the least noise of each set is best. The
        # user may be indifferent at an end of the range too, where the others have made it so.
        points = np.concatenate([[low, self.s_max], switches])
        own = np.unique(points[:, None] + NUDGES * (1 + points[:, None]))
        own = np.concatenate([own[(own >= low) & (own <= self.s_max)], [OUT * self.s_max]])
        tried = np.repeat(noise[None], len(own), axis=0)
        tried[:, at] = own
        values = self._foreseen(tried)[:, at]
        best = int((values >= values.max() - TIED).argmax())
        return float(own[best]), float(values[best])

    def _foreseen(self, noise: FloatArray) -> FloatArray:
        """What platforms get when the rest is played exactly, `(P, K)`: the user's set is sold at what it adds."""
        joined = self._sets[self.user(None, tuple(noise[:, i, None] for i in range(len(self._c))))]
        without = joined[:, None, :] & ~np.eye(len(self._c), dtype=bool)
        all_of_it = self._information(noise, joined)[:, None]
        prices = self.beta * (all_of_it - self._information(noise[:, None, :], without))
        return np.where(noise >= 0, joined / 2 + np.where(joined, prices, 0.0) - self._c, 0.0)

    def _switches(self, noise: FloatArray, at: int, low: float) -> FloatArray:
        """The own noise at which the user is indifferent between two sets of platforms."""
        square = self._gamma**2
        each = np.where(noise >= 0, square / (2 + np.maximum(np.maximum(noise, 0.0), self._floor) - square), 0.0)
        with_it = self._sets[self._sets[:, at]]
        without = self._sets[~self._sets[:, at]]
        rest = (each * (with_it & (np.arange(len(each)) != at))).sum(axis=1)
        other = (each * without).sum(axis=1)
        level = (with_it.sum(axis=1)[:, None] - without.sum(axis=1)) / (2 * self.alpha) + other / (1 + other)
        found = []
        with np.errstate(all="ignore"):
            found.append(level / (1 - level) - rest[:, None])
            # Between two sets that both have it: a quadratic in what its own data adds.
            a, b = rest[:, None], rest[None, :]
            k = (with_it.sum(axis=1)[:, None] - with_it.sum(axis=1)) / (2 * self.alpha)
            root = np.sqrt((a - b) ** 2 + 4 * (a - b) / k)
            found += [(-(2 + a + b) + sign * root) / 2 for sign in (1, -1)]
            added = np.concatenate([part.ravel() for part in found])
            variances = square[at] / added + square[at] - 2
        return np.unique(variances[np.isfinite(variances) & (variances > low) & (variances < self.s_max)])

    def _settled(self, start: FloatArray) -> FloatArray | None:
        """The profile, or what best replies from it lead to, in which nobody gains; None where they do not settle."""
        noise = start.copy()
        for _ in range(ROUNDS):
            gains = self.gains(noise)
            if gains.max() <= GAIN:
                return noise
            mover = int(gains.argmax())
            noise[mover] = self._best(noise, mover)[0]
        return None


def _price(K: int) -> float:
    game = DataMarket((0.9,) * K, 5.0, 1.0, 0.3)
    actions = unfold(game, None, game.reference(None).play or ())
    return float(actions[K + 1][0])


def _holds(K: int, alpha: float) -> float:
    game = DataMarket((0.9,) * K, alpha, 1.0, 0.3)
    return float(game.gains(game.boundary(K)).max() <= GAIN)


_PAPER = "Fallah et al. 2024; re-derived"

RECORDS = (
    *(
        Record(
            f"gamma = .9, alpha = 5, beta = 1, {K} platforms: the price of the data of each",
            published,
            1e-7,
            _PAPER,
            partial(_price, K),
        )
        for K, published in ((2, 0.0888889), (3, 0.0777778), (4, 0.0666667))
    ),
    *(
        Record(
            f"the boundary is an equilibrium (1) or not (0): gamma = .9, {K} platforms, alpha = {alpha:g}",
            published,
            0.0,
            "derived, by deviations",
            partial(_holds, K, alpha),
        )
        for K, alpha, published in ((2, 3.0, 1.0), (3, 3.0, 0.0), (4, 3.0, 0.0), (3, 5.0, 1.0), (4, 5.0, 1.0))
    ),
)
"""Published claims, computed anew."""
