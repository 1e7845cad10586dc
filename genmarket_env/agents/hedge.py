"""The agent that weighs its actions by what they would have paid."""

from __future__ import annotations

import numpy as np

from genmarket_env import no_regret

from .seat import Seat
from .told import ToldAgent


class Hedge(ToldAgent):
    """Exponential weights on what each action would have paid, as shares of the range of payoffs.

    Its regret after T rounds, over n actions and in shares of the range, is at most `2 sqrt(T ln(n) / 2) +
    sqrt(ln(n) / 8)` without a step, whatever the others do (`genmarket_env.no_regret.Hedge`).

    Sees the profile. Source: Freund and Schapire, "A Decision-Theoretic Generalization of On-Line Learning and an
    Application to Boosting", 1997.

    Args:
        seat: the player's place in the game.
        rng: the agent's own source of randomness.
        step: how sharply it weighs, positive; None (default) for the anytime rate `sqrt(8 ln(n) / t)` in round t.

    Raises:
        ValueError: `step` is out of range.
        TypeError: `step` is not a number.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator, step: float | None = None) -> None:
        super().__init__(seat, no_regret.Hedge((seat.num_actions,), step=step), rng=rng)
