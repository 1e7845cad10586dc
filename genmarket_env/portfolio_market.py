"""Portfolios: a platform that deploys several models and routes each user is, for users, one composite model.

With routing weights `w_j(k)` over the models of a set F its score is `sum_j w_j(k) S_j(k)` and its cost
`sum_j w_j(k) c_j`. So a market of portfolios is a market whose models are sets. Derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked_integer, real_array
from .choice import ChoiceRule, HardMax, Logit
from .economy import Economy
from .equilibrium import MarketGame
from .equilibrium.hosted import HostedGame
from .game import check_game
from .market import FloatArray, IntArray, Market
from .messages import magnitude, shown
from .tolerances import EQUAL, REGRET_TOL

Routing = Literal["perfect", "default"] | Logit

MAX_ENTRIES = 50_000_000
"""The most scores of composites."""

_BLOCK_ENTRIES = 2_000_000


@dataclass(frozen=True, eq=False)
class Portfolios:
    """A market whose models are sets of the models of another.

    Attributes:
        market: the composites as models, called "a+b" after their members; smaller sets first.
        members: the models of each by index, ascending, `P` tuples.
        costs: what a user of each type served by each costs, `(*batch, P, K)`; None if the market has no costs.
        hosting: what it costs a platform to host each, whomever it serves, `(P,)`.
    """

    market: Market
    members: tuple[tuple[int, ...], ...]
    costs: FloatArray | None
    hosting: FloatArray

    def net_of_cost(self, weight: float = 1.0, **parts: Any) -> Economy:
        """The economy in which platforms earn the score less `weight` times the cost; see `Economy.net_of_cost`.

        Raises:
            ValueError: the market has no costs.
        """
        if self.costs is None:
            raise ValueError("these portfolios have no costs; give portfolios(..., costs=...), a number or one a model")
        return Economy.net_of_cost(self.market, self.costs, weight, **parts)

    def game(
        self, num_platforms: int, choice: ChoiceRule = HardMax(), *, economy: Economy | None = None
    ) -> MarketGame | HostedGame:
        """The game of platforms that choose portfolios, with the cost of hosting them where there is any.

        Args:
            num_platforms: N >= 1.
            choice: how users choose.
            economy: as `MarketGame` takes it, of composites; see `net_of_cost`.
        """
        game = MarketGame(self.market, num_platforms, choice, economy=economy)
        return HostedGame(game, self.hosting) if self.hosting.any() else game

    def undominated(
        self,
        num_platforms: int,
        choice: ChoiceRule = HardMax(),
        *,
        economy: Economy | None = None,
        tol: float = REGRET_TOL,
    ) -> IntArray:
        """The rows that can be in an equilibrium: those that none of no larger hosting cost is strictly better than.

        Args:
            num_platforms: N >= 1.
            choice: how users choose.
            economy: as in `game`.
            tol: the regret that an equilibrium may have.
        """
        game = MarketGame(self.market, num_platforms, choice, economy=economy)
        return HostedGame(game, self.hosting).candidates(None, tol)

    def only(self, rows: ArrayLike) -> Portfolios:
        """These portfolios alone."""
        kept = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            market=self.market.only(kept),
            members=tuple(self.members[row] for row in kept.tolist()),
            costs=None if self.costs is None else self.costs[..., kept, :],
            hosting=self.hosting[kept],
        )


def portfolios(
    market: Market,
    size: int,
    *,
    routing: Routing = "perfect",
    hosting_cost: ArrayLike = 0.0,
    costs: ArrayLike | None = None,
) -> Portfolios:
    """The market of all portfolios of at most `size` models.

    Left out, before larger ones are built, are sets with a member that serves nobody: they are a smaller set at a bill
    that is no lower. Each equilibrium of all sets is one of those that are left, once such members are dropped.

    Args:
        market: one or a batch; its errors, and its prices, are not those of composites and are left behind. A set is
            left out if it is in every market of the batch.
        size: the most models of a portfolio, from 1 to those of the pool.
        routing: "perfect", each type gets the model of F that is best for it, of equal ones a cheapest; a
            `Logit(temperature)`, the softmax over F by the scores; "default", all get the model of F that is best on
            average.
        hosting_cost: what hosting a model costs, a number or `(M,)`, finite and >= 0, in units of payoffs.
        costs: what a user served with a model costs, a number or `(M,)`, finite; None takes those of the market, if it
            has any.

    Raises:
        ValueError: `size` is less than 1 or more than the pool, the routing is unknown, a cost is out of range or there
            is not one for each model, or composites have more than 50 million scores.
        TypeError: an argument has another type.

    Source: derived.

    Example:
        >>> from genmarket_env import pure_equilibria
        >>> market = Market([[0.9, 0.1], [0.2, 0.8], [0.1, 0.1]], [0.6, 0.4], model_names=["poet", "coder", "bore"])
        >>> pairs = portfolios(market, 2)
        >>> pairs.market.model_names
        ('poet', 'coder', 'bore', 'poet+coder')
        >>> pure_equilibria(pairs.market, 2)
        array([[3, 3]])
    """
    check_game(market)
    most = checked_integer("size", size, 1)
    if most > market.num_models:
        raise ValueError(
            f"size is {size}, but the pool has {market.num_models} models: a portfolio holds some of them, each once"
        )
    if not (routing in ("perfect", "default") if isinstance(routing, str) else _is_softmax(routing)):
        raise ValueError(
            f"routing is {shown(routing)}; it must be 'perfect', 'default' or a Logit without an outside utility"
        )
    bill = _by_model("hosting_cost", hosting_cost, market, least=0.0)
    cost = market.costs if costs is None else _by_model("costs", costs, market)
    sets, scores, spent = [], [], []
    kept: IntArray = np.empty((1, 0), np.int64)
    for count in range(1, most + 1):
        parts = []
        for block in _extended(kept, market, count):
            if routing == "perfect":
                block = block[_served_perfectly(market, cost, block)]
            elif routing == "default":
                block = block[_served_by_default(market, block)]
            parts.append(block)
            made, paid = _composite(market, cost, block, routing)
            scores.append(made)
            spent.append(paid)
        kept = np.concatenate(parts) if parts else np.empty((0, count), np.int64)
        sets += [tuple(members) for members in kept.tolist()]
    hosting = np.array([bill[list(members)].sum() for members in sets])
    composite = Market(
        np.concatenate(scores, axis=-2), market.masses, model_names=_names(market, sets), user_names=market.user_names
    )
    paid_for = None if cost is None else np.concatenate([part for part in spent if part is not None], axis=-2)
    return Portfolios(composite, tuple(sets), paid_for, hosting)


def _is_softmax(routing: Any) -> bool:
    return type(routing) is Logit and routing.outside_utility is None


def _extended(kept: IntArray, market: Market, count: int) -> Iterator[IntArray]:
    """The sets of `count` models, ascending, whose first ones are kept, in blocks `(P, count)`."""
    models, users = market.num_models, market.num_users
    total = int((models - 1 - kept[:, -1]).sum()) if count > 1 else models
    if total * users * math.prod(market.batch_shape) > MAX_ENTRIES:
        raise ValueError(
            f"{magnitude(total)} portfolios of {count} of {models} models have more than {MAX_ENTRIES:,} scores; use a "
            "smaller size or pool"
        )
    if count == 1:
        every: Iterator[tuple[int, ...]] = combinations(range(models), 1)
    else:
        every = ((*members, j) for members in kept.tolist() for j in range(members[-1] + 1, models))
    block = max(1, _BLOCK_ENTRIES // (count * users * math.prod(market.batch_shape)))
    while some := list(islice(every, block)):
        yield np.array(some, dtype=np.int64)


def _served_perfectly(market: Market, cost: FloatArray | None, sets: IntArray) -> NDArray[np.bool_]:
    """Whether each member of a set is best for some type, or as good as the best others and cheaper, `(P,)`.

    A member that is not is none in larger sets either.
    """
    scores = market.scores[..., sets, :]
    needed = np.ones(len(sets), np.bool_)
    if sets.shape[1] == 1:
        return needed
    for place in range(sets.shape[1]):
        own = scores[..., place, :]
        others = np.delete(scores, place, axis=-2)
        best = others.max(axis=-2)
        better = own > best
        if cost is not None:
            prices = np.broadcast_to(cost[..., sets][..., None], scores.shape)
            rivals = np.delete(prices, place, axis=-2)
            cheapest = np.where(others == best[..., None, :], rivals, np.inf).min(axis=-2)
            better |= (own == best) & (prices[..., place, :] < cheapest)
        needed &= better.any(axis=(*range(better.ndim - 2), -1))
    return needed


def _served_by_default(market: Market, sets: IntArray) -> NDArray[np.bool_]:
    """Whether each member of a set is best on average in some market, `(P,)`: of one market only sets of one are."""
    chosen = _best_on_average(market, sets)
    batch = tuple(range(chosen.ndim - 1))
    return np.all([(chosen == place).any(axis=batch) for place in range(sets.shape[1])], axis=0)


def _best_on_average(market: Market, sets: IntArray) -> IntArray:
    """The place in each set of the model that is best on average, the first of those that tie: `(*batch, P)`."""
    average = market.average_scores[..., sets]
    return (average >= average.max(axis=-1, keepdims=True) - EQUAL).argmax(axis=-1)


def _composite(
    market: Market, cost: FloatArray | None, sets: IntArray, routing: Routing
) -> tuple[FloatArray, FloatArray | None]:
    """The scores of each set `(*batch, P, K)`, and its costs."""
    scores = market.scores[..., sets, :]
    prices = None if cost is None else np.broadcast_to(cost[..., sets][..., None], scores.shape)
    if routing == "perfect":
        best = scores.max(axis=-2)
        if prices is None:
            return best, None
        return best, np.where(scores == best[..., None, :], prices, np.inf).min(axis=-2)
    weights: FloatArray
    if isinstance(routing, Logit):
        weights = routing(scores)
    else:
        chosen = _best_on_average(market, sets)
        weights = (np.arange(sets.shape[1]) == chosen[..., None])[..., None].astype(float)
    return (weights * scores).sum(axis=-2), None if prices is None else (weights * prices).sum(axis=-2)


def _by_model(name: str, values: ArrayLike, market: Market, least: float = -np.inf) -> FloatArray:
    array = real_array(name, values)
    if array.shape not in ((), (market.num_models,)):
        raise ValueError(
            f"{name} has the shape {array.shape}; give a number, or one for each of the {market.num_models} models"
        )
    wrong = ~(np.isfinite(array) & (array >= least))
    if wrong.any():
        raise ValueError(f"{name} must be finite{' and >= 0' if least == 0 else ''}; got {array[wrong].flat[0]}")
    return np.broadcast_to(array, (market.num_models,))


def _names(market: Market, sets: list[tuple[int, ...]]) -> list[str]:
    """The names of the members with a plus between them, spaced where that makes two of them equal."""
    names: list[str] = []
    for between in ("+", " + ", " and "):
        names = [between.join(market.model_names[j] for j in members) for members in sets]
        if len(set(names)) == len(names):
            return names
    return [f"{name} {members}" for name, members in zip(names, sets, strict=True)]
