"""How many markets are redrawn where nobody says how many: as many as a first answer has time for."""

from __future__ import annotations

import numpy as np

from ..equilibrium.market_game import MarketGame
from ..equilibrium.payoff_tables import table_steps
from ..tolerances import REGRET_TOL

NUMBERS = (1000, 500, 200, 100, 50)
"""The first of these that is affordable."""

FEW_STEPS, MOST_STEPS = 6_000_000, 20_000_000
"""Deployed scores in all tables of one batch: beyond the first, a third of a second, there are fewer draws, beyond the
second none."""

MOST_MODELS = 500
"""Of more models, finding those that matter in every draw takes too long itself."""

_TRIED = 50


def affordable_draws(game: MarketGame, seed: int) -> int | None:
    """How many markets to redraw; None if even a few take too long.

    The number depends on the market and the seed, not on the machine.
    """
    if game.num_models > MOST_MODELS:
        return None
    tried = game.market.resample(np.random.default_rng(seed), _TRIED)
    steps = table_steps(tried, game.num_platforms, game.choice, REGRET_TOL)
    each = int(steps.sum()) // _TRIED
    for number in NUMBERS:
        if number * each <= FEW_STEPS:
            return number
    return NUMBERS[-1] if NUMBERS[-1] * each <= MOST_STEPS else None
