"""The agent that follows payoffs while a magnet draws it back to uniform play, ever less."""

from __future__ import annotations

import numpy as np

from genmarket_env import no_regret

from .seat import Seat
from .told import ToldAgent


class MagneticMirrorDescent(ToldAgent):
    """Magnetic mirror descent, in shares of the range of payoffs (`genmarket_env.no_regret.MagneticMirrorDescent`).

    Sees the profile. Source: Sokota et al., "A Unified Approach to Reinforcement Learning, Quantal Response Equilibria,
    and Two-Player Zero-Sum Games", 2023.

    Args:
        seat: the player's place in the game.
        rng: the agent's own source of randomness.
        temperature: of the entropy, positive.
        step: how far it follows payoffs, positive.
        annealed: whether both are divided by the root of the round.
        magnet_rate: how fast the magnet follows the policy, in [0, 1]; 0 (default) for one that stays uniform.

    Raises:
        ValueError: a parameter is out of range.
        TypeError: a parameter is not a number.
    """

    def __init__(
        self,
        seat: Seat,
        *,
        rng: np.random.Generator,
        temperature: float = 1.0,
        step: float = 1.0,
        annealed: bool = True,
        magnet_rate: float = 0.0,
    ) -> None:
        learner = no_regret.MagneticMirrorDescent(
            (seat.num_actions,), temperature=temperature, step=step, annealed=annealed, magnet_rate=magnet_rate
        )
        super().__init__(seat, learner, rng=rng)
