"""How many markets are redrawn where nobody says how many: as many as a first answer has time for."""

from __future__ import annotations

import numpy as np

from ..choice import ChoiceRule
from ..equilibrium.payoff_tables import table_steps
from ..market import Market

NUMBERS = (1000, 500, 200, 100, 50)
"""The first of these that is affordable."""

LATER = f"How sure that is would take a while: ask for it by --draws {NUMBERS[-1]}, or more."
"""What is said where none of them is."""

FEW_STEPS, MOST_STEPS = 6_000_000, 20_000_000
"""Deployed scores in all tables of one batch: beyond the first, a third of a second, there are fewer draws, beyond the
second none."""

MOST_MODELS = 500
"""Of more models, finding those that matter in every draw takes too long itself."""

_TRIED = 50


def affordable_draws(
    market: Market, platforms: int, choice: ChoiceRule, seed: int
) -> tuple[int | None, tuple[str, ...]]:
    """How many markets to redraw, and a line on what is left out if that takes too long: then there is no number.

    The number depends on the market and the seed, not on the machine.
    """
    if market.num_models > MOST_MODELS:
        return None, (LATER,)
    steps = table_steps(market.resample(np.random.default_rng(seed), _TRIED), platforms, choice, 1e-12)
    each = int(steps.sum()) // _TRIED
    for number in NUMBERS:
        if number * each <= FEW_STEPS:
            return number, ()
    if NUMBERS[-1] * each <= MOST_STEPS:
        return NUMBERS[-1], ()
    return None, (LATER,)
