"""Firms price a differentiated product again and again, each knowing the prices of the last round.

Source: Calvano, Calzolari, Denicolo and Pastorello, "Artificial Intelligence, Algorithmic Pricing, and Collusion"
(AER 2020): demand, grid of prices and parameters are the paper's, and so are the prices of the one-shot equilibrium and
of the joint monopoly, which are computed here; equilibria on the grid are found by exhaustion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import comb
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real
from ..exact import Reference, payoff_tensor, pure_equilibria
from ..market import FloatArray, IntArray
from ..messages import shown
from ..number_format import number
from ..protocol import Actions, Array
from ..repeated import Benchmarks, Limit, RepeatedGame, learn, limit_of, response_to_deviation
from ..status import Status
from ..tolerances import GIVEN
from .checks import move_at_once
from .records import Record

MAX_PROFILES = 20_000
"""Of that many sets of prices all equilibria are found in a second."""

MAX_STATES, MAX_ROUNDS = 4000, 5_000_000
"""Firms that remember so many states learn in tenths of a second; sessions of the figure and the records end there."""


class LastPrices(NamedTuple):
    """What is remembered: the price that each firm charged in the last round, by its number, `(*batch, n)`."""

    prices: IntArray


@dataclass(frozen=True, eq=False)
class AlgorithmicPricing:
    """`n` firms choose a price each at once; their rounds are linked by what they remember, the last prices.

    A consumer buys from firm i with the logit probability `q_i = exp((a - p_i) / mu) / (sum_j exp((a - p_j) / mu) +
    exp(a0 / mu))`, and the firm earns `(p_i - c) q_i` a consumer. Before the first round the last prices are drawn at
    random. There are `m` prices, equally spaced from `p_N - xi (p_M - p_N)` to `p_M + xi (p_M - p_N)`, where p_N is the
    price of the one-shot equilibrium and p_M that of the joint monopoly.

    Args:
        n: the number of firms, 2 to 10.
        a: the quality of their products, in [-100, 100].
        c: the cost of a unit, in [-100, 100].
        mu: how little alike products are to consumers, in [0.01, 100].
        a0: the utility of buying nothing, in [-100, 100].
        m: the number of prices, 2 to 1,000.
        xi: how far they reach beyond the two prices, as a share of their distance, in [0, 10].
        delta: how much firms value the next round, in [0, 0.9999].

    Raises:
        ValueError: a parameter is out of range, there are more than 20,000 sets of prices, or the two prices are the
            same.
        TypeError: a parameter is not a number.

    Example:
        >>> game = AlgorithmicPricing()
        >>> round(game.nash_price, 4), round(game.monopoly_price, 4)
        (1.4729, 1.925)
        >>> game.prices[[0, 1, -1]].round(4), game.equilibria.tolist()
        (array([1.4277, 1.4665, 1.9702]), [[1, 1], [2, 2]])
    """

    n: int = 2
    a: float = 2.0
    c: float = 1.0
    mu: float = 0.25
    a0: float = 0.0
    m: int = 15
    xi: float = 0.1
    delta: float = 0.95
    prices: FloatArray = field(init=False)
    players: tuple[str, ...] = field(init=False)
    spaces: tuple[Discrete, ...] = field(init=False)
    stages: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        checked_integer("n", self.n, 2, 10)
        checked_integer("m", self.m, 2, 1000)
        for name, low, high in (
            ("a", -100, 100), ("c", -100, 100), ("mu", 0.01, 100), ("a0", -100, 100), ("xi", 0, 10),
            ("delta", 0, 0.9999),
        ):  # fmt: skip
            object.__setattr__(self, name, checked_real(name, getattr(self, name), low, high))
        if comb(self.m + self.n - 1, self.n) > MAX_PROFILES:
            raise ValueError(f"{self.n} firms with {self.m} prices have more than {MAX_PROFILES} sets of prices")
        low, high = self.nash_price, self.monopoly_price
        if not high - low > GIVEN * self.mu:
            raise ValueError(
                f"the one-shot equilibrium and the joint monopoly have the same price, {low:g}: hardly anybody buys; "
                "raise a, or lower c or a0"
            )
        reach = self.xi * (high - low)
        prices = np.linspace(low - reach, high + reach, self.m)
        prices.flags.writeable = False
        object.__setattr__(self, "prices", prices)
        move_at_once(self, "firm", [Discrete(self.m)] * self.n)

    @property
    def rounds(self) -> None:
        """As many as are asked for."""
        return

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> LastPrices:
        """Last prices at random, as the paper's sessions begin."""
        return LastPrices(rng.integers(0, self.m, (*batch, self.n)))

    def following(self, state: LastPrices, actions: Actions, rng: np.random.Generator) -> LastPrices:
        """The prices just charged."""
        return LastPrices(np.stack(np.broadcast_arrays(*actions), axis=-1))

    def observe(self, state: LastPrices, player: int) -> Array:
        """The last prices of all firms, from 0 for the lowest to 1 for the highest, `(*batch, n)`."""
        return (state.prices / (self.m - 1)).astype(np.float32)

    def payoffs(self, state: LastPrices | None, actions: Actions) -> FloatArray:
        """Profits of this round a consumer, `(*batch, n)`; they do not depend on the last prices."""
        chosen = self._checked(actions)
        return (self.prices[chosen] - self.c) * self._shares(chosen)

    def action_in_words(self, action: Any) -> str:
        """The price of that number."""
        return number(float(self.prices[int(action)]))

    def figures(self, state: LastPrices | None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: profits and consumer surplus; these two, the mean price, and the profit gain.

        The profit gain is 0 at the profit of the one-shot equilibrium and 1 at that of the joint monopoly.
        """
        chosen = self._checked(actions)
        profit = self.payoffs(state, actions)
        inside = self._weights[chosen].sum(axis=-1) + self._outside
        surplus = self.mu * np.log(inside) + self._largest
        return {
            "welfare": profit.sum(axis=-1) + surplus,
            "profit": profit.sum(axis=-1),
            "consumer_surplus": surplus,
            "price": self.prices[chosen].mean(axis=-1),
            "profit_gain": self.benchmarks.gain(profit.mean(axis=-1)),
        }

    def profit_at(self, price: ArrayLike, others: ArrayLike) -> FloatArray:
        """What a firm earns at any price if all others charge `others`; arrays that broadcast."""
        own, rival = (np.asarray(each, float) for each in (price, others))
        top = np.maximum(self.a - np.minimum(own, rival), self.a0)
        ours, theirs = (np.exp((self.a - each - top) / self.mu) for each in (own, rival))
        return (own - self.c) * ours / (ours + (self.n - 1) * theirs + np.exp((self.a0 - top) / self.mu))

    @cached_property
    def nash_price(self) -> float:
        """The price at which no firm gains by any other price, not only of the grid: `p - c = mu / (1 - q(p))`."""
        return self._price_at(self.n - 1)

    @cached_property
    def monopoly_price(self) -> float:
        """The one price of all firms that earns most: `p - c = mu / (1 - n q(p))`."""
        return self._price_at(0)

    @cached_property
    def benchmarks(self) -> Benchmarks:
        """A firm's profit at these two prices, between which the profit gain is measured."""
        nash, joint = (float(self.profit_at(price, price)) for price in (self.nash_price, self.monopoly_price))
        return Benchmarks(nash, joint)

    @cached_property
    def equilibria(self) -> IntArray:
        """All pure Nash equilibria of one round on the grid of prices, up to the order of firms, `(E, n)`."""
        return pure_equilibria(self, None)

    def reference(self, state: LastPrices | None) -> Reference:
        """The one-shot equilibrium of the lowest prices, in every round; none where the grid has none."""
        source = "derived, by exhaustion; demand and grid of Calvano et al. 2020"
        if not len(self.equilibria):
            return Reference("no pure Nash equilibrium", Status.CONVERGED, None, None, source)
        lowest = self.equilibria[self.prices[self.equilibria].sum(axis=-1).argmin()]
        play = tuple(np.asarray(price) for price in lowest)
        return Reference("pure Nash equilibrium of a round", Status.CONVERGED, play, self.payoffs(None, play), source)

    def repeated(self) -> RepeatedGame:
        """The game played for ever, for `genmarket_env.repeated`."""
        return RepeatedGame(payoff_tensor(self), self.delta)

    @cached_property
    def _largest(self) -> float:
        """The largest utility of a consumer, which is taken off before exponentials are."""
        return float(max(self.a - self.prices[0], self.a0))

    @cached_property
    def _weights(self) -> FloatArray:
        return np.exp((self.a - self.prices - self._largest) / self.mu)

    @cached_property
    def _outside(self) -> float:
        return float(np.exp((self.a0 - self._largest) / self.mu))

    def _shares(self, chosen: IntArray) -> FloatArray:
        weights = self._weights[chosen]
        return weights / (weights.sum(axis=-1, keepdims=True) + self._outside)

    def _checked(self, actions: Actions) -> IntArray:
        """The numbers of the prices, `(*batch, n)`."""
        for player, action in zip(self.players, actions, strict=True):
            if not ((np.asarray(action) >= 0) & (np.asarray(action) < self.m)).all():
                raise ValueError(f"{player} chose {shown(action)}; prices are numbered 0 to {self.m - 1}")
        return np.stack(np.broadcast_arrays(*actions), axis=-1)

    def _price_at(self, rivals: int) -> float:
        """The price p with `p - c = mu / s`, s the share of the others, of whom so many are firms that charge p too."""
        from scipy.optimize import brentq

        def miss(markup: float) -> float:
            utility, nothing = (self.a - self.c - markup) / self.mu, self.a0 / self.mu
            top = max(utility, nothing)
            inside, outside = np.exp(utility - top), np.exp(nothing - top)
            return float(markup * (rivals * inside + outside) / (self.n * inside + outside) - self.mu)

        # There buying nothing is worth more than any product, by so much that hardly anybody buys.
        high = max(self.a - self.c - self.a0, 0.0) + self.mu * (2 * self.n + 2)
        return self.c + float(brentq(miss, 0.0, high, xtol=1e-14, rtol=1e-15))


def few_limits(game: AlgorithmicPricing) -> tuple[Limit, ...]:
    """Where sixteen sessions of Q-learning at the published parameters end, seeds 0 to 15.

    Raises:
        ValueError: firms that remember so many prices take too long to learn here.
    """
    if game.m**game.n > MAX_STATES:
        raise ValueError(f"{game.n} firms with {game.m} prices remember more than {MAX_STATES} states")
    return _few_limits(game.n, game.a, game.c, game.mu, game.a0, game.m, game.xi, game.delta)


@lru_cache(maxsize=4)
def _few_limits(*parameters: Any) -> tuple[Limit, ...]:
    game = AlgorithmicPricing(*parameters).repeated()
    return tuple(limit_of(game, learn(game, seed=seed, max_rounds=MAX_ROUNDS)) for seed in range(16))


def _mean_gain() -> float:
    game = AlgorithmicPricing()
    return float(np.mean([game.benchmarks.gain(limit.payoffs.mean()) for limit in few_limits(game)]))


def _mean_gain_of_deviating() -> float:
    game = AlgorithmicPricing()
    repeated = game.repeated()
    gains = [response_to_deviation(repeated, each, i, 2).gain for each in few_limits(game) for i in range(game.n)]
    return float(np.mean(np.concatenate(gains)))


_PAPER = "Calvano et al. 2020"

RECORDS = (
    Record(
        "the price of the one-shot equilibrium",
        1.4729,
        5e-5,
        _PAPER,
        lambda: AlgorithmicPricing().nash_price,
    ),
    Record(
        "the price of the joint monopoly",
        1.9250,
        5e-5,
        _PAPER,
        lambda: AlgorithmicPricing().monopoly_price,
    ),
    Record(
        "alpha .15, beta 4e-6: the mean profit gain is about .85 (here of 16 sessions)",
        0.85,
        0.1,
        _PAPER,
        _mean_gain,
    ),
    Record(
        "a one-round price cut does not pay (what it wins in those sessions, as a share of profits, is below 0)",
        1.0,
        0.0,
        _PAPER,
        lambda: float(_mean_gain_of_deviating() < 0),
    ),
)
"""Published figures and claims, computed anew."""
