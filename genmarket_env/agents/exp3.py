"""The bandit agent with exponential weights: it learns from its own reward alone."""

from __future__ import annotations

import math

import numpy as np

from genmarket_env.arguments import checked_integer, checked_real
from genmarket_env.market import FloatArray

from .base import RewardAgent, read_only, uniform
from .seat import Seat


class Exp3(RewardAgent):
    """EXP3: exponential weights on importance-weighted estimates of what each action loses.

    A round with reward r, scaled to [0, 1] by the range of the payoffs, adds `(1 - r) / p_a` to the estimated loss
    `L_a` of the action taken, where `p_a` was its probability. The policy is `(1 - gamma) softmax(-eta L) + gamma / A`
    over A actions. With `gamma = 0` the expected regret against the best action in hindsight, in shares of the range,
    is at most `sqrt(2 T A ln A)` with the horizon known, and `2 sqrt(T A ln A)` without, against opponents that do not
    react; for adaptive ones this bounds the pseudo-regret.

    Sees its reward only; where its player sees something before it moves, one learner is seated for each context
    (`ByContext`).

    Source: Auer, Cesa-Bianchi, Freund, Schapire, "The Nonstochastic Multiarmed Bandit Problem", 2002; the form on
    losses, its rates and bounds: Bubeck and Cesa-Bianchi, "Regret Analysis of Stochastic and Nonstochastic Multi-armed
    Bandit Problems", 2012, Theorem 3.1.

    Args:
        seat: the player's place in the game; only its list and the range of its payoffs are read.
        rng: the agent's own source of randomness.
        horizon: the number of rounds T to be played, for the rate `eta = sqrt(2 ln A / (T A))`; None (default) for
            the anytime rate `eta_t = sqrt(ln A / (t A))`.
        gamma: the share of uniform exploration, in [0, 1]; 0 by default, which the bounds are for.

    Raises:
        ValueError: `horizon` is less than 1, or `gamma` is outside [0, 1].
        TypeError: `horizon` is not an integer, or `gamma` is not a number.
    """

    def __init__(self, seat: Seat, *, rng: np.random.Generator, horizon: int | None = None, gamma: float = 0.0) -> None:
        super().__init__(seat, rng=rng)
        self._horizon = None if horizon is None else checked_integer("horizon", horizon, 1)
        self._gamma = checked_real("gamma", gamma, 0, 1)
        self._losses = np.zeros(seat.num_actions)
        self._rounds = 0
        self._policy = uniform(seat.num_actions)

    def policy(self) -> FloatArray:
        """The exponential weights with exploration, `(num_actions,)`."""
        return self._policy

    def _learn(self, action: int, reward: float) -> None:
        """Add the estimated loss of the action taken."""
        self._losses[action] += (1.0 - reward) / self._policy[action]
        self._rounds += 1
        # Subtracting the least loss keeps exp in range: the best action has weight 1.
        weights = np.exp(-self._rate() * (self._losses - self._losses.min()))
        weights /= weights.sum()
        self._policy = read_only((1 - self._gamma) * weights + self._gamma / self.seat.num_actions)

    def _rate(self) -> float:
        actions = self.seat.num_actions
        if self._horizon is not None:
            return math.sqrt(2 * math.log(actions) / (self._horizon * actions))
        return math.sqrt(math.log(actions) / ((self._rounds + 1) * actions))
