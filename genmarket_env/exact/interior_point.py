"""The complementarity problem of a symmetric equilibrium, by a primal-dual interior-point method.

A mixture `x` is a symmetric equilibrium with value `v` iff every action's slack `s_j = v - u_j(x)` and its probability
are >= 0 and one of the two is 0. The method follows `x_j s_j = mu` to `mu = 0` with Newton steps, predicted and
corrected as by Mehrotra (1992). Where the game is monotone, `z' Du(x) z <= 0` for all `z` that sum to 0, that path is
unique and ends in the centre of the convex set of equilibria; duplicate actions get equal probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..market import FloatArray
from .abilities import MixturePayoffs

_TO_BOUNDARY = 0.995
_CENTRALITY = 1e-4
_SHORT_STEP = 0.1
_CAUTIOUS = 0.3
_SMALLEST_STEP = 1e-10


@dataclass(frozen=True, eq=False)
class Iterate:
    """A point inside: positive probabilities and slacks.

    Attributes:
        mixture: `x`, sums to 1, `(actions,)`.
        slack: `s`, `(actions,)`.
        value: `v`.
        payoffs: `u(x)`, `(actions,)`.
        jacobian: `Du(x)`, `(actions, actions)`.
    """

    mixture: FloatArray
    slack: FloatArray
    value: float
    payoffs: FloatArray
    jacobian: FloatArray

    @property
    def regret(self) -> float:
        """What a player gains by its best action, if all play the mixture."""
        return float(self.payoffs.max() - self.mixture @ self.payoffs)

    @property
    def mu(self) -> float:
        """The average of `x_j s_j`."""
        return float(self.mixture @ self.slack) / self.mixture.size

    @property
    def residual(self) -> FloatArray:
        """How far the slacks are from `v - u(x)`, `(actions,)`: the game is not linear, so steps miss a little."""
        return self.slack - self.value + self.payoffs


def interior_point(
    payoffs: MixturePayoffs, start: FloatArray, tolerance: float, max_iterations: int
) -> tuple[Iterate, int]:
    """The iterate of least regret on the way from `start`, positive and summing to 1, and the iterations made.

    It ends at a regret of at most `tolerance`, or when no step helps.
    """
    point = best = _first(payoffs, start)
    least_centring = 0.0
    iteration = 0
    while best.regret > tolerance and iteration < max_iterations:
        moved = _step(payoffs, point, least_centring)
        iteration += 1
        if moved is None:
            break
        point, length = moved
        least_centring = _CAUTIOUS if length < _SHORT_STEP else 0.0
        if point.regret < best.regret:
            best = point
    return best, iteration


def _first(payoffs: MixturePayoffs, start: FloatArray) -> Iterate:
    earned, jacobian = payoffs(start)
    value = float(earned.max() + max(np.ptp(earned), 1e-3 * earned.max(), 1e-12))
    return Iterate(start, value - earned, value, earned, jacobian)


def _step(payoffs: MixturePayoffs, at: Iterate, least_centring: float) -> tuple[Iterate, float] | None:
    """The next iterate and the length of the step to it, in (0, 1]; None if there is none."""
    try:
        x_ahead, s_ahead, _ = _direction(at, -at.mixture * at.slack)
        ahead = min(1.0, _room(at.mixture, x_ahead), _room(at.slack, s_ahead))
        reached = (at.mixture + ahead * x_ahead) @ (at.slack + ahead * s_ahead) / at.mixture.size
        centring = max(float(np.clip(reached / at.mu, 0.0, 1.0)) ** 3, least_centring)
        # The second-order correction, as long as the predicted step: in full it can send the iterates in circles.
        correction = ahead**2 * x_ahead * s_ahead
        dx, ds, dv = _direction(at, centring * at.mu - at.mixture * at.slack - correction)
    except np.linalg.LinAlgError:
        return None
    length = min(1.0, _TO_BOUNDARY * min(_room(at.mixture, dx), _room(at.slack, ds)))
    while length > _SMALLEST_STEP:
        mixture = at.mixture + length * dx
        mixture = mixture / mixture.sum()
        there = Iterate(mixture, at.slack + length * ds, at.value + length * dv, *payoffs(mixture))
        if _acceptable(at, there, length):
            return there, length
        length /= 2
    return None


def _direction(at: Iterate, products: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Newton's step `dx, ds, dv` towards `s = v - u(x)`, `sum x = 1`, with `x ds + s dx = products`."""
    actions = at.mixture.size
    system = np.zeros((actions + 1, actions + 1))
    system[:actions, :actions] = np.diag(at.slack) - at.mixture[:, None] * at.jacobian
    system[:actions, actions] = at.mixture
    system[actions, :actions] = 1.0
    solution = np.linalg.solve(system, np.append(products + at.mixture * at.residual, 0.0))
    dx, dv = solution[:actions], float(solution[actions])
    return dx, dv - at.jacobian @ dx - at.residual, dv


def _room(values: FloatArray, change: FloatArray) -> float:
    """The longest step along `change` that keeps `values` >= 0."""
    falling = change < 0
    return float((-values[falling] / change[falling]).min(initial=np.inf))


def _acceptable(at: Iterate, there: Iterate, length: float) -> bool:
    """Whether the products `x_j s_j` stay balanced, and the residual falls or is small against their sum."""
    allowed = max((1 - 0.1 * length) * np.abs(at.residual).max(), there.mixture.size * there.mu)
    balanced = (there.mixture * there.slack).min() >= _CENTRALITY * there.mu
    return bool(balanced and np.abs(there.residual).max() <= allowed)
