"""Correlated and coarse correlated equilibria of the market game: the one with the best, or the worst, welfare."""

from __future__ import annotations

from .. import exact
from ..choice import ChoiceRule, HardMax
from ..exact.correlated import MAX_CELLS, Welfare
from ..market import Market
from .market_game import game_of
from .solution import CorrelatedSolution, Solution


def correlated_equilibrium(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    coarse: bool = False,
    welfare: Welfare = "best",
    most_cells: int = MAX_CELLS,
) -> CorrelatedSolution | Solution:
    """The correlated equilibrium of the best or the worst welfare, by linear programming over multisets.

    Play of learners without internal regret approaches the set of correlated equilibria, without external regret that
    of coarse ones, so the two welfares bound what such play gives users.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; it must treat platforms alike.
        coarse: look among coarse correlated equilibria, of which there are more.
        welfare: which end of the set's range of welfare.
        most_cells: the most cells, constraints times multisets, of the linear programme.

    Returns:
        `value`, the expected surplus, which is the welfare where there is no outside option; `profile`, the multisets
        that are drawn, `(support, platforms)` in lexicographic order, and their `probabilities`, `(support,)`, all
        positive: each model of the multiset drawn is told to a uniformly random platform. `stats` has `largest_gain`,
        what a platform gains by its best deviation (correlated: the best one for every model that it may be told;
        coarse: the best model), by the kernel; `welfare_bound`, which by duality no equilibrium of the kind passes; and
        `profiles`, the number of multisets compared. `status` is CONVERGED if `largest_gain` and the distance from the
        bound are at most 1e-9, MAX_ROUNDS otherwise; if the programme cannot be solved at all, nothing but `profiles`
        is filled.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, another `welfare`, or too many deviations to compare.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Source: Aumann (1974); Moulin and Vial (1978); the reduction to multisets is derived.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> best = correlated_equilibrium(market, 2)
        >>> best.profile, best.probabilities, round(best.value, 2)
        (array([[0, 1]]), array([1.]), 0.86)
    """
    game = game_of("correlated_equilibrium", market, num_platforms, choice)
    return exact.correlated_equilibrium(game, coarse=coarse, welfare=welfare, most_cells=most_cells)
