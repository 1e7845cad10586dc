"""Rounds of a market with an economy, prices or inertia: what is on offer, by the kernel.

A platform i that deploys model j and asks the price p offers users of type k `u_j(k) - alpha_k p + b_i(k)`, and earns
of each whom it serves `v_j(k)`, or `p - c_ij` where there are prices. Owners earn the sum of what their platforms do,
and their regret is what they would gain by any other actions of all of these. Where users are inert, all of this is of
the coming round. Derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..choice import ChoiceRule
from ..economy import Economy
from ..equilibrium import MarketGame
from ..inertia import Inertia
from ..market import FloatArray, IntArray, Market
from ..pricing import priced_models
from .prices import Prices

MAX_JOINT_ACTIONS = 20_000
"""The most actions of all platforms of one owner, taken together, among which its regret is found in every round."""

BLOCK_ENTRIES = 2_000_000
"""About how many utilities of deviations are held at once."""


class Offer(NamedTuple):
    """What users choose by, what a platform earns from them, and what they get, `(*batch, platforms, users)` each."""

    utilities: FloatArray
    worths: FloatArray
    values: FloatArray


@dataclass(frozen=True, eq=False)
class Terms:
    """An economy, prices and inertia, of so many platforms, models on offer and user types.

    Args:
        economy: what users choose by and platforms earn.
        prices: None where no prices are asked.
        inertia: how users are held.
        num_platforms: N.
        num_models: on offer, those of providers included.
        num_users: K.

    Raises:
        ValueError: a part does not fit the numbers, an economy with prices says what platforms earn, or an owner has
            too many actions.
    """

    economy: Economy
    prices: Prices | None
    inertia: Inertia
    num_platforms: int
    num_models: int
    num_users: int

    def __post_init__(self) -> None:
        size = self.num_platforms, self.num_models, self.num_users
        self.economy.check_fits(*size)
        if self.prices is not None:
            if self.economy.worths is not None:
                raise ValueError("where platforms ask prices they earn price less cost: leave the economy's worths out")
            object.__setattr__(self, "prices", self.prices.fitted(*size))
        for platforms in self.owned:
            count = math.prod(len(self.legal_actions[i]) for i in platforms)
            if len(platforms) > 1 and count > MAX_JOINT_ACTIONS:
                raise ValueError(
                    f"the owner of {len(platforms)} platforms has {count:,} actions for all of them, more than the "
                    f"{MAX_JOINT_ACTIONS:,} among which its regret is found: give it fewer platforms or models, or "
                    "fewer prices"
                )

    @cached_property
    def owned(self) -> tuple[tuple[int, ...], ...]:
        """The platforms of each owner, in the order of its first."""
        labels = self.economy.owners or range(self.num_platforms)
        owned: dict[object, list[int]] = {}
        for platform, label in enumerate(labels):
            owned.setdefault(label, []).append(platform)
        return tuple(map(tuple, owned.values()))

    @cached_property
    def owned_alone(self) -> bool:
        """Whether every platform has an owner of its own."""
        return len(self.owned) == self.num_platforms

    @cached_property
    def offers_alike(self) -> bool:
        """Whether all platforms may offer the same: the same actions on the same terms."""
        access, prices = self.economy.access, self.prices
        costs: Any = None if prices is None else prices.costs
        differ = (rows is not None and bool((rows != rows[0]).any()) for rows in (access, costs, self._brands))
        return not any(differ)

    @cached_property
    def allowed(self) -> NDArray[np.bool_] | None:
        """Whether each platform may take each action of a finite space, `(platforms, actions)`; None if it may all."""
        access = self.economy.access
        if access is None or access.all() or not (self.prices is None or self.prices.is_discrete):
            return None
        return np.repeat(access, 1 if self.prices is None else len(self.prices.tried), axis=1)

    @cached_property
    def legal_actions(self) -> tuple[IntArray, ...]:
        """Of all pairs of a model and a price that regrets are measured against those that each platform may choose."""
        access = self.economy.access
        points = 1 if self.prices is None else len(self.prices.tried)
        every = np.ones((self.num_platforms, self.num_models), np.bool_) if access is None else access
        return tuple(np.flatnonzero(np.repeat(mine, points)) for mine in every)

    @property
    def has_inertia(self) -> bool:
        """Whether users are held where they are."""
        return not self.inertia.is_none

    @cached_property
    def payoff_range(self) -> tuple[float, float]:
        """What an owner can earn at least and at most, 0 among them."""
        if self.prices is not None:
            costs: Any = self.prices.costs
            worths = np.array([self.prices.low - costs.max(), self.prices.high - costs.min()])
        else:
            worths = np.array([0.0, 1.0]) if self.economy.worths is None else self.economy.worths
        return min(0.0, float(worths.min())), max(0.0, float(worths.max()))

    def split(self, actions: NDArray[Any]) -> tuple[IntArray, FloatArray | None]:
        """The models and the prices that actions are, `(*batch, platforms)`; without prices the latter are None."""
        return (actions, None) if self.prices is None else self.prices.split(actions, self.economy.access)

    def deployed(self, scores: FloatArray, models: IntArray, asked: FloatArray | None) -> Offer:
        """What platforms offer with these models and prices, of scores on offer `(*batch, models, users)`."""
        values = kernel.deployed_scores(scores, models)
        utilities = kernel.deployed_scores(self.economy.utilities_of(scores), models)
        if self.prices is None or asked is None:
            worths = kernel.deployed_scores(self.economy.worths_of(scores), models)
        else:
            costs: Any = self.prices.costs
            utilities = utilities - self.prices.price_sensitivity * asked[..., None]
            worths = (asked - costs[np.arange(self.num_platforms), models])[..., None]
        if self._brands is not None:
            utilities = utilities + self._brands
        return Offer(utilities, np.broadcast_to(worths, values.shape), values)

    def tried(self, scores: FloatArray, platform: int, actions: IntArray) -> tuple[FloatArray, FloatArray]:
        """What a platform offers by each of some actions that regrets are measured against: utilities and worths.

        They are `(*batch, actions, users)` each.
        """
        if self.prices is None:
            models, asked = actions, None
        else:
            models, place = np.divmod(actions, len(self.prices.tried))
            asked = self.prices.tried[place]
        utilities = self.economy.utilities_of(scores)[..., models, :]
        if self.prices is None or asked is None:
            worths = self.economy.worths_of(scores)[..., models, :]
        else:
            costs: Any = self.prices.costs
            utilities = utilities - self.prices.price_sensitivity * asked[:, None]
            worths = np.broadcast_to((asked - costs[platform, models])[:, None], utilities.shape)
        if self._brands is not None:
            utilities = utilities + self._brands[platform]
        return utilities, worths

    def of_owners(self, earned: FloatArray) -> FloatArray:
        """What each platform's owner earns, of what platforms do, `(*batch, platforms)` both."""
        together = self.economy.together
        return earned if together is None else earned @ together

    def earned_by(
        self, scores: FloatArray, masses: FloatArray, offer: Offer, rule: ChoiceRule, platforms: tuple[int, ...]
    ) -> Iterator[tuple[IntArray, FloatArray]]:
        """What some platforms' owner earns by all their actions, others unchanged: the actions, and what they earn.

        In blocks: actions `(block, len(platforms))`, by number, and what the owner of the first of the platforms earns,
        `(*batch, block)`.

        Args:
            scores: on offer, `(*batch, models, users)`.
            masses: `(*batch, users)`.
            offer: of all platforms.
            rule: of user choice, as it is asked about deviations: it has one more batch axis.
            platforms: that deviate together.
        """
        legal = [self.legal_actions[i] for i in platforms]
        offers = [self.tried(scores, i, actions) for i, actions in zip(platforms, legal, strict=True)]
        places = np.indices([len(actions) for actions in legal]).reshape(len(legal), -1).T
        batch = offer.utilities.shape[:-2]
        size = max(1, BLOCK_ENTRIES // max(1, offer.utilities.size))
        for start in range(0, len(places), size):
            block = places[start : start + size]
            shape = (*batch, len(block), *offer.utilities.shape[-2:])
            utilities = np.broadcast_to(offer.utilities[..., None, :, :], shape).copy()
            worths = np.broadcast_to(offer.worths[..., None, :, :], shape).copy()
            for at, (i, (own, worth)) in enumerate(zip(platforms, offers, strict=True)):
                utilities[..., i, :] = own[..., block[:, at], :]
                worths[..., i, :] = worth[..., block[:, at], :]
            earned = kernel.payoffs_of_offers(utilities, masses[..., None, :], rule, worths)
            actions = np.stack([mine[block[:, at]] for at, mine in enumerate(legal)], axis=1)
            yield actions, self.of_owners(earned)[..., platforms[0]]

    def regrets(
        self, scores: FloatArray, masses: FloatArray, offer: Offer, rule: ChoiceRule, earned: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """What each platform's owner would gain, `(*batch, platforms)`, and the sum over owners, `(*batch,)`."""
        regrets = np.zeros(earned.shape)
        total = np.zeros(earned.shape[:-1])
        own = self.of_owners(earned)
        for platforms in self.owned:
            best = own[..., platforms[0]]
            for _, payoffs in self.earned_by(scores, masses, offer, rule, platforms):
                best = np.maximum(best, payoffs.max(axis=-1))
            gain = best - own[..., platforms[0]]
            regrets[..., platforms] = gain[..., None]
            total += gain
        return regrets, total

    def game(self, market: Market, choice: ChoiceRule) -> MarketGame:
        """The same market as a game, whose actions are those of the environment.

        Raises:
            ValueError: users are inert, prices are from a range, or the costs of platforms differ.
        """
        if self.has_inertia:
            raise ValueError("users are inert, so that a round hangs on the one before: there is no one game of it")
        if self.prices is None:
            return MarketGame(market, self.num_platforms, choice, economy=self.economy)
        costs: Any = self.prices.costs
        if not self.prices.is_discrete or (costs != costs[0]).any():
            raise ValueError("a game of models and prices needs a grid of prices, and the same costs on all platforms")
        sensitivity = self.prices.price_sensitivity
        pairs = priced_models(market, self.prices.tried, price_sensitivity=sensitivity, costs=costs[0])
        utilities = self.economy.utilities_of(market.scores)[pairs.model] - sensitivity * pairs.price[:, None]
        economy = replace(
            pairs.economy,
            utilities=utilities,
            access=self.allowed,
            brands=self.economy.brands,
            owners=self.economy.owners,
        )
        return MarketGame(pairs.market, self.num_platforms, choice, economy=economy)

    @cached_property
    def _brands(self) -> FloatArray | None:
        """`(platforms, users)` or `(platforms, 1)`."""
        brands = self.economy.brands
        return brands if brands is None or brands.ndim == 2 else brands[:, None]
