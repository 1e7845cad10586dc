"""A mixed equilibrium of a finite symmetric game in which all players play the same mixture."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from ..arguments import checked_integer
from ..market import FloatArray
from ..protocol import Game
from ..status import Status
from .abilities import MixturePayoffs, Pooled, Valued
from .effort import TooLarge
from .interior_point import Iterate, interior_point
from .mixture_payoffs import mixed_play, mixture_payoffs
from .solution import MixedSolution
from .symmetric_games import sizes_of
from .working_set import solve_on_working_set

EXPLOITABILITY_TOL = 1e-10
"""The exploitability, NashConv per player, at which a mixture counts as an equilibrium."""

MOST_AT_ONCE = 64
"""So many actions are solved for at once: a fraction of a second."""

_TARGET = 1e-13
_TRACE = 1e-6
_POLISHING_STEPS = 4


def symmetric_mixed_equilibrium(game: Game[Any], state: Any = None, *, max_iterations: int = 200) -> MixedSolution:
    """A mixture that is a best reply to itself when every other player plays it; one always exists (Nash 1951).

    The method (`.interior_point`) finds the centre of the symmetric equilibria where the game is monotone, and may
    elsewhere end in any of several, or in none. More than 64 actions of a game that can leave some out (`Pooled`) are
    solved on a working set (`.working_set`), of which it finds the centre; the others have the probability 0.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.
        max_iterations: how many Newton steps each start may take, at least 1.

    Returns:
        `mixture`, `(n,)`; `value`, the expected payoff of each player; `nash_conv` of all playing it; `stats` with
        `exploitability`, which is NashConv / N, `iterations`, and of a game that has one (`Valued`) the expected
        `surplus`, None if it takes too long. `status` is CONVERGED at an exploitability of at most 1e-10, MAX_ROUNDS
        otherwise, with the best mixture found.

    Raises:
        ValueError: the players are not alike, `max_iterations` is below 1, or (`TooLarge`) too much can be drawn.
        TypeError: `max_iterations` is not an integer.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> equilibrium = symmetric_mixed_equilibrium(AccuracyMarket(correct=[[1, 1, 0], [0, 0, 1]], w=[0.3, 0.3, 0.4]))
        >>> equilibrium.mixture.round(4), round(equilibrium.value, 4)
        (array([0.8, 0.2]), 0.36)
    """
    players, actions = sizes_of(game, state)
    checked_integer("max_iterations", max_iterations, 1)
    if actions > MOST_AT_ONCE and players > 1 and isinstance(game, Pooled):
        kept = game.candidates(state, EXPLOITABILITY_TOL)
        few = game.restricted(kept)

        def solve(pool: Game[Any]) -> tuple[FloatArray, int]:
            return _solve(mixture_payoffs(pool, state), sizes_of(pool, state).actions, max_iterations)

        found, earned, iterations = solve_on_working_set(few, state, len(kept), solve, _TARGET)
        mixture = np.zeros(actions)
        mixture[kept] = found
        value = float(found @ earned)
        nash_conv = players * max(0.0, float(earned.max()) - value)
    else:
        payoffs = mixture_payoffs(game, state)
        mixture, iterations = _solve(payoffs, actions, max_iterations)
        value = float(mixture @ payoffs(mixture)[0])
        _, nash_conv = mixed_play(game, state, mixture)
    exploitability = nash_conv / players
    stats: dict[str, float | None] = {"exploitability": exploitability, "iterations": iterations}
    if isinstance(game, Valued):
        try:
            stats["surplus"] = game.mixed_surplus(state, mixture, value)
        except TooLarge:
            stats["surplus"] = None
    return MixedSolution(
        status=Status.CONVERGED if exploitability <= EXPLOITABILITY_TOL else Status.MAX_ROUNDS,
        value=value,
        mixture=mixture,
        nash_conv=nash_conv,
        stats=MappingProxyType(stats),
    )


def _solve(payoffs: MixturePayoffs, actions: int, max_iterations: int) -> tuple[FloatArray, int]:
    found, iterations = _search(payoffs, actions, max_iterations)
    return _purified(payoffs, found), iterations


def _search(payoffs: MixturePayoffs, actions: int, max_iterations: int) -> tuple[Iterate, int]:
    """The best iterate from the centre, and if that does not converge from near each action in turn."""
    uniform = np.full(actions, 1 / actions)
    best, iterations = interior_point(payoffs, uniform, _TARGET, max_iterations)
    for action in range(actions):
        if best.regret <= EXPLOITABILITY_TOL:
            break
        start = 0.1 * uniform
        start[action] += 0.9
        found, more = interior_point(payoffs, start, _TARGET, max_iterations)
        iterations += more
        if found.regret < best.regret:
            best = found
    return best, iterations


def _purified(payoffs: MixturePayoffs, found: Iterate) -> FloatArray:
    """The mixture without the traces that an interior point leaves outside the support, if that does no harm.

    Newton steps on the support make its payoffs equal again; least squares, as duplicates make them singular.
    """
    support = found.mixture > _TRACE
    mixture = np.where(support, found.mixture, 0.0)
    mixture = mixture / mixture.sum()
    for _ in range(_POLISHING_STEPS):
        earned, jacobian = payoffs(mixture)
        if mixture.min() >= 0 and earned.max() - mixture @ earned <= max(_TARGET, found.regret):
            return mixture
        size = int(support.sum())
        system = np.zeros((size + 1, size + 1))
        system[:size, :size] = jacobian[np.ix_(support, support)]
        system[:size, size], system[size, :size] = -1.0, 1.0
        miss = np.append(mixture @ earned - earned[support], 0.0)
        mixture[support] += np.linalg.lstsq(system, miss)[0][:size]
    return found.mixture
