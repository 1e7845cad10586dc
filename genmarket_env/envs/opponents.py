"""Scripted platforms, for the single-agent view: each deploys a model from what the last round showed.

They remember nothing, so that an environment can ask them about one market or a batch; `genmarket_env.agents` has the
policies that learn and take turns. What is a best reply, `genmarket_env.best_reply` says for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..best_reply import best_replies
from ..choice import ChoiceRule
from ..game import deviation_payoffs
from ..market import IntArray, Market

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
