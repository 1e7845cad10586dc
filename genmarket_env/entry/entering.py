"""A market before and after a model enters it, whatever users choose by and platforms earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..choice import ChoiceRule
from ..economy import Economy
from ..equilibrium.market_game import MarketGame
from ..game import checked_platforms
from ..market import FloatArray, Market
from ..messages import shown
from .entrants import with_entrant


@dataclass(frozen=True)
class Entering:
    """The game of the incumbents, and that with one more model.

    Attributes:
        incumbents: the game without the entrant.
        economy: of the market with the entrant as the last model, whose scores count as 0 in it; None if platforms are
            alike and earn the score.
    """

    incumbents: MarketGame
    economy: Economy | None

    @classmethod
    def of(cls, market: Market, num_platforms: int, choice: ChoiceRule, economy: Economy | None) -> Entering:
        """The games of a market; `economy` is of the market with the entrant.

        Raises:
            ValueError: the economy does not fit, or bars a platform from all incumbents; or as `MarketGame`.
            TypeError: `economy` is no Economy; or as `MarketGame`.
        """
        if economy is None:
            return cls(MarketGame(market, num_platforms, choice), None)
        if not isinstance(economy, Economy):
            raise TypeError(f"economy must be an Economy; got {shown(economy)}")
        economy.check_fits(checked_platforms(num_platforms), market.num_models + 1, market.num_users)
        before = economy.of_models(np.arange(market.num_models))
        return cls(MarketGame(market, num_platforms, choice, economy=before), economy)

    def game(self, entered: Market) -> MarketGame:
        """The game of the market that `with_entrant` makes; what follows the scores is moved by the entrant's."""
        before = self.incumbents
        if self.economy is None:
            return before.with_market(entered)
        nothing = np.zeros(entered.num_users)
        return before.with_market(entered, self.economy.redrawn(with_entrant(before.market, nothing), entered))

    def redrawn(self, market: Market) -> Entering:
        """The same in a market of other scores of the incumbents."""
        before = self.incumbents
        if self.economy is None:
            return Entering(before.with_market(market), None)
        nothing = np.zeros(market.num_users)
        economy = self.economy.redrawn(with_entrant(before.market, nothing), with_entrant(market, nothing))
        incumbents = before.with_market(market, economy.of_models(np.arange(market.num_models)))
        return Entering(incumbents, economy)

    def worths(self, entered: MarketGame) -> FloatArray:
        """What the entrant earns from a user of each type, `(users,)`."""
        scores = entered.market.scores
        return scores[-1] if entered.economy is None else entered.economy.worths_of(scores)[-1]
