"""The tabular Q-learner without states: it learns from its own reward alone."""

from __future__ import annotations

import numpy as np

from genmarket_env.arguments import checked_real
from genmarket_env.market import FloatArray

from .base import RewardAgent, read_only
from .seat import Seat


class QLearning(RewardAgent):
    """Independent, stateless Q-learning with epsilon-greedy exploration.

    A round with reward r, scaled to [0, 1] by the range of the payoffs, moves the value of the action taken:
    `Q_a += step_size (r - Q_a)`. With probability epsilon it explores, every action alike, else it takes one of the
    highest value, equal ones alike. Epsilon starts at `epsilon` and is multiplied by `decay` after every round, down to
    `least_epsilon`. The stage game has no states that its actions move, hence no discounting.

    Sees its reward only; where its player sees something before it moves, one learner is seated for each context
    (`ByContext`).

    Source: Watkins, "Learning from Delayed Rewards", 1989; independent learners in repeated games: Claus and Boutilier,
    "The Dynamics of Reinforcement Learning in Cooperative Multiagent Systems", 1998.

    Args:
        seat: the player's place in the game; only its list and the range of its payoffs are read.
        rng: the agent's own source of randomness.
        step_size: how far a value moves towards the reward, in [0, 1]; 0.1 by default.
        epsilon: the first probability of exploring, in [0, 1]; 1 by default.
        decay: the factor on epsilon after each round, in [0, 1]; 0.995 by default.
        least_epsilon: where the decay of epsilon ends, in [0, epsilon]; 0.01 by default.
        initial_value: the value of every action at first, scaled as rewards are, in [0, 1]; 0 by default, 1 is
            optimistic.

    Raises:
        ValueError: a parameter is out of its range.
        TypeError: a parameter is not a number.
    """

    def __init__(
        self,
        seat: Seat,
        *,
        rng: np.random.Generator,
        step_size: float = 0.1,
        epsilon: float = 1.0,
        decay: float = 0.995,
        least_epsilon: float = 0.01,
        initial_value: float = 0.0,
    ) -> None:
        super().__init__(seat, rng=rng)
        self._step_size = checked_real("step_size", step_size, 0, 1)
        self._epsilon = checked_real("epsilon", epsilon, 0, 1)
        self._decay = checked_real("decay", decay, 0, 1)
        self._least_epsilon = checked_real("least_epsilon", least_epsilon, 0, self._epsilon)
        self._values = np.full(seat.num_actions, checked_real("initial_value", initial_value, 0, 1))

    def policy(self) -> FloatArray:
        """The epsilon-greedy probabilities, `(num_actions,)`."""
        greedy = self._values == self._values.max()
        explore = self._epsilon / self.seat.num_actions
        return read_only((1 - self._epsilon) * greedy / np.count_nonzero(greedy) + explore)

    def _learn(self, action: int, reward: float) -> None:
        """Move the value of the action taken towards its reward, and let epsilon decay."""
        self._values[action] += self._step_size * (reward - self._values[action])
        self._epsilon = max(self._least_epsilon, self._epsilon * self._decay)
