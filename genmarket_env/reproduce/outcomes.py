"""The outcome of a market: its pure equilibria, or where it has none the cycle that best responses run through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..analysis.structure_probabilities import MarketStructure, market_structure
from ..choice import ChoiceRule, HardMax
from ..equilibrium.best_response import best_response_dynamics
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..game import coverage, model_hhi, platform_hhi, welfare
from ..market import FloatArray, IntArray, Market

FIGURES = ("model_hhi", "platform_hhi", "coverage", "welfare")


@dataclass(frozen=True, eq=False)
class Outcome:
    """The limit set of a market's dynamics, and what it means for users.

    Attributes:
        market: one market.
        num_platforms: N.
        choice: how users choose.
        equilibria: the pure Nash equilibria, `(E, platforms)`.
    """

    market: Market
    num_platforms: int
    choice: ChoiceRule
    equilibria: IntArray

    @property
    def structure(self) -> MarketStructure:
        """What the pure equilibria have in common."""
        return market_structure(self.equilibria)

    @cached_property
    def profiles(self) -> IntArray:
        """The limit set, `(profiles, platforms)`: the equilibria, or where there is none a cycle.

        It is that of best responses in turn (Def. 2.3) from everybody on the model of the best average score, with a
        profile for each change.
        """
        if len(self.equilibria):
            return self.equilibria
        start = np.full(self.num_platforms, int(self.market.best_on_average))
        orbit = best_response_dynamics(self.market, start, self.choice).orbit
        if orbit is None:
            raise ValueError("best responses did not come back to a state: there is no limit set to average over")
        return orbit

    @cached_property
    def figures(self) -> dict[str, FloatArray]:
        """The figures of `FIGURES` at each profile, `(profiles,)` each, all in [0, 1]."""
        game = self.market, self.profiles
        return {
            "model_hhi": model_hhi(*game, self.choice),
            "platform_hhi": platform_hhi(*game, self.choice),
            "coverage": coverage(*game),
            "welfare": welfare(*game, self.choice),
        }

    def mean(self, figure: str) -> float:
        """The average of a figure over the limit set."""
        return float(self.figures[figure].mean())


def outcomes(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> tuple[Outcome, ...]:
    """The outcome of each market of a batch; a single market counts as a batch of one.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> (found,) = outcomes(market, 2)
        >>> found.structure, found.profiles, round(found.mean("welfare"), 2)
        ('fully_differentiated', array([[0, 1]]), 0.86)
    """
    equilibria = pure_equilibria_of_each(market, num_platforms, choice)
    single = [market] if not market.batch_shape else [market[index] for index in np.ndindex(market.batch_shape)]
    return tuple(Outcome(one, num_platforms, choice, found) for one, found in zip(single, equilibria, strict=True))
