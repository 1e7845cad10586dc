"""What the solvers check before they start."""

from __future__ import annotations

import numpy as np

from .. import kernel
from ..choice import ChoiceRule
from ..game import check_game
from ..market import Market
from ..messages import shown

MAX_PROFILES = 5_000_000
"""The most profiles whose payoffs the kernel computes to take an expectation or a maximum over them."""


def check_one_market(market: Market, choice: ChoiceRule, solver: str) -> None:
    """Raise TypeError unless these are a market and a choice rule, ValueError if `market` is a batch."""
    check_game(market, choice)
    if market.batch_shape:
        raise ValueError(f"{solver} takes one market, not a batch {market.batch_shape}: index it first")


def check_enumerable(market: Market, platforms: int, choice: ChoiceRule, count: int) -> None:
    """Raise ValueError if `count` profiles are more than `MAX_PROFILES`."""
    # A rule that does not fit the market is to say so itself, however many profiles there are.
    kernel.demand(market.scores, np.zeros(platforms, np.int64), choice)
    if count > MAX_PROFILES:
        raise ValueError(
            f"{market.num_models} models on {platforms} platforms take {count:,} profiles under {shown(choice)}, more "
            f"than the {MAX_PROFILES:,} that are enumerated; use HardMax, or fewer models or platforms"
        )
