"""Models first, prices second: which models platforms deploy if each expects the prices that follow."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_integer, real_number
from ..choice import ChoiceRule, HardMax
from ..economy import Economy
from ..exact import pure_equilibria, stable_profiles
from ..exact.effort import TooLarge
from ..exact.multisets import all_multisets, opponents_faced
from ..game import check_game, checked_platforms
from ..market import FloatArray, IntArray, Market
from ..messages import magnitude
from ..status import Status
from ..tolerances import AGREED
from .equilibrium import price_equilibrium
from .outcome import PriceOutcome

MOST_PROFILES = 200_000
"""So many profiles of models are priced at most; 2,600 of LiveBench at three platforms take seconds."""

_BLOCK_ENTRIES = 200_000

FIGURES = ("consumer_surplus", "total_surplus", "hhi", "status", "num_equilibria")


@dataclass(frozen=True, eq=False)
class ModelsThenPrices:
    """The game of models whose payoffs are the profits at the prices that follow.

    Attributes:
        profiles: every profile of models, `(P, N)`: sorted ones alone where platforms are alike.
        prices: at each, `(P, N)`; NaN where no price equilibrium was found.
        profits: at each, `(P, N)`, alike.
        consumer_surplus: at each, `(P,)`, alike.
        total_surplus: at each, `(P,)`, alike.
        hhi: at each, `(P,)`, alike.
        num_equilibria: how many price equilibria were found at each, `(P,)`. Of several the one of the lowest mean
            price is expected.
        equilibria: the rows of `profiles` that are subgame perfect, `(E,)`: no owner gains by other models.
        undecided: the rows, `(U,)`, that would be if what a profile without prices pays were little.
    """

    profiles: IntArray
    prices: FloatArray
    profits: FloatArray
    consumer_surplus: FloatArray
    total_surplus: FloatArray
    hhi: FloatArray
    num_equilibria: IntArray
    equilibria: IntArray
    undecided: IntArray


def models_then_prices(
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    price_sensitivity: ArrayLike,
    costs: ArrayLike | None = None,
    brands: ArrayLike = 0.0,
    owners: Sequence[Hashable] | None = None,
    access: ArrayLike | None = None,
    tol: float = AGREED,
    num_starts: int = 3,
    progress: Callable[[int, int], object] | None = None,
) -> ModelsThenPrices:
    """All subgame-perfect choices of models by platforms that set prices afterwards.

    Platforms that are alike (no brands, owners, access, or costs of their own) are searched as multisets, others as all
    profiles of models that they may deploy. Where platforms have one owner, it chooses all their models at once.

    Args:
        market: one market.
        num_platforms: N >= 1.
        choice: a `Logit`; see `priced_models` for prices under other rules.
        price_sensitivity: as `price_equilibrium` takes it.
        costs: as `price_equilibrium` takes them.
        brands: as `price_equilibrium` takes them.
        owners: as `price_equilibrium` takes them.
        access: whether a platform may deploy a model, `(N, M)`, as `Economy` takes it; None: all may deploy all.
        tol: what an owner may gain by other models in an equilibrium, >= 0, in money.
        num_starts: as `price_equilibrium` takes it, for the prices of each profile.
        progress: called with how many profiles are priced, and how many there are.

    Raises:
        ValueError: as `price_equilibrium`, `tol` is negative or NaN, the market is a batch, or (`TooLarge`) there are
            more than 200,000 profiles.
        TypeError: an argument is not numeric.

    Source: derived; the prices as in `price_equilibrium`.

    Example:
        >>> from genmarket_env import Logit
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])
        >>> rule = Logit(0.1, outside_utility=0.0)
        >>> found = models_then_prices(market, 2, rule, price_sensitivity=1, costs=0.1)
        >>> found.profiles[found.equilibria], found.prices[found.equilibria].round(3)
        (array([[0, 1]]), array([[0.732, 0.649]]))
    """
    check_game(market, choice)
    platforms = checked_platforms(num_platforms)
    if market.batch_shape:
        raise ValueError(
            f"models_then_prices takes one market, not a batch {market.batch_shape}; choose one, market[0]"
        )
    limit = real_number("tol", tol)
    if not limit >= 0:
        raise ValueError(f"tol is {tol}; it must be >= 0")
    checked_integer("num_starts", num_starts, 1)
    allowed = _allowed(market, platforms, access)
    free = all(len(models) == market.num_models for models in allowed)
    alike = free and owners is None and not np.any(brands) and (costs is None or np.ndim(costs) < 2)
    profiles = _profiles(allowed, alike)
    terms: dict[str, Any] = {
        "price_sensitivity": price_sensitivity, "costs": costs, "brands": brands, "owners": owners,
        "num_starts": num_starts,
    }  # fmt: skip
    size = max(1, _BLOCK_ENTRIES // (platforms * market.num_users * num_starts))
    parts: list[PriceOutcome] = []
    for start in range(0, len(profiles), size):
        parts.append(price_equilibrium(market, profiles[start : start + size], choice, **terms))
        if progress is not None:
            progress(min(start + size, len(profiles)), len(profiles))
    prices, profits, *figures = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("prices", "profits", *FIGURES)
    )
    consumer, total, hhi, status, count = figures
    known = status == Status.CONVERGED
    for array in (prices, profits, consumer, total, hhi):
        array[~known] = np.nan
    hopes = np.where(known[:, None], profits, -np.inf)
    if alike:
        certain, hopeful = (
            _equilibria_of_alike(market.num_models, profiles, earned, limit) for earned in (profits, hopes)
        )
    else:
        labels: list[Hashable] = list(range(platforms)) if owners is None else list(owners)
        certain, hopeful = (
            _equilibria_of_owners([*map(len, allowed)], profiles, earned, labels, limit) for earned in (profits, hopes)
        )
    undecided = np.setdiff1d(hopeful, certain)
    return ModelsThenPrices(profiles, prices, profits, consumer, total, hhi, count, certain, undecided)


def _allowed(market: Market, platforms: int, access: ArrayLike | None) -> list[IntArray]:
    """The models that each platform may deploy."""
    if access is None:
        return [np.arange(market.num_models)] * platforms
    given = Economy(access=access).access
    assert given is not None
    if given.shape != (platforms, market.num_models):
        raise ValueError(
            f"access has the shape {given.shape}, but there are {platforms} platforms and {market.num_models} models: "
            "give (platforms, models)"
        )
    return [np.flatnonzero(mine) for mine in given]


def _profiles(allowed: Sequence[IntArray], alike: bool) -> IntArray:
    models, platforms = max(map(len, allowed)), len(allowed)
    count = comb(models + platforms - 1, platforms) if alike else prod(map(len, allowed))
    if count > MOST_PROFILES:
        raise TooLarge(
            f"{models} models on {platforms} platforms{'' if alike else ' that differ'} make {magnitude(count)} "
            f"profiles to price, more than {MOST_PROFILES:,}; use fewer models, market.only([...])",
            count / MOST_PROFILES,
        )
    if alike:
        return all_multisets(models, platforms)
    return np.array(list(product(*(models.tolist() for models in allowed))))


@dataclass(frozen=True)
class _ModelGame:
    """The game of models of platforms that are alike, by its table; nothing of it is drawn."""

    table: FloatArray
    num_platforms: int

    @property
    def players(self) -> tuple[str, ...]:
        return tuple(f"platform_{i}" for i in range(self.num_platforms))

    @property
    def spaces(self) -> tuple[Discrete, ...]:
        return (Discrete(self.table.shape[1]),) * self.num_platforms

    @property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        return (tuple(range(self.num_platforms)),)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        pass

    def observe(self, state: None, player: int) -> FloatArray:
        return np.zeros(0)

    def payoffs(self, state: None, actions: Any) -> FloatArray:
        profile = np.stack(np.broadcast_arrays(*actions), axis=-1)
        order = np.argsort(profile, axis=-1)
        ordered = np.take_along_axis(profile, order, axis=-1).reshape(-1, self.num_platforms)
        earned = self.table[opponents_faced(ordered), ordered].reshape(profile.shape)
        return np.take_along_axis(earned, np.argsort(order, axis=-1), axis=-1)

    def payoffs_against(self, state: None) -> FloatArray:
        return self.table


def _equilibria_of_alike(models: int, profiles: IntArray, profits: FloatArray, tol: float) -> IntArray:
    faced = opponents_faced(profiles)
    table = np.empty((int(faced.max()) + 1, models))
    table[faced, profiles] = profits
    # Where a deviation has no known payoff NaN keeps the profile out.
    with np.errstate(invalid="ignore"):
        found = pure_equilibria(_ModelGame(table, profiles.shape[1]), tol=tol)
    row = {tuple(profile): index for index, profile in enumerate(profiles.tolist())}
    return np.array([row[tuple(profile)] for profile in found.tolist()], dtype=np.int64)


def _equilibria_of_owners(
    sizes: list[int], profiles: IntArray, profits: FloatArray, labels: list[Hashable], tol: float
) -> IntArray:
    """The rows of the product of what platforms may deploy, so many models each, in which no owner gains."""
    platforms = profiles.shape[1]
    groups = [[i for i, label in enumerate(labels) if label == owner] for owner in dict.fromkeys(labels)]
    earned = np.stack([profits[:, group].sum(axis=1) for group in groups], axis=-1)
    tensor = earned.reshape((*sizes, len(groups)))
    rows = np.arange(len(profiles)).reshape(sizes)
    order = [i for group in groups for i in group]
    joint = [prod(sizes[i] for i in group) for group in groups]
    tensor = tensor.transpose([*order, platforms]).reshape([*joint, len(groups)])
    rows = rows.transpose(order).reshape(joint)
    with np.errstate(invalid="ignore"):
        return np.sort(rows[tuple(stable_profiles(tensor, tol).T)])
