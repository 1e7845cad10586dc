"""The game of models whose payoffs are the profits at the prices that follow, of platforms that may differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.market_game import MarketGame
from ..exact.abilities import Group
from ..exact.deciders import Deciders
from ..exact.effort import TooLarge
from ..market import FloatArray, IntArray
from ..messages import magnitude
from ..protocol import Actions
from ..status import Status
from .equilibrium import PriceEquilibrium, price_equilibrium
from .stages import MOST_PROFILES

NOT_TO_BE_HAD = -1e100
"""What a profile pays that is not allowed, or of which no prices are known: nobody moves to it."""

_BLOCK_ENTRIES = 200_000


@dataclass(frozen=True, eq=False)
class PricedGame:
    """Platforms choose models and expect the prices from which no owner would move.

    It is a game as `genmarket_env.protocol` says, with deciders (`Grouped`): owners move all their platforms at once.
    Of several price equilibria the one of the lowest mean price is expected, as in `models_then_prices`.

    Args:
        base: the platforms, what they may deploy, their brands and owners.
        price_sensitivity: as `price_equilibrium` takes it.
        costs: what a user served with each model costs, `(M,)`, in money.
        price_cap: the highest price; None for no cap.
        distinct: whether no two platforms may deploy the same model.
        num_starts: as `price_equilibrium` takes it.

    Raises:
        ValueError: as `price_equilibrium`, when prices are asked for.

    Source: derived; the prices as in `price_equilibrium`.

    Example:
        >>> from genmarket_env import Logit, Market
        >>> base = MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5]), 2, Logit(0.1, outside_utility=0.0))
        >>> game = PricedGame(base, 1.0, np.full(2, 0.1))
        >>> game.priced(np.array([0, 1])).prices.round(3)
        array([0.732, 0.649])
        >>> game.deciders.profiles(np.flatnonzero(game.deciders.regrets.max(axis=1) <= 1e-9))
        array([[0, 1]])
    """

    base: MarketGame
    price_sensitivity: float
    costs: FloatArray
    price_cap: float | None = None
    distinct: bool = False
    num_starts: int = 3
    alike: bool = field(default=False, init=False)

    @property
    def players(self) -> tuple[str, ...]:
        """The names of the platforms."""
        return self.base.players

    @property
    def spaces(self) -> tuple[Any, ...]:
        """The models by index."""
        return self.base.spaces

    @property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """All platforms choose models at once."""
        return self.base.stages

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> NDArray[Any]:
        """Nothing is to be known but the game itself."""
        return self.base.observe(state, player)

    def check_alike(self) -> None:
        """Platforms are searched by their owners, alike or not."""
        self.base.check_alike()

    def groups(self, state: None) -> tuple[Group, ...]:
        """Who decides, and who of them are alike."""
        return self.base.groups(state)

    @cached_property
    def deciders(self) -> Deciders:
        """All profiles of models, and what they pay.

        Raises:
            TooLarge: there are more profiles than are priced.
        """
        found = Deciders(self, None, self.groups(None))
        count = math.prod(found.counts)
        if count > MOST_PROFILES:
            raise TooLarge(
                f"{self.base.num_models} models on {self.base.num_platforms} platforms make {magnitude(count)} "
                f"profiles to price, more than {MOST_PROFILES:,}; use fewer models or platforms",
                count / MOST_PROFILES,
            )
        return found

    def priced(self, profiles: IntArray) -> PriceEquilibrium:
        """The prices that follow profiles `(*batch, N)`, and what comes of them."""
        economy = self.base.economy
        brands = 0.0 if economy is None or economy.brands is None else economy.brands
        return price_equilibrium(
            self.base.market,
            profiles,
            self.base.choice,
            price_sensitivity=self.price_sensitivity,
            costs=self.costs,
            brands=brands,
            owners=None if economy is None else economy.owners,
            price_cap=self.price_cap,
            num_starts=self.num_starts,
        )

    def allowed(self, profiles: IntArray) -> NDArray[np.bool_]:
        """Whether the rules allow profiles `(*batch, N)`."""
        if not self.distinct:
            return np.ones(profiles.shape[:-1], np.bool_)
        return np.asarray((np.diff(np.sort(profiles, axis=-1), axis=-1) > 0).all(axis=-1))

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """What the owner of each platform earns, `(*batch, N)`, in money; `NOT_TO_BE_HAD` where that is not known."""
        profiles = self.base.profile(actions)
        flat = profiles.reshape(-1, profiles.shape[-1])
        earned = np.full(flat.shape, NOT_TO_BE_HAD)
        rows = np.flatnonzero(self.allowed(flat))
        size = max(1, _BLOCK_ENTRIES // (flat.shape[1] * self.base.num_users * self.num_starts))
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            found = self.priced(flat[some])
            known = some[found.status == Status.CONVERGED]
            earned[known] = self.base.of_owners(found.profits)[found.status == Status.CONVERGED]
        return earned.reshape(profiles.shape)
