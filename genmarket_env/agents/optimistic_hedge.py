"""The agent that weighs its actions by what they would have paid, the last round counted twice."""

from __future__ import annotations

import numpy as np

from genmarket_env import no_regret

from .seat import Seat
from .told import ToldAgent


class OptimisticHedge(ToldAgent):
    """Hedge that takes the last round's payoffs to come once more (`genmarket_env.no_regret.OptimisticHedge`).

    Its policies converge in zero-sum games where all are told expected payoffs, as `no_regret.self_play` tells them;
    here it is told what was really played, which keeps its regret low.

    Sees the profile. Source: Rakhlin and Sridharan, "Optimization, Learning, and Games with Predictable Sequences",
    2013; Daskalakis and Panageas, 2019.

    Args:
        seat: the player's place in the game.
        rng: the agent's own source of randomness.
        step: as of `Hedge`.

    Raises:
        ValueError: `step` is out of range.
        TypeError: `step` is not a number.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator, step: float | None = None) -> None:
        super().__init__(seat, no_regret.OptimisticHedge((seat.num_actions,), step=step), rng=rng)
