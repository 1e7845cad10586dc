"""A market with its platforms and the rules that hold for them: one side of a policy question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked_integer, real_number
from ..choice import ChoiceRule, HardMax, Logit
from ..economy import Economy
from ..equilibrium.market_game import MarketGame
from ..inertia import Inertia
from ..market import FloatArray, Market
from ..messages import listed, shown
from ..portfolio_market import portfolios
from ..pricing.priced_game import PricedGame

Pricing = Literal["given", "equilibrium"]
"""Whose prices hold: those of the market, or those from which no owner would move."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """Platforms on a market, and the rules that hold for them.

    Without a `sensitivity` users look at the score alone and platforms earn it, as in the paper. With one, users mind
    prices, platforms earn prices less costs and tax, and everything has a value in money. Prices are given, those of
    the market, or platforms set them once all models are known (`price_equilibrium`), on both sides of a reform.

    Args:
        market: one market.
        num_platforms: N, at least 1.
        choice: how users choose.
        sensitivity: alpha, units of the score per money; needs the prices of the market where they are given. None for
            a market without money.
        pricing: "given", the prices of the market; or "equilibrium", those that owners set, which needs a sensitivity
            and a `Logit`.
        access: whether a platform may deploy a model, `(N, M)`; all may deploy all by default.
        brands: what users add to the utility of what a platform deploys, `(N,)`; 0 by default.
        owners: who owns each platform, `(N,)`; each is its own by default.
        price_cap: no model is sold at more, in money, >= 0.
        tax: what a platform pays to the government for each user that it serves, in money; below 0 a subsidy.
        fee: what a platform pays to the government for taking part, in units of what platforms earn, >= 0; those that
            would earn less stay out.
        distinct: whether no two platforms may deploy the same model.
        portfolio: the most models that a platform may deploy at once, at least 1; each user type then gets the one that
            is best for it (`portfolios`, perfect routing).
        cost_share: what serving a user costs, as a share of the price before any cap, >= 0; by default the costs of the
            market, which must be in the unit of the prices where these are given.
        inertia: how users are held where they are; None for users who choose anew in every round.

    Raises:
        ValueError: a number is out of range, the shape of a part is another one, the market has no prices where they
            are needed, or two rules exclude each other.
        TypeError: entries are of another type.

    Source: derived.

    Example:
        >>> scenario = Scenario(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> scenario.game.players
        ('platform_0', 'platform_1')
    """

    market: Market
    num_platforms: int
    choice: ChoiceRule = HardMax()
    sensitivity: float | None = field(default=None, kw_only=True)
    pricing: Pricing = field(default="given", kw_only=True)
    access: NDArray[np.bool_] | None = field(default=None, kw_only=True)
    brands: FloatArray | None = field(default=None, kw_only=True)
    owners: tuple[int, ...] | None = field(default=None, kw_only=True)
    price_cap: float | None = field(default=None, kw_only=True)
    tax: float = field(default=0.0, kw_only=True)
    fee: float = field(default=0.0, kw_only=True)
    distinct: bool = field(default=False, kw_only=True)
    portfolio: int = field(default=1, kw_only=True)
    cost_share: float | None = field(default=None, kw_only=True)
    inertia: Inertia | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        checked_integer("num_platforms", self.num_platforms, 1)
        checked_integer("portfolio", self.portfolio, 1)
        if self.pricing not in get_args(Pricing):
            raise ValueError(f"pricing is {shown(self.pricing)}; it must be one of {', '.join(get_args(Pricing))}")
        self._check_platforms()
        if self.sets_prices:
            self._check_sets_prices()
        if self.sensitivity is not None:
            self._check_money(self.sensitivity)
        self._check_rules()
        self._check_together()

    def _check_platforms(self) -> None:
        parts = Economy(access=self.access, brands=self.brands, owners=self.owners)
        parts.check_fits(self.num_platforms, self.market.num_models, self.market.num_users)
        for name in ("access", "brands"):
            object.__setattr__(self, name, getattr(parts, name))

    def _check_money(self, sensitivity: float) -> None:
        if self.market.prices is None and not (self.sets_prices and self.cost_share is None):
            raise ValueError("a sensitivity to prices needs prices, and this market has none")
        if not real_number("sensitivity", sensitivity) > 0:
            raise ValueError(f"sensitivity is {sensitivity}; it must be > 0, units of the score per money")
        if not 1e-100 <= sensitivity <= 1e100:
            raise ValueError(f"sensitivity is {sensitivity}; give prices in another unit")
        self._check_costs()

    def _check_rules(self) -> None:
        for name, what in (("price_cap", "a price cap"), ("tax", "a tax or subsidy")):
            if getattr(self, name) not in (None, 0.0) and not self.has_money:
                raise ValueError(f"{what} needs prices that users mind: give the sensitivity, --price-sensitivity")
        if self.price_cap is not None and not real_number("price_cap", self.price_cap) >= 0:
            raise ValueError(f"price_cap is {self.price_cap}; it must be >= 0")
        real_number("tax", self.tax)
        if not real_number("fee", self.fee) >= 0:
            raise ValueError(f"fee is {self.fee}; it must be >= 0")

    def _check_together(self) -> None:
        if self.distinct and self.num_platforms > self.market.num_models:
            raise ValueError(
                f"{self.num_platforms} platforms cannot all deploy different models of {self.market.num_models}; take "
                "fewer platforms"
            )
        if not self.are_alike and (self.distinct or self.fee):
            rule = "distinct models" if self.distinct else "a fee"
            raise ValueError(f"{rule} with platforms that differ in access, brand or owner is not solved; ask for one")
        if self.portfolio > 1 and (self.has_money or self.distinct or not self.are_alike):
            raise ValueError(
                "portfolios with prices, a rule of distinct models, or platforms that differ in access, brand or owner "
                "are not solved; ask for one"
            )
        if self.inertia is not None:
            self._check_inertia()

    def _check_sets_prices(self) -> None:
        if self.sensitivity is None:
            raise ValueError("prices in equilibrium need users who mind them: give --price-sensitivity")
        if type(self.choice) is not Logit:
            raise ValueError(
                f"prices in equilibrium need users who choose by Logit; under {shown(self.choice)} a platform gains or "
                "loses all of a type by a little: give a temperature"
            )

    def _check_inertia(self) -> None:
        if self.sets_prices or self.distinct or self.fee or not self.are_alike:
            raise ValueError(
                "users who are held with prices in equilibrium, a fee, a rule of distinct models, or platforms that "
                "differ in access, brand or owner are not solved; ask for one"
            )
        if self.is_held and self.inertia is not None and self.inertia.switching_cost and type(self.choice) is Logit:
            raise ValueError(
                "under Logit some users are where they lose by it, and those who lose more than the switching cost "
                "choose again for ever: leave the temperature out, or ask for reconsider"
            )

    def _check_costs(self) -> None:
        market = self.market
        if self.cost_share is not None:
            if not real_number("cost_share", self.cost_share) >= 0:
                raise ValueError(f"cost_share is {self.cost_share}; it must be >= 0")
        elif market.costs is None or (market.cost_unit != market.price_unit and not self.sets_prices):
            known = "no costs" if market.costs is None else f"costs in {market.cost_unit}"
            sold = f"prices are in {market.price_unit} and " if market.prices is not None else ""
            raise ValueError(
                f"{sold}this market has {known}: give the share of the price that serving costs, --cost-share"
            )

    @property
    def has_money(self) -> bool:
        """Whether users mind prices, so that everything has a value in money."""
        return self.sensitivity is not None

    @property
    def sets_prices(self) -> bool:
        """Whether platforms set their prices once all models are known."""
        return self.pricing == "equilibrium"

    @property
    def is_held(self) -> bool:
        """Whether users do not all choose anew in every round."""
        return self.inertia not in (None, Inertia())

    @property
    def money_unit(self) -> str | None:
        """What money is counted in: the unit of prices, or of costs where these alone decide; None without money."""
        if not self.has_money:
            return None
        given = not self.sets_prices or self.cost_share is not None
        return self.market.price_unit if given else self.market.cost_unit

    @property
    def are_alike(self) -> bool:
        """Whether platforms have the same access and brand and each its own owner."""
        owned = self.owners is not None and len(set(self.owners)) < len(self.owners)
        barred = self.access is not None and not self.access.all()
        return not (owned or barred or (self.brands is not None and bool(np.ptp(self.brands))))

    @property
    def owner_of(self) -> tuple[int, ...]:
        """The owner of each platform, N."""
        return tuple(range(self.num_platforms)) if self.owners is None else self.owners

    @cached_property
    def prices(self) -> FloatArray:
        """What users pay for each model where prices are given, under the cap, `(M,)`; 0 in a market without money."""
        prices = np.zeros(self.market.num_models) if not self.has_money else np.asarray(self.market.prices)
        return prices if self.price_cap is None else np.minimum(prices, self.price_cap)

    @cached_property
    def economy(self) -> Economy:
        """What users choose by and platforms earn."""
        parts: dict[str, Any] = {"access": self.access, "brands": self.brands, "owners": self.owners}
        if self.sensitivity is None or self.sets_prices:
            return Economy(**parts)
        return Economy.margin(self.market, self.prices, self.costs, self.sensitivity, **parts)

    @property
    def costs(self) -> FloatArray:
        """What a user served with each model costs a platform, tax included, `(M,)`, in money.

        Raises:
            ValueError: there is no money.
        """
        if not self.has_money:
            raise ValueError("there are no costs without money: give the sensitivity")
        share = self.cost_share
        costs = self.market.costs if share is None else share * np.asarray(self.market.prices)
        return np.asarray(costs) + self.tax

    @cached_property
    def priced_game(self) -> PricedGame:
        """The game of models whose payoffs are the profits at the prices that follow.

        Raises:
            ValueError: there is no money.
        """
        assert self.sensitivity is not None
        return PricedGame(self.game, self.sensitivity, self.costs, self.price_cap, self.distinct)

    @cached_property
    def game(self) -> MarketGame:
        """The game that platforms play."""
        return MarketGame(self.offered, self.num_platforms, self.choice, economy=self.economy)

    @cached_property
    def offered(self) -> Market:
        """The market whose models platforms deploy: of portfolios those that can be in an equilibrium."""
        if self.portfolio == 1:
            return self.market
        made = portfolios(self.market, min(self.portfolio, self.market.num_models))
        return made.only(made.undominated(self.num_platforms, self.choice, economy=self.economy)).market

    def on(self, market: Market) -> Scenario:
        """The same rules on another market of the same models and user types."""
        return replace(self, market=market)

    def model(self, name: str) -> int:
        """The index of a model.

        Raises:
            ValueError: there is no such model.
        """
        if name not in self.market.model_names:
            raise ValueError(f"no model is called {shown(name)}; the models are {listed(self.market.model_names)}")
        return self.market.model_names.index(name)

    def platform(self, number: int) -> int:
        """A platform's index of its number, which counts from 1.

        Raises:
            ValueError: there is no such platform.
        """
        if not 1 <= number <= self.num_platforms:
            raise ValueError(f"there is no platform {number}; platforms are 1 to {self.num_platforms}")
        return number - 1

    def with_models(self, kept: Sequence[int]) -> Scenario:
        """The same with some of the models alone."""
        access = None if self.access is None else self.access[:, list(kept)]
        return replace(self, market=self.market.only(list(kept)), access=access)
