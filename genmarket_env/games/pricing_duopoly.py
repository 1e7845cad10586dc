"""A pricing duopoly in which one firm is first to market: it posts a price, the latecomer sees it and posts its own.

Source: Mahmood, "Pricing and Competition for Generative AI" (NeurIPS 2024, arXiv 2411.02661). A model satisfies a user
of task t with probability `v_t` a prompt, so a pass costs `price / v_t` on average, and the latecomer gets task t if
its price is at most `kappa_t q`, where q is the first mover's price and `kappa_t` the ratio of the two success
probabilities. The thresholds and the demand are the paper's; the solution for any number of tasks is derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_real, real_array
from ..exact import Reference
from ..market import FloatArray, IntArray
from ..protocol import Actions, Array
from ..status import Status
from .records import Record

REGIONS = ("shut out", "kept low", "free")
"""What two tasks leave to the first mover, in the order of `region`."""

INDIFFERENT = 1e-9
"""Revenues of the latecomer within this relative distance are the same to it."""


@dataclass(frozen=True, eq=False)
class PricingDuopoly:
    """`first_mover` posts q, then `latecomer` posts p; task t goes to the latecomer if `p <= kappa_t q`.

    Args:
        a: the demand of each task at price 0, in prompts, `(T,)`, > 0: at price x it is `a_t exp(-b x)`.
        kappa: the latecomer's success probability over the first mover's, for each task, `(T,)`, > 0.
        b: how fast demand falls, per unit of price, > 0.
        p_max: the largest price, > 0; `10 / b` by default, beyond which hardly any revenue is left.

    Tasks are sorted so that kappa falls; tasks of the same kappa are merged. A latecomer who is indifferent decides in
    favour of the first mover; without that the first mover's best price would not exist, only prices that approach it.

    Raises:
        ValueError: a parameter is not positive and finite, or `a` and `kappa` differ in length.

    Example:
        >>> game = PricingDuopoly(a=(100, 400), kappa=(2.0, 0.5))
        >>> game.payoffs(None, (np.array([2.0]), np.array([2.0]))).round(2)
        array([294.3 ,  73.58])
    """

    a: ArrayLike = (400.0, 100.0)
    kappa: ArrayLike = (1.5, 0.5)
    b: float = 0.5
    p_max: float | None = None
    players: tuple[str, ...] = field(init=False, default=("first_mover", "latecomer"))
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False, default=((0,), (1,)))

    def __post_init__(self) -> None:
        a, kappa = np.atleast_1d(real_array("a", self.a)), np.atleast_1d(real_array("kappa", self.kappa))
        if a.shape != kappa.shape or a.ndim != 1 or not len(a):
            raise ValueError(f"a has {a.size} tasks and kappa {kappa.size}: give one value of each a task")
        for name, values in (("a", a), ("kappa", kappa)):
            with np.errstate(over="ignore"):
                finite = np.isfinite(values.sum())
            if not (finite and (values > 0).all()):
                raise ValueError(f"{name} is {values.tolist()}; the values must be positive and their sum finite")
        b = checked_real("b", self.b, np.finfo(float).tiny, np.finfo(float).max)
        high = checked_real(
            "p_max", 10 / b if self.p_max is None else self.p_max, np.finfo(float).tiny, float(np.finfo(np.float32).max)
        )
        merged = -np.unique(-kappa)
        demand = np.array([a[kappa == value].sum() for value in merged])
        for name, value in (("a", demand), ("kappa", merged), ("b", b), ("p_max", high)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "spaces", (Box(0.0, high, (1,), np.float64), Box(0.0, high, (1,), np.float64)))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known before the first price."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Revenues `(*batch, 2)`: price times the demand, at that price, of the tasks that a firm gets."""
        q, p = (np.asarray(action, float)[..., 0] for action in actions)
        late = p[..., None] <= self._kappa * q[..., None]
        to_late = (late * self._a).sum(axis=-1)
        to_first = (~late * self._a).sum(axis=-1)
        b = self.b
        return np.stack(np.broadcast_arrays(q * np.exp(-b * q) * to_first, p * np.exp(-b * p) * to_late), axis=-1)

    def best_reply(self, state: None, actions: Actions, player: int) -> FloatArray:
        """The latecomer's best price, exact; the first mover's best price against a *fixed* price of the latecomer."""
        if player == 1:
            return self._reply(np.asarray(actions[0], float)[..., 0])[..., None]
        return self._against_fixed(np.asarray(actions[1], float)[..., 0])[..., None]

    def follower(self, state: None, seen: tuple[Array | None, ...]) -> Array:
        """The latecomer's policy: its best reply to the price that it has seen."""
        assert seen[0] is not None
        return self._reply(np.asarray(seen[0], float)[..., 0])[..., None]

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the two revenues; and the users' demand that is met, in prompts."""
        q, p = (np.asarray(action, float)[..., 0] for action in actions)
        late = p[..., None] <= self._kappa * q[..., None]
        price = np.where(late, p[..., None], q[..., None])
        revenue = self.payoffs(state, actions).sum(axis=-1)
        return {"welfare": revenue, "prompts": (self._a * np.exp(-self.b * price)).sum(axis=-1)}

    def reference(self, state: None) -> Reference:
        """The Stackelberg equilibrium: the first mover's best price and the latecomer's best reply to any price."""
        play = (np.array([self._leader]), self.follower)
        payoffs = self.payoffs(None, (play[0], self.follower(None, (play[0], None))))
        return Reference("Stackelberg equilibrium", Status.CONVERGED, play, payoffs, "Mahmood 2024; derived for any T")

    @property
    def _a(self) -> FloatArray:
        return np.asarray(self.a)

    @property
    def _kappa(self) -> FloatArray:
        return np.asarray(self.kappa)

    def _reply(self, q: FloatArray) -> FloatArray:
        """The latecomer's best price: for each m the price at which it serves the m tasks of the largest kappa."""
        caps = self._kappa * q[..., None]
        prices = np.minimum(np.minimum(1 / self.b, caps), self._high)
        values = prices * np.exp(-self.b * prices) * np.cumsum(self._a)
        # At a price at or below the next threshold it would serve more than m tasks: that is option m + 1 or later.
        following = np.concatenate([caps[..., 1:], np.full((*caps.shape[:-1], 1), -1.0)], axis=-1)
        values = np.where(prices > following, values, -1.0)
        best = values >= values.max(axis=-1, keepdims=True) * (1 - INDIFFERENT)
        # The first of the best serves the fewest tasks: what an indifferent latecomer leaves is the first mover's.
        chosen = best.argmax(axis=-1)
        price = np.take_along_axis(prices, chosen[..., None], axis=-1)[..., 0]
        return np.where(q > 0, price, 0.0)

    def _against_fixed(self, p: FloatArray) -> FloatArray:
        """The price q of the largest `q exp(-b q)` times the demand of the tasks with `kappa_t q < p`."""
        # Just below p / kappa_t the first mover still has task t; the supremum is not attained. The division and the
        # product with kappa_t each round, so that the next number below is not always low enough.
        limits = p[..., None] / self._kappa * (1 - 4 * np.finfo(float).eps)
        tried = np.minimum(np.minimum(limits, 1 / self.b), self._high)
        tried = np.concatenate([tried, np.broadcast_to(min(1 / self.b, self._high), (*p.shape, 1))], axis=-1)
        kept = (p[..., None, None] > self._kappa * tried[..., None]) @ self._a
        values = tried * np.exp(-self.b * tried) * kept
        return np.take_along_axis(tried, values.argmax(axis=-1)[..., None], axis=-1)[..., 0]

    @property
    def _high(self) -> float:
        assert self.p_max is not None
        return self.p_max

    @cached_property
    def _leader(self) -> float:
        """The first mover's best price; its monopoly price `1 / b` where it earns nothing at any price.

        Between two prices at which the latecomer changes its mind, what is left to the first mover is constant, and its
        revenue largest at `1 / b` or at the end nearer to it.
        """
        ends = np.unique(np.clip(np.array([0.0, self._high, 1 / self.b, *self._switches()]), 0.0, self._high))
        middle = (ends[:-1] + ends[1:]) / 2
        tried = np.concatenate([np.clip(1 / self.b, ends[:-1], ends[1:]), middle, ends])[:, None]
        values = self.payoffs(None, (tried, self.follower(None, (tried, None))))[:, 0]
        best = int(values.argmax())
        return float(tried[best, 0]) if values[best] > 0 else min(1 / self.b, self._high)

    def _switches(self) -> list[float]:
        """The first mover's prices at which two of the latecomer's options tie, or one of them begins or ends."""
        from scipy.special import lambertw

        kappa, demand, b = self._kappa, np.cumsum(self._a), self.b
        found = list(1 / (b * kappa))
        for few in range(len(kappa)):
            for many in range(few + 1, len(kappa)):
                ratio = kappa[few] * demand[few] / (kappa[many] * demand[many])
                # Both at their caps, then the fewer tasks at the best price 1 / b and the more at their cap.
                found.append(np.log(ratio) / (b * (kappa[few] - kappa[many])) if ratio > 0 else 0.0)
                found.append(float(-lambertw(-demand[few] / (demand[many] * np.e)).real) / (b * kappa[many]))
                if self._high < 1 / b:  # a cap at the largest price instead
                    value = self._high * np.exp(-b * self._high) * demand[few] / demand[many]
                    found.append(float(-lambertw(-b * value).real) / (b * kappa[many]))
        return [switch for switch in (*found, *(self._high / kappa)) if np.isfinite(switch) and switch > 0]


def region(rho: ArrayLike, r: ArrayLike) -> IntArray:
    """What the first mover can do where there are two tasks: an index into `REGIONS`.

    It is shut out if `r >= rho`. Else the latecomer leaves it the second task up to a price at which the cap binds the
    latecomer on both tasks, if `rho < r exp(1 - r)` ("kept low"), or on the second only ("free").

    Args:
        rho: the first task's share of the demand, `a_1 / (a_1 + a_2)`, in (0, 1).
        r: `kappa_2 / kappa_1`, in (0, 1].

    Source: Mahmood 2024, Fig. 3; the inequalities derived.

    Example:
        >>> [REGIONS[index] for index in region(0.5, [0.6, 0.4, 0.1])]
        ['shut out', 'kept low', 'free']
    """
    share, ratio = np.asarray(rho, float), np.asarray(r, float)
    return np.where(ratio >= share, 0, np.where(share < ratio * np.exp(1 - ratio), 1, 2))


def _first_mover_earns(a: tuple[float, ...], kappa: tuple[float, ...], b: float) -> float:
    payoffs = PricingDuopoly(a, kappa, b).reference(None).payoffs
    assert payoffs is not None
    return float(payoffs[0])


def _jumps_of_the_published_instance() -> float:
    """How often the latecomer's revenue falls at once as its price rises, for q = 1."""
    game = PricingDuopoly((100, 200, 400), (1.5, 1.0, 0.5), b=0.5)
    at = np.linspace(0.0, 2.0, 2001) + 1e-9
    revenue = game.payoffs(None, (np.array([1.0]), at[:, None]))[:, 1]
    return float((np.diff(revenue) < -5.0).sum())


def _prices_without_revenue(player: int, low: float) -> float:
    """At how many of 1,000 prices of the first mover, from `low` times its best one up, a firm earns nothing."""
    game = PricingDuopoly()
    q = np.linspace(low * game._leader, game._high, 1000)[:, None]
    return float((game.payoffs(None, (q, game.follower(None, (q, None))))[:, player] <= 0).sum())


RECORDS = (
    Record(
        "Fig. 2, demands (100, 200, 400) exp(-p / 2), kappas (1.5, 1, .5): the first mover earns nothing",
        0.0,
        0.0,
        "Mahmood 2024, Fig. 2; by brute force",
        lambda: _first_mover_earns((100, 200, 400), (1.5, 1.0, 0.5), b=0.5),
    ),
    Record(
        "Fig. 3, kappa_2 / kappa_1 = .6 above the first task's share .5: the first mover earns nothing",
        0.0,
        0.0,
        "Mahmood 2024, Fig. 3",
        lambda: _first_mover_earns((0.5, 0.5), (1.0, 0.6), b=1.0),
    ),
    Record(
        "Fig. 3, kappa_2 / kappa_1 = .4, share .5: q = log(.5 / .4) / .6, revenue .5 q exp(-q)",
        0.5 * np.log(1.25) / 0.6 * np.exp(-np.log(1.25) / 0.6),
        1e-9,
        "Mahmood 2024, Fig. 3; the formula derived",
        lambda: _first_mover_earns((0.5, 0.5), (1.0, 0.4), b=1.0),
    ),
    Record(
        "Fig. 2: as the latecomer's price rises its revenue falls at once at each kappa_t q, three times",
        3.0,
        0.0,
        "Mahmood 2024, Fig. 2",
        _jumps_of_the_published_instance,
    ),
    Record(
        "the default duopoly: of 1,000 prices of the first mover the latecomer earns nothing at none",
        0.0,
        0.0,
        "Mahmood 2024",
        lambda: _prices_without_revenue(1, 0.001),
    ),
    Record(
        "the same: of 1,000 prices above its best one the first mover earns nothing at all of them",
        1000.0,
        0.0,
        "Mahmood 2024; the limit derived",
        lambda: _prices_without_revenue(0, 1.0001),
    ),
)
"""Published claims, computed anew."""
