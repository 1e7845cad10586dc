"""How many markets are redrawn where nobody says how many: as many as a first answer has time for."""

from __future__ import annotations

import math

import numpy as np

from ..equilibrium.market_game import MarketGame
from ..equilibrium.payoff_tables import table_steps
from ..exact.deciders import Deciders
from ..tolerances import REGRET_TOL

NUMBERS = (1000, 500, 200, 100, 50)
"""The first of these that is affordable."""

FEW_STEPS, MOST_STEPS = 6_000_000, 20_000_000
"""Deployed scores in all tables of one batch: beyond the first, a third of a second, there are fewer draws, beyond the
second none."""

MOST_MODELS = 500
"""Of more models, finding those that matter in every draw takes too long itself."""

FEW_ENTRIES, MOST_ENTRIES = 1_500_000, 5_000_000
"""The same of entries that are searched where each draw is a search of its own, beside an economy: profiles, times
owners where platforms differ."""

LEAST_ENTRIES = 6000
"""A search takes the time of at least so many."""

_TRIED = 50


def affordable_draws(game: MarketGame, seed: int) -> int | None:
    """How many markets to redraw; None if even a few take too long.

    The number depends on the market and the seed, not on the machine.
    """
    if game.num_models > MOST_MODELS:
        return None
    if not game.pays_scores:
        return _largest(_entries_of(game), FEW_ENTRIES, MOST_ENTRIES)
    tried = game.market.resample(np.random.default_rng(seed), _TRIED)
    steps = table_steps(tried, game.num_platforms, game.choice, REGRET_TOL)
    return _largest(int(steps.sum()) // _TRIED, FEW_STEPS, MOST_STEPS)


def _largest(each: int, few: int, most: int) -> int | None:
    """The largest number of draws of so much work each."""
    for number in NUMBERS:
        if number * each <= few:
            return number
    return NUMBERS[-1] if NUMBERS[-1] * each <= most else None


def _entries_of(game: MarketGame) -> int:
    """How many entries a search of one draw goes through, about."""
    if not game.alike:
        return max(LEAST_ENTRIES, Deciders(game, None, game.groups(None)).size)
    models = len(game.candidates(None, REGRET_TOL))
    return max(LEAST_ENTRIES, math.comb(models + game.num_platforms - 1, game.num_platforms))
