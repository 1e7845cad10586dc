"""The fine-tuning game with two attributes, performance and safety, and a regulator's floors on safety.

Source: Laufer, Kleinberg and Heidari, "The Backfiring Effect of Weak AI Safety Regulation" (arXiv 2503.20848): the
attributes, quadratic costs and the effect. Costs are separable here, `c0_a g0_a^2` and `c1_a (g1_a - g0_a)^2` for each
attribute a; the solution with floors is derived. A floor on the generalist holds for its own safety, one on the
specialist for the safety that is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike

from ..arguments import checked_real
from ..exact import Reference, best_commitment
from ..market import FloatArray
from ..protocol import Actions, Array
from ..status import Status
from .checks import LARGEST, within

OUT = -0.1
"""An investment in performance below 0, which means to stay out."""

NUDGE = 1e-12
"""By so much more than it takes to keep the specialist in is invested, which stays for as much less than it needs: the
limit itself rounds to either side."""


@dataclass(frozen=True, eq=False)
class SafetyRegulation:
    """The `generalist` invests in performance and safety, then the `specialist` adds to both, or one stays out.

    Args:
        delta: the generalist's share of the revenue, in [0, 1].
        c0: the generalist's costs of performance and safety, > 0.
        c1: the specialist's.
        r: what a unit of each earns, > 0.
        theta_g: the regulator's floor on the safety that the generalist invests in, >= 0.
        theta_d: the floor on the safety that is reached, >= 0.
        g_max: the largest investment, > 0.

    What does not meet a floor is raised to it. Who stays out, with a performance below 0, leaves both with 0.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> for floor in (0.0, 0.45):
        ...     regulated = SafetyRegulation(theta_d=floor)
        ...     print(regulated.safety().round(3), regulated.reference(None).payoffs.round(4))
        [0.25 0.5 ] [0.375 0.375]
        [0.   0.45] [0.4125 0.21  ]
    """

    delta: float = 0.5
    c0: ArrayLike = (1.0, 1.0)
    c1: ArrayLike = (1.0, 1.0)
    r: ArrayLike = (1.0, 1.0)
    theta_g: float = 0.0
    theta_d: float = 0.0
    g_max: float = 2.0
    players: tuple[str, ...] = field(init=False, default=("generalist", "specialist"))
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False, default=((0,), (1,)))

    def __post_init__(self) -> None:
        checked_real("delta", self.delta, 0, 1)
        high = checked_real("g_max", self.g_max, np.finfo(float).tiny, LARGEST)
        for name in ("theta_g", "theta_d"):
            checked_real(name, getattr(self, name), 0, high)
        for name in ("c0", "c1", "r"):
            object.__setattr__(
                self, name, within(name, getattr(self, name), (2,), float(np.finfo(float).tiny), LARGEST)
            )
        space = Box(np.array([OUT * high, 0.0]), np.array([high, high]), dtype=np.float64)
        object.__setattr__(self, "spaces", (space, space))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Shares of the revenue less costs, `(*batch, 2)`."""
        both, g0, added = self._done(actions)
        revenue = (np.asarray(self.r) * (g0 + added)).sum(axis=-1)
        generalist = self.delta * revenue - (np.asarray(self.c0) * g0**2).sum(axis=-1)
        specialist = (1 - self.delta) * revenue - (np.asarray(self.c1) * added**2).sum(axis=-1)
        return np.where(both[..., None], np.stack([generalist, specialist], axis=-1), 0.0)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the sum of the payoffs; the performance and the safety that are reached."""
        both, g0, added = self._done(actions)
        reached = np.where(both[..., None], g0 + added, 0.0)
        welfare = self.payoffs(state, actions).sum(axis=-1)
        return {"welfare": welfare, "performance": reached[..., 0], "safety": reached[..., 1]}

    def specialist(self, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """The specialist's policy: what it adds to what it has seen, or staying out."""
        assert seen[0] is not None
        g0 = np.asarray(seen[0], float)
        added = np.broadcast_to(self._free, g0.shape)
        payoff = self.payoffs(None, (g0, added))[..., 1]
        return np.where((payoff >= -NUDGE)[..., None], added, np.array([OUT * self.g_max, 0.0]))

    def safety(self) -> FloatArray:
        """The safety of the generalist and that reached, on the path of play, `(2,)`; zeros where they stay out."""
        g0 = self._best
        both, invested, added = self._done((g0, self.specialist(None, (g0, None))))
        return np.where(both, np.array([invested[1], invested[1] + added[1]]), 0.0)

    def reference(self, state: None) -> Reference:
        """Backward induction: the generalist's investments and what the specialist adds to any."""
        payoffs = self.payoffs(None, (self._best, self.specialist(None, (self._best, None))))
        source = "Laufer et al. 2025; floors derived for separable costs"
        play = (self._best, self.specialist)
        return Reference("subgame perfect equilibrium, ties to joining", Status.CONVERGED, play, payoffs, source)

    @property
    def _free(self) -> FloatArray:
        """What the specialist adds to each attribute where no floor binds."""
        return (1 - self.delta) * np.asarray(self.r) / (2 * np.asarray(self.c1))

    def _done(self, actions: Actions) -> tuple[Array, FloatArray, FloatArray]:
        """Whether both are in, what the generalist invests and what the specialist adds, after the floors."""
        told = [np.asarray(action, float) for action in actions]
        g0, added = (np.maximum(each, 0.0) for each in told)
        g0 = np.stack([g0[..., 0], np.maximum(g0[..., 1], self.theta_g)], axis=-1)
        needed = np.maximum(self.theta_d - g0[..., 1], 0.0)
        performance, safety = np.broadcast_arrays(added[..., 0], np.maximum(added[..., 1], needed))
        both = (told[0][..., 0] >= 0) & (told[1][..., 0] >= 0)
        return both, g0, np.stack([performance, safety], axis=-1)

    @cached_property
    def _best(self) -> FloatArray:
        """The generalist's investments: of safety the best beside each performance, and of that the best."""
        found = best_commitment(lambda alpha: self._beside(alpha)[1], [0, self.g_max], [self._own[0]], points=257)
        alpha, value = found
        if value < 0:
            return np.array([OUT * self.g_max, 0.0])
        return np.array([alpha, float(self._beside(np.array([alpha]))[0][0])])

    @property
    def _own(self) -> FloatArray:
        """What the generalist invests where no floor binds."""
        return self.delta * np.asarray(self.r) / (2 * np.asarray(self.c0))

    def _beside(self, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The generalist's best safety beside some performances, and what it then gets, `(P,)` each.

        It is its floor, what it would invest freely, where the specialist's floor begins to bind, or as little as keeps
        the specialist in.
        """
        r, c1, kept = np.asarray(self.r), np.asarray(self.c1), 1 - self.delta
        free = self._free
        from_performance = kept * r[0] * (alpha + free[0]) - c1[0] * free[0] ** 2
        just_in = self.theta_d - np.sqrt(np.maximum((kept * r[1] * self.theta_d + from_performance) / c1[1], 0.0))
        tried = np.broadcast_arrays(
            self.theta_g, self._own[1], self.theta_d - free[1], just_in * (1 - NUDGE) + NUDGE, alpha
        )
        safety = np.clip(np.stack(tried[:4]), self.theta_g, self.g_max)
        g0 = np.stack(np.broadcast_arrays(alpha, safety), axis=-1)
        values = self.payoffs(None, (g0, self.specialist(None, (g0, None))))[..., 0]
        at = values.argmax(axis=0)[None]
        return np.take_along_axis(safety, at, axis=0)[0], np.take_along_axis(values, at, axis=0)[0]
