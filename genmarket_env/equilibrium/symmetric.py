"""A mixed equilibrium in which all platforms play the same mixture."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from ..arguments import checked_integer
from ..choice import ChoiceRule, HardMax
from ..compiled import parameters
from ..game import checked_platforms
from ..market import FloatArray, Market
from .checks import check_mixed_platforms, check_one_market
from .dominance import candidates, restricted
from .effort import TooLarge
from .interior_point import Iterate, interior_point
from .mixed import checked_policies, expected_deviation_payoffs, nash_conv_of
from .mixed_surplus import outside_value_of_mixture
from .solution import Solution, Status
from .symmetric_payoffs import SymmetricPayoffs, symmetric_payoffs
from .tie_expansion import small_tie_expansion
from .working_set import solve_on_working_set

EXPLOITABILITY_TOL = 1e-10
"""The exploitability, NashConv per platform, at which a mixture counts as an equilibrium."""

MOST_AT_ONCE = 64
"""So many models are solved for at once: a fraction of a second."""

_TARGET = 1e-13
_TRACE = 1e-6
_POLISHING_STEPS = 4


def symmetric_mixed_equilibrium(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, max_iterations: int = 200
) -> Solution:
    """A mixture that is a best reply to itself when every other platform plays it; one always exists (Nash 1951).

    Under HardMax with exact ties the game is monotone (derived): for a type's models in ascending order, with `y` the
    cumulated mixture and `Z` the cumulated change `z`, `z' Du z` is minus a sum of `Z^2` weighted by the increases of
    `score * y^(N - 2)`. So the symmetric equilibria form a convex set, and the method (`.interior_point`) finds its
    centre. Elsewhere it may end in any of several equilibria, or in none. More than 64 models are solved on a working
    set (`.working_set`), of which it finds the centre; the others have the probability 0.

    Args:
        market: one market.
        num_platforms: N, from 1 to 2000.
        choice: how users choose; it must treat platforms alike.
        max_iterations: how many Newton steps each start may take, at least 1.

    Returns:
        `mixture`, `(models,)`; `value`, the expected payoff of each platform; `nash_conv` of all platforms playing it,
        by `mixed_nash_conv` but for rounding; `stats` with `exploitability`, which is NashConv / N, `iterations`, and
        `surplus`, what users expect, those who stay away included; None if too many profiles had to be gone through.
        `status` is CONVERGED at an exploitability of at most 1e-10, MAX_ROUNDS otherwise, with the best mixture found.

    Raises:
        ValueError: a batch of markets, `num_platforms` out of range, `max_iterations` below 1, or too many profiles
            under a rule that is enumerated.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` or `max_iterations` not an integer.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> equilibrium = symmetric_mixed_equilibrium(market, 2)
        >>> equilibrium.mixture.round(4), round(equilibrium.value, 4)
        (array([0.9143, 0.0857]), 0.3114)
    """
    platforms = checked_platforms(num_platforms)
    check_one_market(market, choice, "symmetric_mixed_equilibrium")
    check_mixed_platforms(platforms)
    checked_integer("max_iterations", max_iterations, 1)
    if market.num_models > MOST_AT_ONCE and platforms > 1:
        return _large(market, platforms, choice, max_iterations)
    payoffs = symmetric_payoffs(market, platforms, choice)
    mixture, iterations = _solve(payoffs, market.num_models, max_iterations)
    earned, _ = payoffs(mixture)
    _, nash_conv = symmetric_play(market, platforms, mixture, choice)
    return _solution(market, platforms, choice, mixture, float(mixture @ earned), nash_conv, iterations)


def _large(market: Market, platforms: int, choice: ChoiceRule, max_iterations: int) -> Solution:
    """The same on a working set of the models that an equilibrium can hold."""
    models = candidates(market, platforms, choice, EXPLOITABILITY_TOL)
    few = restricted(market, models)

    def solve(pool: Market) -> tuple[FloatArray, int]:
        return _solve(symmetric_payoffs(pool, platforms, choice), pool.num_models, max_iterations)

    found, earned, iterations = solve_on_working_set(few, platforms, choice, solve, _TARGET)
    mixture = np.zeros(market.num_models)
    mixture[models] = found
    value = float(found @ earned)
    nash_conv = platforms * max(0.0, float(earned.max()) - value)
    return _solution(market, platforms, choice, mixture, value, nash_conv, iterations)


def _solution(
    market: Market,
    platforms: int,
    choice: ChoiceRule,
    mixture: FloatArray,
    value: float,
    nash_conv: float,
    iterations: int,
) -> Solution:
    exploitability = nash_conv / platforms
    try:
        surplus = platforms * value + outside_value_of_mixture(market, platforms, mixture, choice)
    except TooLarge:
        surplus = None
    return Solution(
        status=Status.CONVERGED if exploitability <= EXPLOITABILITY_TOL else Status.MAX_ROUNDS,
        value=value,
        mixture=mixture,
        nash_conv=nash_conv,
        stats=MappingProxyType({"exploitability": exploitability, "iterations": iterations, "surplus": surplus}),
    )


def _solve(payoffs: SymmetricPayoffs, models: int, max_iterations: int) -> tuple[FloatArray, int]:
    found, iterations = _search(payoffs, models, max_iterations)
    return _purified(payoffs, found), iterations


def symmetric_play(market: Market, platforms: int, mixture: FloatArray, choice: ChoiceRule) -> tuple[FloatArray, float]:
    """What each model earns `(models,)`, and the NashConv, if all platforms play the mixture.

    In a small market without the compiled twin of `expected_deviation_payoffs`.
    """
    policies = checked_policies(market, np.tile(mixture, (platforms, 1)), choice)
    expansion = small_tie_expansion(market, platforms, parameters(choice, market.num_users))
    if expansion is None:
        deviations = expected_deviation_payoffs(market, policies, choice)
    else:
        deviations = expansion.deviation_payoffs(policies[None])[0]
    return deviations[0], float(nash_conv_of(policies, deviations))


def _search(payoffs: SymmetricPayoffs, models: int, max_iterations: int) -> tuple[Iterate, int]:
    """The best iterate from the centre, and if that does not converge from near each model in turn."""
    uniform = np.full(models, 1 / models)
    best, iterations = interior_point(payoffs, uniform, _TARGET, max_iterations)
    for model in range(models):
        if best.regret <= EXPLOITABILITY_TOL:
            break
        start = 0.1 * uniform
        start[model] += 0.9
        found, more = interior_point(payoffs, start, _TARGET, max_iterations)
        iterations += more
        if found.regret < best.regret:
            best = found
    return best, iterations


def _purified(payoffs: SymmetricPayoffs, found: Iterate) -> FloatArray:
    """The mixture without the traces that an interior point leaves on models outside the support, if that does no harm.

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
