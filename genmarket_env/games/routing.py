"""A provider routes prompts to a standard or a reasoning model; a user whose prompt has failed may give up.

Source: Mahmood, "Routing, Cascades, and User Choice for LLMs" (ICLR 2026, arXiv 2602.09902): model, payoffs and
theorems. The search where the theorems leave a gap is ours. After a failure the user abandons with probability q; else
the standard model is tried again, or with probability s the reasoning model takes over for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_real, real_array
from ..exact import Reference, best_commitment
from ..market import FloatArray
from ..messages import shown
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL
from .checks import LARGEST, stacked
from .records import Record

REASONING = -0.25
"""The least of the provider's actions: below 0 it begins with the reasoning model."""


@dataclass(frozen=True, eq=False)
class Routing:
    """The `provider` commits to a model and an escalation, then the `user` to how likely it gives up after a failure.

    Args:
        p: the success of a pass of the standard and the reasoning model, increasing, in (0, 1).
        c: the provider's cost of a pass, increasing, > 0.
        t: the delay of a pass, increasing, > 0, on the scale of V.
        V: what a success is worth to the user, > 0.
        P: what it costs the provider if the user gives up, > 0.

    The provider's action is s, the probability of escalation after a failure of the standard model; below 0 it begins
    with the reasoning model. The user's is q.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = Routing()
        >>> game.reference(None).payoffs.round(3), round(game.misalignment_gap(), 9)
        (array([-0.25,  0.75]), 0.0)
    """

    p: ArrayLike = (0.4, 0.8)
    c: ArrayLike = (0.1, 0.4)
    t: ArrayLike = (0.1, 0.5)
    V: float = 1.0
    P: float = 0.5
    players: tuple[str, ...] = field(init=False, default=("provider", "user"))
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False, default=((0,), (1,)))

    def __post_init__(self) -> None:
        for name, high in (("p", 1.0), ("c", LARGEST), ("t", LARGEST)):
            pair = real_array(name, getattr(self, name))
            if pair.shape != (2,) or not 0 < pair[0] < pair[1] or not (pair[1] < high):
                raise ValueError(
                    f"{name} is {shown(pair.tolist())}; give two increasing numbers above 0 and below {high:g}"
                )
            object.__setattr__(self, name, pair)
        for name in ("V", "P"):
            value = checked_real(name, getattr(self, name), float(np.finfo(float).tiny), LARGEST)
            object.__setattr__(self, name, value)
        spaces = (Box(REASONING, 1.0, (1,), np.float64), Box(0.0, 1.0, (1,), np.float64))
        object.__setattr__(self, "spaces", spaces)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def outcome(self, actions: Actions) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The probability of success, the expected delay and the expected cost of a prompt, `(*batch,)` each."""
        told = stacked(actions)
        s, q = told[..., 0], told[..., 1]
        (p1, p2), (c1, c2), (t1, t2) = self._p, np.asarray(self.c), np.asarray(self.t)
        b = 1 / (p2 + (1 - p2) * q)
        first = s >= 0
        a, onwards = np.where(first, (1 - p1) * (1 - q), 0.0), np.maximum(s, 0.0)
        stay = 1 - a * (1 - onwards)

        def total(standard: float, reasoning: float) -> FloatArray:
            return np.where(first, (standard + a * b * reasoning * onwards) / stay, b * reasoning)

        return total(p1, p2), total(t1, t2), total(c1, c2)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Of the provider `-(cost + P (1 - success))`, of the user `V success - delay`; `(*batch, 2)`."""
        success, delay, cost = self.outcome(actions)
        return np.stack([-(cost + self.P * (1 - success)), self.V * success - delay], axis=-1)

    def best_reply(self, state: None, actions: Actions, player: int) -> FloatArray:
        """The user's best q; the provider's best s against a *fixed* q, at an end of its range or the other model."""
        if player == 1:
            return self._reply(np.asarray(actions[0], float)[..., 0])[..., None]
        # Cost and failures are fractions of linear functions of s, so that an end is best.
        tried = np.array([0.0, 1.0, REASONING])
        q = np.asarray(actions[1], float)[..., 0]
        values = self.payoffs(None, (tried[:, None], q[..., None, None]))[..., 0]
        return tried[values.argmax(axis=-1)][..., None]

    def user(self, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """The user's policy: its best q beside what the provider has committed to."""
        assert seen[0] is not None
        return self._reply(np.asarray(seen[0], float)[..., 0])[..., None]

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: value less delay and cost; the probability of success, the delay and the cost."""
        success, delay, cost = self.outcome(actions)
        return {"welfare": self.V * success - delay - cost, "success": success, "delay": delay, "cost": cost}

    @property
    def net_values(self) -> FloatArray:
        """What one more pass of each model is worth to the user, `xi = V p - t`, `(2,)`."""
        return self.V * self._p - np.asarray(self.t)

    @cached_property
    def thresholds(self) -> tuple[float, ...]:
        """The escalations at which the user changes its mind: `(s0,)`, `(sL, sH)` or none."""
        (xi1, xi2), (p1, p2) = self.net_values, self._p
        if xi1 < 0 < xi2:
            return (float(-xi1 / (xi2 / p2 - xi1)),)
        if xi1 > 0 > xi2:
            k = (1 - p1) * (1 - p2)
            # F(s, 0) = 0, a quadratic that falls in s >= 0.
            a, b, c = xi2 * k, xi2 * (1 - k) - xi1 * p2**2, xi1 * p2**2
            return float(2 * c / (-b + np.sqrt(b**2 - 4 * a * c))), float(xi1 / (xi1 - xi2))
        return ()

    def misalignment_gap(self) -> float:
        """What the user would gain if the provider's commitment were the one that is best for the user."""
        return float(max(self._best(1)[1], self._at(REASONING)[1]) - self._at(self._choice)[1])

    def throttling_gain(self) -> float:
        """What the provider saves by delays so long that users leave after one pass; 0 where it has no reason to.

        It has where `P <= min c_i / p_i` (Proposition 2), compared with users who never leave.
        """
        stays = float((np.asarray(self.c) / self._p).min())
        leaves = float((np.asarray(self.c) + self.P * (1 - self._p)).min())
        return stays - leaves if stays >= self.P else 0.0

    def reference(self, state: None) -> Reference:
        """The provider's best commitment and the user's best reply to any; a user who is indifferent stays."""
        payoffs = self._at(self._choice)
        source = "Mahmood 2026; between the theorems by search"
        play = (np.array([self._choice]), self.user)
        return Reference("Stackelberg equilibrium, ties to staying", Status.CONVERGED, play, payoffs, source)

    @property
    def _p(self) -> FloatArray:
        return np.asarray(self.p)

    def _at(self, action: float) -> FloatArray:
        """Both payoffs when the user answers a commitment."""
        told = np.array([action])
        return self.payoffs(None, (told, self.user(None, (told, None))))

    def _best(self, player: int) -> tuple[float, float]:
        """The escalation that is best for a player, beginning with the standard model, and its payoff."""

        def payoff(s: FloatArray) -> FloatArray:
            return self.payoffs(None, (s[:, None], self.user(None, (s[:, None], None))))[:, player]

        return best_commitment(payoff, [0.0, *self.thresholds, 1.0], points=257)

    @cached_property
    def _choice(self) -> float:
        escalation, value = self._best(0)
        return escalation if value >= self._at(REASONING)[0] - EQUAL else REASONING

    def _reply(self, s: FloatArray) -> FloatArray:
        (xi1, xi2), (p1, p2) = self.net_values, self._p
        if xi1 > 0 > xi2:
            low, high = self.thresholds
            left, right = np.zeros(s.shape), np.ones(s.shape)
            for _ in range(60):
                q = (left + right) / 2
                falls = xi1 * (1 - s) * (p2 + (1 - p2) * q) ** 2 > -xi2 * s * (
                    1 - (1 - p1) * (1 - p2) * (1 - s) * (1 - q) ** 2
                )
                left, right = np.where(falls, left, q), np.where(falls, q, right)
            from_standard = np.where(s <= low, 0.0, np.where(s >= high, 1.0, (left + right) / 2))
        elif xi1 < 0 < xi2:
            from_standard = np.where(s >= self.thresholds[0], 0.0, 1.0)
        else:
            # Where one is worth nothing and the other less, the user is indifferent if only the first can come again.
            stays = (min(xi1, xi2) >= 0) | ((s == 0) & (xi1 == 0)) | ((s == 1) & (xi2 == 0))
            from_standard = np.where(stays, 0.0, 1.0)
        return np.where(s < 0, 1.0 if xi2 < 0 else 0.0, from_standard)


def _throttled() -> float:
    """The gain by Proposition 2 less what the payoffs say, between short and endless delays."""
    short, long = Routing(P=0.2), Routing(P=0.2, t=(10.0, 20.0))
    gained = float(long._at(long._choice)[0] - short._at(short._choice)[0])
    return gained - short.throttling_gain()


_SOURCE = "Mahmood 2026"

RECORDS = (
    Record(
        "p = (.4, .8), c = (.1, .4), t = (.1, .5), V = 1, P = .5: the provider's cost, with (1, 0)",
        0.25,
        1e-9,
        _SOURCE,
        lambda: -Routing()._at(Routing()._choice)[0],
    ),
    Record("the same: the user's payoff", 0.75, 1e-9, _SOURCE, lambda: Routing()._at(Routing()._choice)[1]),
    Record("the same: the misalignment gap", 0.0, 1e-9, _SOURCE, lambda: Routing().misalignment_gap()),
    Record(
        "P = .2: what delays until users leave save the provider, less min c/p - min (c + P (1 - p))",
        0.0,
        1e-9,
        f"{_SOURCE}, Proposition 2",
        _throttled,
    ),
)
"""Published claims, computed anew."""
