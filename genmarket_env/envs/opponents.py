"""Scripted platforms, for the single-agent view: each deploys a model from what the last round showed.

They remember nothing, so that an environment can ask them about one market or a batch; `genmarket_env.agents` has the
policies that learn and take turns. What is a best reply, `genmarket_env.best_reply` says for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..best_reply import best_replies
from ..choice import ChoiceRule
from ..game import deviation_payoffs
from ..market import IntArray, Market
from ..tolerances import EQUAL, REGRET_TOL
from .dynamics import MarketDynamics
from .state import MarketState

Opponent = Callable[[Market, IntArray | None, int, np.random.Generator], int]
"""`(market, last profile or None at reset, its platform, rng) -> the model that it deploys`."""

Generators = Sequence[np.random.Generator]


class Scripted(Protocol):
    """An `Opponent` that can be asked about many markets at once."""

    def __call__(
        self, market: Market, last_profile: IntArray | None, platform: int, rng: np.random.Generator, /
    ) -> int:
        """The model that `platform` deploys in one market."""

    def of_batch(self, markets: Market, last: IntArray | None, platform: int, rngs: Generators) -> IntArray:
        """The models that `platform` deploys in a batch of markets, `(B,)`, with a generator for each."""


class _Scripted:
    """One market is a batch without axes."""

    def __call__(self, market: Market, last_profile: IntArray | None, platform: int, rng: np.random.Generator) -> int:
        """The model that `platform` deploys."""
        return int(np.squeeze(self.of_batch(market, last_profile, platform, [rng])))

    def of_batch(self, markets: Market, last: IntArray | None, platform: int, rngs: Generators) -> IntArray:
        """The models that `platform` deploys in each market."""
        raise NotImplementedError


class _Fixed(_Scripted):
    """The model with the highest average score, the first of them, in every round."""

    def of_batch(self, markets: Market, last: IntArray | None, platform: int, rngs: Generators) -> IntArray:
        """The same whatever was played."""
        del last, platform, rngs
        return markets.best_on_average


class _Random(_Scripted):
    """Any model, all equally likely."""

    def of_batch(self, markets: Market, last: IntArray | None, platform: int, rngs: Generators) -> IntArray:
        """Drawn by each generator for its market."""
        del last, platform
        return np.array([rng.integers(markets.num_models) for rng in rngs])


fixed, random = _Fixed(), _Random()


@dataclass(frozen=True)
class BestResponse(_Scripted):
    """The best reply to the last profile; in the first round what `fixed` deploys.

    A platform keeps its model if that is a best reply, else it takes the one with the lowest index.

    Args:
        choice: the rule of user choice.

    Example:
        >>> from genmarket_env import HardMax
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> BestResponse(HardMax())(market, np.array([1, 1]), 0, np.random.default_rng(0))
        0
    """

    choice: ChoiceRule

    def of_batch(self, markets: Market, last: IntArray | None, platform: int, rngs: Generators) -> IntArray:
        """The best replies to the last profiles `(B, platforms)`."""
        if last is None:
            return fixed.of_batch(markets, None, platform, rngs)
        replies = deviation_payoffs(markets, last, self.choice)[..., platform, :]
        return best_replies(replies, last[..., platform])


def opponent(name: str, choice: ChoiceRule) -> Scripted:
    """The scripted platform of that name: "best_response", "fixed" or "random".

    Raises:
        ValueError: the name is unknown.
    """
    known: dict[str, Scripted] = {"best_response": BestResponse(choice), "fixed": fixed, "random": random}
    if name not in known:
        raise ValueError(f"unknown opponent {name!r}; known are {', '.join(known)}, or a callable")
    return known[name]


def scripted_on_terms(
    name: str, dynamics: MarketDynamics, state: MarketState, platform: int, rngs: Generators
) -> NDArray[Any]:
    """What the scripted platform of that name does where there are an economy, prices or inertia.

    "fixed" deploys the model with the highest average score of those that it may, at the price in the middle of what it
    may ask; "random" takes any action that it may, all equally likely; "best_response" what its owner earns most by in
    the coming round if the others do as before, and in the first round what "fixed" does. It keeps its action if that
    is one of the best, else it takes the first; of a range of prices it tries those that regrets are measured against.

    Returns:
        Actions `(B,)`, or `(B, models + 1)` where prices are from a range.
    """
    terms = dynamics.terms
    assert terms is not None
    legal = terms.legal_actions[platform]
    prices = terms.prices
    if name == "random":
        if prices is not None and not prices.is_discrete:
            return np.array([rng.uniform(-1.0, 1.0, dynamics.num_actions) for rng in rngs])
        return np.array([legal[rng.integers(len(legal))] for rng in rngs])
    last = dynamics.last_actions(state)
    if name == "fixed" or last is None:
        points = 1 if prices is None else len(prices.tried)
        models = np.unique(legal // points)
        average = (state.masses[..., None, :] * state.scores[..., models, :]).sum(axis=-1)
        first = (average >= average.max(axis=-1, keepdims=True) - EQUAL).argmax(axis=-1)
        numbers = models[first] * points + points // 2
    else:
        actions, earned = dynamics.replies(state, platform)
        best = earned >= earned.max(axis=-1, keepdims=True) - REGRET_TOL
        numbers = actions[best.argmax(axis=-1)]
        if last.ndim == 2:
            kept = (best & (actions == last[:, platform, None])).any(axis=-1)
            numbers = np.where(kept, last[:, platform], numbers)
    if prices is None or prices.is_discrete:
        return numbers
    models, place = np.divmod(numbers, len(prices.tried))
    return prices.joined(models, prices.tried[place], dynamics.num_offered)
