"""What every agent is: the policy of one platform over repeated rounds of the market game.

In each round every platform deploys the model that its agent's `act` draws from its `policy`; then every agent is told
through `observe` what it may know. Policies are exact probabilities, so that the NashConv of the joint play can be
computed rather than estimated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from genmarket_env import ChoiceRule, Market, deviation_payoffs
from genmarket_env.arguments import checked_generator, checked_integer
from genmarket_env.game import checked_platforms
from genmarket_env.market import FloatArray, IntArray

ArrayT = TypeVar("ArrayT", bound=NDArray[Any])


@dataclass(frozen=True)
class Seat:
    """The place of one platform in one market: what an agent knows before the first round.

    Args:
        market: one market (no batch axes). Agents that observe only their reward read nothing but its `num_models`.
        choice: the users' choice rule.
        num_platforms: N, at least 1.
        platform: the index of this platform, in [0, N).

    Raises:
        ValueError: the market is a batch, `num_platforms` is less than 1, or `platform` is out of range.
        TypeError: `num_platforms` or `platform` is not an integer.

    Example:
        >>> from genmarket_env import HardMax
        >>> seat = Seat(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), HardMax(), num_platforms=2, platform=0)
        >>> seat.num_models
        2
    """

    market: Market
    choice: ChoiceRule
    num_platforms: int
    platform: int

    def __post_init__(self) -> None:
        if self.market.batch_shape:
            raise ValueError(f"an agent sits in one market, not in a batch {self.market.batch_shape}: index the batch")
        checked_platforms(self.num_platforms)
        checked_integer("platform", self.platform, 0, self.num_platforms - 1)

    @property
    def num_models(self) -> int:
        """The number of models that the platform can deploy, M."""
        return self.market.num_models


class Agent(ABC):
    """The policy of one platform.

    Args:
        seat: the platform's place in the market.
        rng: the agent's own source of randomness; give each agent its own, for example from `rng.spawn(N)`.

    Attributes:
        observes: "reward" if it learns from its own reward alone, "profile" if it sees what everybody deployed
            and knows the market.
    """

    observes: ClassVar[Literal["reward", "profile"]]

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        self.seat = seat
        self._rng = checked_generator("rng", rng)

    @abstractmethod
    def policy(self) -> FloatArray:
        """The probability of each model as its next action, `(models,)`, summing to 1; a read-only array."""

    @abstractmethod
    def observe(self, action: int, reward: float, profile: IntArray | None) -> None:
        """Learn from the round just played.

        Args:
            action: the model that this platform deployed.
            reward: this platform's payoff, in [0, 1].
            profile: the model that each platform deployed, `(platforms,)`; None if `observes` is "reward".
        """

    @final
    def act(self) -> int:
        """Draw the model to deploy from `policy`; a pure policy draws no random number."""
        policy = self.policy()
        likeliest = int(policy.argmax())
        if policy[likeliest] == 1.0:
            return likeliest
        cumulative = policy.cumsum()
        return int(np.searchsorted(cumulative, self._rng.random() * cumulative[-1], side="right"))


class RewardAgent(Agent):
    """An agent that learns from its own reward alone; of the market it may read the number of models, nothing else."""

    observes = "reward"

    @final
    def observe(self, action: int, reward: float, profile: IntArray | None) -> None:
        """Learn from the reward.

        Raises:
            ValueError: it was told the profile.
        """
        if profile is not None:
            raise ValueError(f"{type(self).__name__} observes its reward alone: give it None as the profile")
        self._learn(action, reward)

    @abstractmethod
    def _learn(self, action: int, reward: float) -> None:
        """Learn that `action` earned `reward`, in [0, 1]."""


class ProfileAgent(Agent):
    """An agent that sees the profile and knows the market, hence what every model would have earned."""

    observes = "profile"

    @final
    def observe(self, action: int, reward: float, profile: IntArray | None) -> None:
        """Learn from the profile.

        Raises:
            ValueError: it was not told the profile.
        """
        if profile is None:
            raise ValueError(f"{type(self).__name__} observes the profile: None tells it nothing")
        self._learn(action, profile)

    @abstractmethod
    def _learn(self, action: int, profile: IntArray) -> None:
        """Learn that `profile`, `(platforms,)`, was played, in which this platform deployed `action`."""

    @final
    def _deviation_payoffs(self, profile: IntArray) -> FloatArray:
        """What each model would have earned on this platform, the others unchanged, `(models,)`."""
        return deviation_payoffs(self.seat.market, profile, self.seat.choice)[self.seat.platform]


def read_only(array: ArrayT) -> ArrayT:
    """The same array, made read-only: what is handed out never changes."""
    array.flags.writeable = False
    return array


def pure(model: int, num_models: int) -> FloatArray:
    """The policy that deploys `model` for sure, `(models,)`.

    Example:
        >>> pure(1, 3)
        array([0., 1., 0.])
    """
    policy = np.zeros(num_models)
    policy[model] = 1.0
    return read_only(policy)


def uniform(num_models: int) -> FloatArray:
    """The policy that deploys every model with the same probability, `(models,)`.

    Example:
        >>> uniform(2)
        array([0.5, 0.5])
    """
    return read_only(np.full(num_models, 1 / num_models))
