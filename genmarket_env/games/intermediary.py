"""An intermediary between creators and a platform: margins that add up, and volumes that are signed before.

A reconstruction inspired by Ai, Simchi-Levi and Xu (arXiv 2511.06559); everything is derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from gymnasium.spaces import Box

from ..arguments import checked_integer, checked_real
from ..exact import Reference, best_commitment
from ..market import FloatArray
from ..protocol import Actions, Array
from ..status import Status
from .checks import LARGEST, stacked


def double_marginalisation(a: float, layers: int) -> dict[str, float]:
    """Expected payoffs in one domain of linear cost theta q, theta uniform on [0, 1], and worth `a q - q^2 / 2`.

    Args:
        a: the demand, in (0, 1].
        layers: 1: the quantity `a - theta` that is best for all; 2: the platform screens creators, `a - 2 theta`; 3: an
            intermediary screens creators and the platform the intermediary, `a - 4 theta`; all at least 0.

    Returns:
        "platform", "intermediary", "creators" and their sum, "welfare".

    Example:
        >>> {name: round(value, 5) for name, value in double_marginalisation(1.0, 3).items()}
        {'platform': 0.04167, 'intermediary': 0.02083, 'creators': 0.01042, 'welfare': 0.07292}
    """
    checked_real("a", a, float(np.finfo(float).tiny), 1)
    slope = {1: 1, 2: 2, 3: 4}[checked_integer("layers", layers, 1, 3)]
    nodes, weights = np.polynomial.legendre.leggauss(8)  # exact: the integrands are polynomials up to where q ends
    theta = (nodes + 1) / 2 * a / slope
    weights = weights / 2 * a / slope
    q = a - slope * theta
    welfare = float(weights @ (a * q - q**2 / 2 - theta * q))
    platform = float(weights @ (a * q - q**2 / 2 - slope * theta * q))
    intermediary = float(weights @ (2 * theta * q)) if layers == 3 else 0.0
    return {
        "platform": platform,
        "intermediary": intermediary,
        "creators": welfare - platform - intermediary,
        "welfare": welfare,
    }


@dataclass(frozen=True, eq=False)
class PresignedVolume:
    """An `intermediary` signs a volume K with a creator, then the `platform` buys q more, and K if it likes.

    The creator's cost of all it makes is `theta (q + K)^2 / 2`, and it is paid that. A unit of the intermediary's data
    is worth tau of a fresh one, and its price is the whole gain that the platform has by it.

    Args:
        theta: the creator's cost, > 0.
        a: the platform's demand, > 0: a supply S is worth `a S - S^2 / 2`.
        tau: what the intermediary's data is worth, in [0, 1].
        K_max: the largest volume, > 0.

    Raises:
        ValueError: a parameter is out of range.

    Example:
        >>> game = PresignedVolume()
        >>> with_it = game.reference(None)
        >>> with_it.payoffs.round(4), game.without().round(4)
        (array([0.05, 0.09]), array([0.  , 0.25]))
    """

    theta: float = 1.0
    a: float = 1.0
    tau: float = 0.5
    K_max: float = 1.0
    players: tuple[str, ...] = field(init=False, default=("intermediary", "platform"))
    spaces: tuple[Box, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False, default=((0,), (1,)))

    def __post_init__(self) -> None:
        tiny = float(np.finfo(float).tiny)
        for name, low, high in (("theta", tiny, LARGEST), ("a", tiny, 1e6), ("tau", 0, 1), ("K_max", tiny, LARGEST)):
            object.__setattr__(self, name, checked_real(name, getattr(self, name), low, high))
        spaces = (Box(0.0, self.K_max, (1,), np.float64), Box(0.0, self.a, (1,), np.float64))
        object.__setattr__(self, "spaces", spaces)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """The price of the data less the cost of K; value less what is paid for q and for the data; `(*batch, 2)`."""
        told = stacked(actions)
        K, q = told[..., 0], told[..., 1]
        price = self._worth(K, self._fresh(K, self.tau), self.tau) - self._worth(K, self._fresh(K, 0.0), 0.0)
        return np.stack([price - self.theta * K**2 / 2, self._worth(K, q, self.tau) - price], axis=-1)

    def best_reply(self, state: None, actions: Actions, player: int) -> FloatArray:
        """The platform's best q; the intermediary's best volume, as its price does not hang on the q that is bought."""
        K = np.asarray(actions[0], float)
        return self._fresh(K, self.tau) if player else np.full(np.shape(actions[1]), self._volume)

    def platform(self, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """The platform's policy."""
        return self._fresh(np.asarray(seen[0], float), self.tau)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: the platform's value less the creator's cost; the supply."""
        told = stacked(actions)
        supply = told[..., 1] + self.tau * told[..., 0]
        return {"welfare": self.payoffs(state, actions).sum(axis=-1), "supply": supply}

    def without(self) -> FloatArray:
        """The payoffs where no volume is signed, `(2,)`."""
        nothing = np.zeros(1)
        return self.payoffs(None, (nothing, self._fresh(nothing, self.tau)))

    def reference(self, state: None) -> Reference:
        """The volume of the most profit and what the platform buys beside any."""
        volume = np.array([self._volume])
        payoffs = self.payoffs(None, (volume, self._fresh(volume, self.tau)))
        return Reference(
            "Stackelberg equilibrium, ties to buying", Status.CONVERGED, (volume, self.platform), payoffs, "derived"
        )

    def _fresh(self, K: FloatArray, tau: float) -> FloatArray:
        """What the platform buys beside K units that are worth tau each to it."""
        return np.clip((self.a - (tau + self.theta) * K) / (1 + self.theta), 0.0, self.a)

    def _worth(self, K: FloatArray, q: FloatArray, tau: float) -> FloatArray:
        """Value less the creator's cost of q more than K."""
        supply = q + tau * K
        return self.a * supply - supply**2 / 2 - self.theta * (q**2 / 2 + q * K)

    @cached_property
    def _volume(self) -> float:
        bends = [self.a / (tau + self.theta) for tau in (0.0, self.tau)]
        ends = [0.0, self.K_max, *(bend for bend in bends if bend < self.K_max)]
        return best_commitment(
            lambda K: self.payoffs(None, (K[:, None], self._fresh(K[:, None], self.tau)))[:, 0], ends
        )[0]
