"""What competition costs users: the planner's welfare against that of equilibria.

The price of anarchy is the planner's welfare over that of the worst pure Nash equilibrium, the price of stability over
that of the best one (Koutsoupias and Papadimitriou 1999; Anshelevich et al. 2004). A market without a pure equilibrium
has neither; the symmetric mixed equilibrium and the coarse correlated equilibria, which learners without regret
approach on average, always exist and have the same ratios. Where users may stay away, welfare here is the surplus: it
counts what those who do have elsewhere, as the planner does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..choice import ChoiceRule, HardMax
from ..equilibrium.market_game import MarketGame, game_of
from ..exact import PureSolution, Solution, correlated_equilibrium, pure_equilibria, symmetric_mixed_equilibrium
from ..market import FloatArray, IntArray, Market
from ..planner import optimum_of
from ..status import Status


@dataclass(frozen=True, eq=False)
class Prices:
    """The planner's welfare, that of the equilibria of each kind, and the ratios.

    A ratio is at least 1; 1 where the planner's welfare is 0, as nothing can be lost, and infinite where only that of
    the equilibrium is. It is None if there is no equilibrium, or none was found; if the planner's problem was not
    solved (`planner.status`) it is a lower bound.

    Attributes:
        planner: the planner's optimum.
        equilibria: the pure Nash equilibria, `(E, platforms)`.
        equilibrium_welfare: their welfare, `(E,)`: the surplus where there is an outside option.
        mixed: the symmetric mixed equilibrium; None if platforms are not alike.
        coarse_best: the coarse correlated equilibrium of the best welfare, None if not asked for.
        coarse_worst: that of the worst.
    """

    planner: PureSolution
    equilibria: IntArray
    equilibrium_welfare: FloatArray
    mixed: Solution | None
    coarse_best: Solution | None
    coarse_worst: Solution | None

    @property
    def optimum(self) -> float:
        """The planner's welfare, in [0, 1]."""
        return self.planner.value

    @property
    def mixed_welfare(self) -> float | None:
        """The expected welfare of the symmetric mixed equilibrium, None if it, or that, was not found."""
        found = self.mixed is not None and self.mixed.status is Status.CONVERGED
        return self.mixed.stats["surplus"] if self.mixed is not None and found else None

    @property
    def price_of_anarchy(self) -> float | None:
        """The planner's welfare over that of the worst pure equilibrium."""
        return _ratio(self.optimum, self.equilibrium_welfare.min() if len(self.equilibria) else None)

    @property
    def price_of_stability(self) -> float | None:
        """The planner's welfare over that of the best pure equilibrium."""
        return _ratio(self.optimum, self.equilibrium_welfare.max() if len(self.equilibria) else None)

    @property
    def price_of_mixed_play(self) -> float | None:
        """The planner's welfare over the expected one of the symmetric mixed equilibrium."""
        return _ratio(self.optimum, self.mixed_welfare)

    @property
    def coarse_price_of_anarchy(self) -> float | None:
        """The planner's welfare over the worst of coarse correlated equilibria."""
        return _ratio(self.optimum, _solved_value(self.coarse_worst))

    @property
    def coarse_price_of_stability(self) -> float | None:
        """The planner's welfare over the best of coarse correlated equilibria."""
        return _ratio(self.optimum, _solved_value(self.coarse_best))


def prices(market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, coarse: bool = True) -> Prices:
    """The planner's welfare against that of pure, symmetric mixed and coarse correlated equilibria.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; it must treat platforms alike. The planner maximises the surplus under that rule.
        coarse: whether to solve for coarse correlated equilibria, which take all multisets of models at once.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, or too many multisets for one of the solvers.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> market = Market([[0.9, 0.5], [0.2, 0.8]], [0.8, 0.2])
        >>> found = prices(market, 2)
        >>> found.equilibria, round(found.optimum, 2), round(found.price_of_anarchy, 3)
        (array([[0, 0]]), 0.88, 1.073)
    """
    return prices_of(game_of("pure_equilibria", market, num_platforms, choice), coarse=coarse)


def prices_of(game: MarketGame, *, coarse: bool = True) -> Prices:
    """`prices` of a game, which may have an economy: welfare is what users get; the same errors but for its parts.

    Example:
        >>> from genmarket_env import Economy
        >>> game = MarketGame(Market([[0.9, 0.5], [0.2, 0.8]], [0.8, 0.2]), 2, economy=Economy.share())
        >>> prices_of(game).equilibria
        array([[0, 0]])
    """
    equilibria = pure_equilibria(game)
    return Prices(
        planner=optimum_of(game, near=equilibria),
        equilibria=equilibria,
        equilibrium_welfare=game.surplus(None, equilibria),
        mixed=symmetric_mixed_equilibrium(game) if game.alike else None,
        coarse_best=correlated_equilibrium(game, coarse=True) if coarse else None,
        coarse_worst=correlated_equilibrium(game, coarse=True, welfare="worst") if coarse else None,
    )


def price_of_anarchy(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> float | None:
    """The planner's welfare over that of the worst pure Nash equilibrium, >= 1; None if there is no equilibrium.

    1 where the planner's welfare is 0, infinite where only the equilibrium's is. Source: Koutsoupias and Papadimitriou
    (1999).

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, or too many multisets for one of the solvers.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> round(price_of_anarchy(Market([[0.9, 0.5], [0.2, 0.8]], [0.8, 0.2]), 2), 3)
        1.073
    """
    return _pure_price(game_of("pure_equilibria", market, num_platforms, choice), worst=True)


def price_of_stability(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> float | None:
    """The planner's welfare over that of the best pure Nash equilibrium, >= 1; None if there is no equilibrium.

    1 where the planner's welfare is 0, infinite where only the equilibrium's is. Source: Anshelevich et al. (2004).

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, or too many multisets for one of the solvers.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> price_of_stability(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        1.0
    """
    return _pure_price(game_of("pure_equilibria", market, num_platforms, choice), worst=False)


def _pure_price(game: MarketGame, *, worst: bool) -> float | None:
    equilibria = pure_equilibria(game)
    if not len(equilibria):
        return None
    totals = game.surplus(None, equilibria)
    optimum = optimum_of(game, near=equilibria).value
    return _ratio(optimum, totals.min() if worst else totals.max())


def _solved_value(solution: Solution | None) -> float | None:
    return float(solution.value) if solution is not None and solution.status is Status.CONVERGED else None


def _ratio(optimum: float, value: float | None) -> float | None:
    if value is None:
        return None
    if value == 0:
        return math.inf if optimum > 0 else 1.0
    # No welfare exceeds the optimum but by rounding.
    return max(1.0, optimum / float(value))
