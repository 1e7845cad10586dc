"""What is on offer in a market game, what it earns platforms and owners, and what users get of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..economy import Economy
from ..market import FloatArray, IntArray, Market
from ..offers import Offers, worths_of

_BLOCK_STEPS = 2_000_000
_ROUNDING = 1e-14


class Offered:
    """The part of a `MarketGame` that knows its economy; profiles are legal, `(*batch, N)`."""

    market: Market
    num_platforms: int
    choice: ChoiceRule
    economy: Economy | None
    asked: ChoiceRule
    offers: Market

    def earned(self, profiles: IntArray) -> FloatArray:
        """What each platform itself earns in legal profiles `(*batch, N)`: `(*batch, N)`."""
        scores, rows, _ = self.offered(profiles)
        return kernel.payoffs(scores, self.market.masses, rows, self.asked, worths_of(self.offers))

    def offered(self, profiles: IntArray) -> tuple[FloatArray, IntArray, FloatArray | None]:
        """What users choose by `(rows, K)`, the rows on offer in profiles `(*batch, N)`, and what users get of each.

        The last is None where it is what they choose by.
        """
        offers = self.offers
        if isinstance(offers, Offers):
            return offers.scores, offers.rows(profiles), offers.values
        return offers.scores, profiles, None

    def of_owners(self, earned: FloatArray) -> FloatArray:
        """What each platform's owner earns, of what platforms do, both `(*batch, N)`."""
        together = None if self.economy is None else self.economy.together
        return earned if together is None else earned @ together

    @property
    def pays_scores(self) -> bool:
        """Whether users choose by the score and platforms earn it, as in the paper."""
        return self.offers is self.market

    def check_pays_scores(self, what: str) -> None:
        """Raise ValueError, which says that `what` assumes it, unless the game `pays_scores`."""
        if not self.pays_scores:
            raise ValueError(f"{what} assumes that users choose by the score and platforms earn it; leave economy out")

    @cached_property
    def alike(self) -> bool:
        """Whether platforms may deploy the same models, have the same brand, and no two have one owner."""
        economy = self.economy
        if economy is None:
            return True
        free = economy.access is None or bool(economy.access.all())
        return free and economy.together is None and len(self.offers.scores) == self.market.num_models

    @cached_property
    def unit(self) -> float:
        """A power of two that no worth exceeds, at least 1: what rounding is measured in."""
        worths = worths_of(self.offers)
        largest = 1.0 if worths is None else max(1.0, float(np.abs(worths).max()))
        return float(2.0 ** min(np.ceil(np.log2(largest)), 1023))

    def beyond_rounding(self, limit: float) -> float:
        """A limit of regrets, but no less than what rounding makes of 0 where worths are large."""
        return max(limit, _ROUNDING * self.unit)

    def surplus(self, state: None, profiles: IntArray) -> FloatArray:
        """The welfare and what users who stay away have elsewhere, of profiles `(P, N)`: `(P,)`."""
        masses = self.market.masses
        scores, rows, values = self.offered(profiles)
        size = max(1, _BLOCK_STEPS // (self.num_platforms * self.market.num_users))
        blocks = (rows[start : start + size] for start in range(0, max(len(rows), 1), size))
        return np.concatenate([kernel.surplus(scores, masses, block, self.choice, values) for block in blocks])

    def user_surplus(self, profiles: IntArray) -> FloatArray:
        """What a user of each type gets, those who stay away included, in profiles `(*batch, N)`: `(*batch, K)`."""
        scores, rows, values = self.offered(profiles)
        return kernel.user_surplus(scores, rows, self.choice, values)
