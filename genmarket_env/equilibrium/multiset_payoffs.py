"""What platforms earn, and what they would earn with another model, in every profile of one market, by the kernel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import kernel
from ..exact.multisets import blocks_of_multisets, opponents_faced
from ..market import FloatArray
from ..offers import worths_of

if TYPE_CHECKING:
    from .market_game import MarketGame

_BLOCK_STEPS = 2_000_000


def payoffs_against_multisets(game: MarketGame) -> FloatArray:
    """What each model earns against each multiset of opponents, by its place: `(C(M + N - 2, N - 1), M)`.

    Raises:
        ValueError: the rule returns no demand, or does not treat platforms alike.
    """
    models, platforms = game.num_models, game.num_platforms
    game.check_alike()
    offers, worths = game.offers, worths_of(game.offers)
    out = np.empty((math.comb(models + platforms - 2, platforms - 1), models))
    block = max(1, _BLOCK_STEPS // (platforms * game.num_users))
    for profiles in blocks_of_multisets(models, platforms, block):
        earned = kernel.payoffs(offers.scores, offers.masses, profiles, game.choice, worths)
        out[opponents_faced(profiles), profiles] = earned
    return out
