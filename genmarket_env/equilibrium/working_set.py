"""A symmetric mixed equilibrium of many models, from the few that are played in it.

The support of an equilibrium is small where types are few. So the game is solved on a working set of models; those that
would earn more against that mixture join it, the best ones first; and so on until no model of the pool earns more.
What is found is an equilibrium of the whole pool, as every model's payoff against it is computed. It is the idea of the
double-oracle method of McMahan, Gordon and Blum (2003), for one mixture that all play.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..choice import ChoiceRule
from ..compiled import HARDMAX, LOGIT, RuleParameters, parameters
from ..market import FloatArray, IntArray, Market
from .checks import check_searchable
from .dominance import restricted
from .separable import SHARPEST_TEMPERATURE, logit_expansions
from .symmetric_payoffs import symmetric_payoffs
from .tie_expansion import tie_ranges

MOST_JOINING = 8
"""So many models join the working set at a time."""

MOST_ROUNDS = 200

NODES, MOST_NODES = 200, 50_000_000
"""About so many nodes of the quadrature for Logit have a user type and a model; the most there may be, 800 MB."""

Solver = Callable[[Market], tuple[FloatArray, int]]
"""A market of few models -> a mixture of them, and the iterations that it took."""


def solve_on_working_set(
    market: Market, platforms: int, choice: ChoiceRule, solve: Solver, tol: float
) -> tuple[FloatArray, FloatArray, int]:
    """A mixture `(models,)`, what each model earns against it `(models,)`, and the iterations that `solve` made.

    Args:
        market: one market.
        platforms: N, at least 2.
        choice: how users choose.
        solve: solves for the mixture on a few models.
        tol: a model joins if it would earn so much more.
    """
    earned_by_all = payoffs_against_mixture(market, platforms, choice)
    working = np.unique(np.append(market.scores.argmax(axis=0), market.best_on_average))
    iterations = 0
    for _ in range(MOST_ROUNDS):
        found, more = solve(restricted(market, working))
        iterations += more
        mixture = np.zeros(market.num_models)
        mixture[working] = found
        earned = earned_by_all(mixture)
        gains = earned - mixture @ earned
        gains[working] = 0.0
        joining = np.argsort(-gains, kind="stable")[:MOST_JOINING]
        joining = joining[gains[joining] > tol]
        if not len(joining):
            break
        working = np.union1d(working, joining)
    return mixture, earned, iterations


def payoffs_against_mixture(market: Market, platforms: int, choice: ChoiceRule) -> Callable[[FloatArray], FloatArray]:
    """What each model earns if all other platforms play a mixture: a function of the mixture, both `(models,)`.

    Under HardMax it takes `users * models` steps and no table of pairs.
    """
    rule = parameters(choice, market.num_users)
    if rule is not None and rule.kind == LOGIT and rule.scale >= SHARPEST_TEMPERATURE:
        return _by_quadrature(market, platforms, choice, rule)
    if rule is None or rule.kind != HARDMAX:
        payoffs = symmetric_payoffs(market, platforms, choice)
        return lambda mixture: payoffs(mixture)[0]
    order = np.argsort(market.scores_by_user, axis=1, kind="stable")
    terms = [_terms_of(market.scores_by_user[k][order[k]], rule, k) for k in range(market.num_users)]

    def earned(mixture: FloatArray) -> FloatArray:
        out = np.zeros(market.num_models)
        for k, (low, high, sign, positions) in enumerate(terms):
            below = np.concatenate(([0.0], np.cumsum(mixture[order[k]])))
            values = sign * _tied_share(below[low], below[high + 1], platforms)
            share = np.bincount(positions, np.repeat(values, high - low + 1), minlength=market.num_models)
            out[order[k]] += market.weighted_scores_by_user[k, order[k]] * share
        return out

    return earned


def _by_quadrature(
    market: Market, platforms: int, choice: ChoiceRule, rule: RuleParameters
) -> Callable[[FloatArray], FloatArray]:
    nodes = market.num_users * market.num_models * NODES
    check_searchable(nodes, MOST_NODES, "nodes of the quadrature for mixed play", market, platforms, choice)
    expansions = list(logit_expansions(market, rule))
    return lambda mixture: sum(
        ((expansion.factor @ mixture) ** (platforms - 1) @ expansion.gain for expansion in expansions),
        start=np.zeros(market.num_models),
    )


def _terms_of(
    ascending: FloatArray, rule: RuleParameters, user: int
) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
    """The first and last position and the sign of each range of ties of a type, and all positions of all in a row."""
    _, low, high, sign = tie_ranges(ascending[None], rule._replace(reservation=rule.reservation[user : user + 1]))
    lengths = high - low + 1
    starts = np.repeat(low - np.cumsum(lengths) + lengths, lengths)
    return low, high, sign, starts + np.arange(lengths.sum())


def _tied_share(below: FloatArray, top: FloatArray, platforms: int) -> FloatArray:
    """`(top^N - below^N) / (N (top - below))`, the expected share of a range; accurate where the two are close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tied = np.where(top > 0, (top - below) / top, 0.0)
        powers = np.where(tied > 0, -np.expm1(platforms * np.log1p(-tied)) / tied, platforms)
    return top ** (platforms - 1) * powers / platforms
