"""Scripted platforms, for the single-agent view: each deploys a model from what the last round showed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..best_reply import best_reply
from ..choice import ChoiceRule
from ..game import deviation_payoffs
from ..market import IntArray, Market

Opponent = Callable[[Market, IntArray | None, int, np.random.Generator], int]
"""`(market, last profile or None at reset, its platform, rng) -> the model that it deploys`."""


def fixed(market: Market, last_profile: IntArray | None, platform: int, rng: np.random.Generator) -> int:
    """The model with the highest average score, the first of them, in every round."""
    del last_profile, platform, rng
    return int(market.best_on_average)


def random(market: Market, last_profile: IntArray | None, platform: int, rng: np.random.Generator) -> int:
    """Any model, all equally likely."""
    del last_profile, platform
    return int(rng.integers(market.num_models))


@dataclass(frozen=True)
class BestResponse:
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

    def __call__(self, market: Market, last_profile: IntArray | None, platform: int, rng: np.random.Generator) -> int:
        """The model that `platform` deploys."""
        if last_profile is None:
            return fixed(market, None, platform, rng)
        replies = deviation_payoffs(market, last_profile, self.choice)[platform]
        return best_reply(replies, current=int(last_profile[platform]))


def opponent(name: str, choice: ChoiceRule) -> Opponent:
    """The scripted platform of that name: "best_response", "fixed" or "random".

    Raises:
        ValueError: the name is unknown.
    """
    known: dict[str, Opponent] = {"best_response": BestResponse(choice), "fixed": fixed, "random": random}
    if name not in known:
        raise ValueError(f"unknown opponent {name!r}; known are {', '.join(known)}, or a callable")
    return known[name]
