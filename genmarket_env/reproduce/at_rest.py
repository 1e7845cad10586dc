"""A market at rest: in its pure equilibria, or where it has none in the cycle of best responses in turn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..analysis.structure_probabilities import MarketStructure, market_structure
from ..choice import ChoiceRule, HardMax
from ..equilibrium.limit_set import LimitSet, limit_set
from ..equilibrium.market_game import MarketGame
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..market import FloatArray, IntArray, Market
from ..status import Status


@dataclass(frozen=True, eq=False)
class AtRest:
    """The limit set of a market's dynamics, and what it means for users.

    Attributes:
        game: the market, its platforms and how users choose.
        equilibria: the pure Nash equilibria, `(E, platforms)`.
    """

    game: MarketGame
    equilibria: IntArray

    @property
    def structure(self) -> MarketStructure:
        """What the pure equilibria have in common."""
        return market_structure(self.equilibria)

    @cached_property
    def limit(self) -> LimitSet:
        """The pure equilibria, or where there is none the cycle of best responses in turn (Def. 2.3)."""
        found = limit_set(self.game, otherwise="cycle", equilibria=self.equilibria)
        if found.status is Status.MAX_ROUNDS:
            raise ValueError("best responses did not come back to a state: there is no limit set to average over")
        return found

    @property
    def profiles(self) -> IntArray:
        """The limit set, `(profiles, platforms)`."""
        return self.limit.profiles

    @cached_property
    def figures(self) -> dict[str, FloatArray]:
        """The figures of the game at each profile, `(profiles,)` each, all in [0, 1]."""
        return dict(self.game.figures(None, tuple(self.profiles.T)))

    def mean(self, figure: str) -> float:
        """The average of a figure over the limit set."""
        return float(self.figures[figure].mean())


def at_rest(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> tuple[AtRest, ...]:
    """Each market of a batch at rest; a single market counts as a batch of one.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> (found,) = at_rest(market, 2)
        >>> found.structure, found.profiles, round(found.mean("welfare"), 2)
        ('fully_differentiated', array([[0, 1]]), 0.86)
    """
    equilibria = pure_equilibria_of_each(market, num_platforms, choice)
    single = [market] if not market.batch_shape else [market[index] for index in np.ndindex(market.batch_shape)]
    games = (MarketGame(one, num_platforms, choice) for one in single)
    return tuple(AtRest(game, found) for game, found in zip(games, equilibria, strict=True))
