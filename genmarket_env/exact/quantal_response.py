"""Quantal response: players that err, the less the more an error costs.

In a symmetric logit quantal response equilibrium of precision `L` every player deploys action `j` with a probability
proportional to `exp(L u_j(x))`, where `u_j(x)` is what `j` earns if all others play that same mixture `x`. Precision 0
is uniform play; along the *principal branch*, which starts there, the mixtures approach a Nash equilibrium as the
precision grows.

With `y_j = L u_j(x)` and `x = softmax(y)` the branch is the curve `y - L u(softmax(y)) = 0` in the space of `(y, L)`.
It is followed by steps along its tangent and Newton corrections across it, so that it may turn back in `L`, as in
Turocy (2005). Where the game is monotone it never does: a quantal response equilibrium then solves a strictly monotone
variational inequality, so there is one for each precision (derived).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arguments import checked_integer, checked_real
from ..market import FloatArray
from ..protocol import Game
from ..status import Status
from .abilities import MixturePayoffs
from .mixture_payoffs import mixed_play, mixture_payoffs
from .solution import MixedSolution
from .symmetric_games import sizes_of

MAX_PRECISION = 1e6
"""Beyond it the rounding of payoffs shows in the tenth digit of the probabilities."""

RESIDUAL_TOL = 1e-9
"""By how much the log-probabilities may miss the response, in units of the larger of 1 and the precision."""

LOG_ZERO = float(np.log(np.finfo(np.float64).tiny))
"""Log-probabilities below this count as equal: their exponentials are as good as 0."""

_NEWTON_STEPS = 6
_NEWTON_TOL = 1e-13
_FIRST_STEP = 0.5
_SMALLEST_STEP = 1e-8
_STRAIGHT = 0.9
_FLIP = 1e-5
"""The orientation changes where branches cross, as in games with equal actions: only so short a step passes that."""
_QUICK = 3


def quantal_response_equilibrium(
    game: Game[Any], state: Any = None, *, precision: float, max_iterations: int = 1000
) -> MixedSolution:
    """The symmetric logit quantal response equilibrium of that precision on the principal branch.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.
        precision: how sharply players respond to payoffs, in 1 / units of payoff, from 0 (uniform play) to 1e6.
        max_iterations: how many steps along the branch may be tried, at least 1.

    Returns:
        `mixture`, `(n,)`, all positive unless they underflow; `value`, the expected payoff of each player; `nash_conv`
        of all players playing it. `stats` has `precision`, the one reached; `residual`, the largest difference between
        the log-probabilities and those of the response to the mixture, divided by the precision asked for if that is
        above 1 (then in units of payoff); and `iterations`. `status` is CONVERGED at a residual of at most 1e-9,
        MAX_ROUNDS otherwise, with the last mixture of the branch. Where the branch turns, this is the first mixture on
        it of that precision.

    Raises:
        ValueError: the players are not alike, `precision` or `max_iterations` is out of range, or (`TooLarge`) too
            much can be drawn.
        TypeError: `max_iterations` is not an integer, or `precision` no number.

    Source: McKelvey and Palfrey (1995); the method, Turocy (2005).

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> game = AccuracyMarket(correct=[[1, 1, 0], [0, 0, 1]], w=[0.3, 0.3, 0.4])
        >>> quantal_response_equilibrium(game, precision=0).mixture
        array([0.5, 0.5])
    """
    _, actions = sizes_of(game, state)
    target = checked_real("precision", precision, 0.0, MAX_PRECISION)
    checked_integer("max_iterations", max_iterations, 1)
    last, iterations = _follow(mixture_payoffs(game, state), actions, target, max_iterations)
    mixture = np.exp(log_softmax(last.logits))
    earned, nash_conv = mixed_play(game, state, mixture)
    played, response = (
        np.maximum(log_softmax(last.logits), LOG_ZERO),
        np.maximum(log_softmax(target * earned), LOG_ZERO),
    )
    residual = float(np.abs(played - response).max()) / max(1.0, target)
    return MixedSolution(
        status=Status.CONVERGED if residual <= RESIDUAL_TOL else Status.MAX_ROUNDS,
        value=float(mixture @ earned),
        mixture=mixture,
        nash_conv=nash_conv,
        stats=MappingProxyType({"residual": residual, "precision": last.precision, "iterations": iterations}),
    )


def log_softmax(logits: FloatArray) -> FloatArray:
    """The logarithms of probabilities proportional to `exp(logits)`, `(actions,)`."""
    below = logits - logits.max()
    return below - np.log(np.exp(below).sum())


@dataclass(frozen=True, eq=False)
class _Point:
    """A point `(y, L)` of the branch, `(n + 1,)`, its unit tangent there, and on which side of it the branch runs.

    The orientation is the sign of the determinant of the derivatives with the tangent below them. It is the same all
    along a smooth branch, so that another one is the sign of a jump to a branch beside it.
    """

    place: FloatArray
    tangent: FloatArray
    orientation: float

    @property
    def logits(self) -> FloatArray:
        return self.place[:-1]

    @property
    def precision(self) -> float:
        return float(self.place[-1])


def _follow(payoffs: MixturePayoffs, actions: int, target: float, max_iterations: int) -> tuple[_Point, int]:
    """The branch's first point of precision `target`, or the last one before the method stops; and the steps tried."""
    start = np.zeros(actions + 1)
    upwards = np.append(np.zeros(actions), 1.0)
    point = _point(payoffs, start, upwards)
    length, iterations = _FIRST_STEP, 0
    while point.precision < target and iterations < max_iterations and length > _SMALLEST_STEP:
        iterations += 1
        ahead = target - point.precision
        last = length * point.tangent[-1] >= ahead
        step = ahead / point.tangent[-1] if last else length
        across = upwards if last else point.tangent
        found = _corrected(payoffs, point, point.place + step * point.tangent, across, target)
        if found is not None and found[0].orientation != point.orientation and step > _FLIP:
            found = None
        if found is None:
            length = step / 2
            continue
        point, newton_steps = found
        length = step * (2 if newton_steps <= _QUICK else 1)
    return point, iterations


def _corrected(
    payoffs: MixturePayoffs, before: _Point, predicted: FloatArray, across: FloatArray, target: float
) -> tuple[_Point, int] | None:
    """The point of the branch that Newton steps reach from `predicted` without moving along `across`; how many.

    None if they reach none, or one that is not the continuation of `before`.
    """
    place, found = predicted, False
    steps = 0
    while not found and steps < _NEWTON_STEPS:
        steps += 1
        miss, jacobian = _system(payoffs, place)
        try:
            change = np.linalg.solve(np.vstack([jacobian, across]), np.append(-miss, 0.0))
        except np.linalg.LinAlgError:
            return None
        place = place + change
        found = bool(np.abs(change).max() <= _NEWTON_TOL * max(1.0, float(np.abs(place).max())))
    after = _point(payoffs, place, before.tangent)
    if not found or place[-1] > target or after.tangent @ before.tangent < _STRAIGHT:
        return None
    return after, steps


def _point(payoffs: MixturePayoffs, place: FloatArray, along: FloatArray) -> _Point:
    jacobian = _system(payoffs, place)[1]
    tangent = _tangent(jacobian, along)
    return _Point(place, tangent, float(np.linalg.slogdet(np.vstack([jacobian, tangent]))[0]))


def _system(payoffs: MixturePayoffs, place: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`y - L u(softmax(y))`, `(actions,)`, and its derivative by `(y, L)`, `(actions, actions + 1)`."""
    logits, precision = place[:-1], place[-1]
    mixture = np.exp(log_softmax(logits))
    earned, derivatives = payoffs(mixture)
    response = derivatives * mixture - np.outer(derivatives @ mixture, mixture)
    return logits - precision * earned, np.column_stack([np.eye(logits.size) - precision * response, -earned])


def _tangent(jacobian: FloatArray, along: FloatArray) -> FloatArray:
    """The unit vector that `jacobian` takes to 0, on the side of `along`."""
    tangent = np.linalg.qr(jacobian.T, mode="complete").Q[:, -1]
    return tangent if tangent @ along >= 0 else -tangent
