"""A mixed equilibrium in which all platforms play the same mixture."""

from __future__ import annotations

from .. import exact
from ..choice import ChoiceRule, HardMax
from ..market import Market
from .market_game import game_of
from .solution import MixedSolution


def symmetric_mixed_equilibrium(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, max_iterations: int = 200
) -> MixedSolution:
    """A mixture that is a best reply to itself when every other platform plays it; one always exists (Nash 1951).

    Under HardMax with exact ties the game is monotone (derived): for a type's models in ascending order, with `y` the
    cumulated mixture and `Z` the cumulated change `z`, `z' Du z` is minus a sum of `Z^2` weighted by the increases of
    `score * y^(N - 2)`. So the symmetric equilibria form a convex set, and the method (`exact.interior_point`) finds
    its centre. Elsewhere it may end in any of several, or in none. More than 64 models are solved on a working
    set, of which it finds the centre; the others have the probability 0.

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
    game = game_of("symmetric_mixed_equilibrium", market, num_platforms, choice)
    return exact.symmetric_mixed_equilibrium(game, max_iterations=max_iterations)
