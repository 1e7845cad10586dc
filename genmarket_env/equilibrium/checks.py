"""What the solvers check before they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import kernel
from ..choice import ChoiceRule, check_demand
from ..compiled import parameters
from ..exact.effort import check_size, check_work
from ..game import check_game
from ..market import IntArray, Market
from ..messages import magnitude, shown
from ..tolerances import AGREED

if TYPE_CHECKING:
    from .market_game import MarketGame

MAX_PROFILES = 5_000_000
"""The most profiles whose payoffs the kernel computes to take an expectation or a maximum over them."""

MAX_ENUMERATED_STEPS = 10_000_000_000
"""The most deployed scores in all these profiles: some minutes."""

MAX_MIXED_PLATFORMS = 2000
"""The most platforms in mixed play: the nodes of its quadrature are eigenvalues of a dense matrix of half that size."""

TRIED_PLATFORMS = 1000
"""On so many platforms at most is a rule tried: more are refused for their number, before memory runs out."""


def check_one_market(market: Market, choice: ChoiceRule, solver: str) -> None:
    """Raise TypeError unless these are a market and a choice rule, ValueError if `market` is a batch."""
    check_game(market, choice)
    if market.batch_shape:
        raise ValueError(f"{solver} takes one market, not a batch {market.batch_shape}: index it first")


def check_mixed_platforms(platforms: int) -> None:
    """Raise ValueError if there are more platforms than `MAX_MIXED_PLATFORMS`."""
    if platforms > MAX_MIXED_PLATFORMS:
        raise ValueError(f"mixed play takes at most {MAX_MIXED_PLATFORMS} platforms; got {platforms}")


def check_choice(market: Market, profile: IntArray, choice: ChoiceRule) -> None:
    """Try a rule that the twins do not know on a profile `(*batch, platforms)`: it may be anything.

    Raises:
        ValueError: it returns no demand, or does not fit the market.
    """
    if parameters(choice, market.num_users) is None:
        check_demand(choice, kernel.deployed_scores(market.scores, profile))


def first_models(market: Market, platforms: int) -> IntArray:
    """A profile of that many platforms, of the first few if they are many: the models in turn."""
    return np.arange(min(platforms, TRIED_PLATFORMS)) % market.num_models


def check_alike(market: Market, platforms: int, choice: ChoiceRule) -> None:
    """Try a rule that the twins do not know on one profile, and whether it treats platforms alike.

    All that counts multisets assumes so. It is tried on the first few of many platforms.

    Raises:
        ValueError: it returns no demand, does not fit the market, or does not treat platforms alike.
    """
    check_choice(market, first_models(market, platforms), choice)
    if parameters(choice, market.num_users) is not None:
        return
    profile = first_models(market, platforms)
    orders = np.stack([profile, profile[::-1]])
    served = kernel.demand(market.scores[..., None, :, :], orders, choice)
    if not np.allclose(served[..., 0, :, :], served[..., 1, ::-1, :], rtol=0, atol=AGREED, equal_nan=True):
        raise ValueError(
            f"{shown(choice)} does not treat platforms alike: what a platform serves must depend on the deployed "
            f"scores, not on its place"
        )


def check_profiles(game: MarketGame, count: int) -> None:
    """Raise ValueError if `count` profiles, or their deployed scores, are too many; or by `check_choice`."""
    # What is wrong with the rule comes first, however many profiles there are.
    check_choice(game.market, first_models(game.market, game.num_platforms), game.choice)
    words = game.words
    check_work(
        count,
        MAX_PROFILES,
        f"{words.size} take {magnitude(count)} profiles{words.rule}, more than the {MAX_PROFILES:,} that are enumerated"
        f"; use HardMax, or {words.fewer}",
    )
    steps = count * game.num_platforms * game.num_users
    check_size(game, steps, MAX_ENUMERATED_STEPS, "deployed scores in all profiles")
