"""Quantal response in the market game: platforms that err, the less the more an error costs."""

from __future__ import annotations

from .. import exact
from ..choice import ChoiceRule, HardMax
from ..market import Market
from .market_game import game_of
from .solution import MixedSolution


def quantal_response_equilibrium(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    precision: float,
    max_iterations: int = 1000,
) -> MixedSolution:
    """The symmetric logit quantal response equilibrium of that precision on the principal branch.

    Args:
        market: one market.
        num_platforms: N, from 1 to 2000.
        choice: how users choose; it must treat platforms alike.
        precision: how sharply platforms respond to payoffs, in 1 / units of payoff, from 0 (uniform play) to 1e6.
        max_iterations: how many steps along the branch may be tried, at least 1.

    Returns:
        `mixture`, `(models,)`, all positive unless they underflow; `value`, the expected payoff of each platform;
        `nash_conv` of all platforms playing it, by `mixed_nash_conv` but for rounding. `stats` has `precision`, the one
        reached; `residual`, the largest difference between the log-probabilities and those of the response to the
        mixture, divided by the precision asked for if that is above 1 (then in units of payoff); and `iterations`.
        `status` is CONVERGED at a residual of at most 1e-9, MAX_ROUNDS otherwise, with the last mixture of the branch.
        Where the branch turns, this is the first mixture on it of that precision.

    Raises:
        ValueError: a batch of markets, `num_platforms`, `precision` or `max_iterations` out of range, or too many
            profiles under a rule that is enumerated.
        TypeError: `market` is no Market, `choice` no rule, `num_platforms` or `max_iterations` not an integer, or
            `precision` no number.

    Source: McKelvey and Palfrey (1995); the method, Turocy (2005).

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> for precision in (0, 10, 1000):
        ...     print(quantal_response_equilibrium(market, 2, precision=precision).mixture.round(4))
        [0.5 0.5]
        [0.6881 0.3119]
        [0.9078 0.0922]
    """
    game = game_of("quantal_response_equilibrium", market, num_platforms, choice)
    return exact.quantal_response_equilibrium(game, precision=precision, max_iterations=max_iterations)
