"""The agent that replies to how the others have played so far, and errs the less the more an error costs."""

from __future__ import annotations

import numpy as np

from genmarket_env import no_regret

from .seat import Seat
from .told import ToldAgent


class SmoothFictitiousPlay(ToldAgent):
    """The logit response to what each action would have paid on average (`genmarket_env.no_regret`).

    The others are believed to draw from their joint play so far, in a market too.

    Sees the profile. Source: Fudenberg and Levine, "Consistency and Cautious Fictitious Play", 1995.

    Args:
        seat: the player's place in the game.
        rng: the agent's own source of randomness.
        temperature: as a share of the range of payoffs, positive.

    Raises:
        ValueError: `temperature` is out of range.
        TypeError: `temperature` is not a number.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator, temperature: float = 0.05) -> None:
        super().__init__(seat, no_regret.SmoothFictitiousPlay((seat.num_actions,), temperature=temperature), rng=rng)
