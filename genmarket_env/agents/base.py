"""What every agent is: the policy of one player over repeated rounds of a game.

In each round every player does what its agent's `act` says; then every agent is told through `observe` what it may
know. Policies over a list are exact probabilities, so that the NashConv of the joint play can be computed rather than
estimated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from genmarket_env import deviation_payoffs
from genmarket_env.arguments import checked_generator
from genmarket_env.equilibrium.market_game import MarketGame
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.protocol import Actions, Array, Fast, Policy

from .seat import Seat, Seen

ArrayT = TypeVar("ArrayT", bound=NDArray[Any])

Profile = IntArray | Actions
"""What everybody did: `(N,)` where all spaces are Discrete, otherwise one array a player."""


class Agent(ABC):
    """The policy of one player.

    Args:
        seat: the player's place in the game.
        rng: the agent's own source of randomness; give each agent its own, for example from `rng.spawn(N)`.

    Attributes:
        observes: "reward" if it learns from its own reward alone, "profile" if it sees what everybody did and knows
            the game.
        by_context: whether it learns a policy for each context of its seat; `make` then seats one copy a context.
    """

    observes: ClassVar[Literal["reward", "profile"]]
    by_context: ClassVar[bool] = False

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        self.seat = seat
        self._rng = checked_generator("rng", rng)

    @property
    def is_listed(self) -> bool:
        """Whether it draws from the list `seat.actions`, so that `policy` tells with which probabilities."""
        return True

    @abstractmethod
    def policy(self) -> FloatArray:
        """The probability of each of `seat.actions` as its next action, `(num_actions,)`, read-only.

        Of an agent with a policy for each context that of the round begun last. Raises ValueError unless `is_listed`.
        """

    @abstractmethod
    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """What it does in a round: an int of a Discrete space, otherwise an array of the space's shape.

        Args:
            state: of the round. The agent reads of it what its player observes, unless its own words say more.
            seen: the actions of the earlier stages.
        """

    @abstractmethod
    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Learn from the round just played.

        Args:
            action: what this player did.
            reward: this player's payoff, in the game's units.
            profile: what everybody did; None if `observes` is "reward".
            state: of the round; None if `observes` is "reward" or nothing was drawn.
        """

    @abstractmethod
    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """How it plays now, for whole batches: `(state, seen) -> actions`, as `genmarket_env.exact` takes it.

        Args:
            rng: what its actions are drawn from; the agent's own generator is not touched.
            batch: draw so many, where the state and the actions seen have fewer batch axes.
        """


class TabularAgent(Agent):
    """An agent that draws from the list of its seat by exact probabilities.

    Raises:
        ValueError: the seat has no list.
    """

    by_context = True

    def __init__(self, seat: Seat, *, rng: np.random.Generator) -> None:
        super().__init__(seat, rng=rng)
        if not seat.is_listed:
            _ = seat.actions  # which says so

    @final
    def act(self, state: Any = None, seen: Seen = ()) -> Any:
        """Draw from `policy`; a pure policy draws no random number."""
        return as_action(self.seat, drawn_index(self.policy(), self._rng))

    @final
    def strategy(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Policy:
        """Independent draws from `policy` as it is now, whatever the context."""
        policy = self.policy()
        return drawing(self.seat, lambda _: policy, rng, batch)


class RewardAgent(TabularAgent):
    """An agent that learns from its own reward alone, scaled to [0, 1] by the range of its payoffs."""

    observes = "reward"

    @final
    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Learn from the reward.

        Raises:
            ValueError: it was told the profile.
        """
        if profile is not None:
            raise ValueError(f"{type(self).__name__} observes its reward alone: give it None as the profile")
        self._learn(self.seat.index(action), self.seat.scaled(reward))

    @abstractmethod
    def _learn(self, action: int, reward: float) -> None:
        """Learn that the action of that index earned `reward`, in [0, 1]."""


class ProfileAgent(TabularAgent):
    """An agent that sees what everybody did and knows the game, hence what every action would have earned.

    Those who move after it are taken to have done the same whatever it does: it does not foresee their answers.
    """

    observes = "profile"
    _state: Any = None

    @final
    def observe(self, action: Any, reward: float, profile: Profile | None, state: Any = None) -> None:
        """Learn from the profile.

        Raises:
            ValueError: it was not told the profile.
        """
        if profile is None:
            raise ValueError(f"{type(self).__name__} observes the profile: None tells it nothing")
        self._state = state
        self._learn(self.seat.index(action), profile)

    @abstractmethod
    def _learn(self, action: int, profile: Profile) -> None:
        """Learn that `profile` was played, in which this player did the action of that index."""

    @final
    def _deviation_payoffs(self, profile: Profile) -> FloatArray:
        """What each action would have earned, what the others did unchanged, `(num_actions,)`."""
        seat = self.seat
        if (
            isinstance(seat.game, MarketGame) and seat.game.pays_scores
        ):  # which it has itself; the profile has no need to be taken apart
            return deviation_payoffs(seat.game.market, np.asarray(profile), seat.game.choice)[seat.player]
        if seat.is_discrete and isinstance(seat.game, Fast):
            earned = seat.game.deviation_payoffs(self._state, tuple(profile), seat.player)
            return earned[..., seat.actions] if seat.is_barred else earned
        tried = (*profile[: seat.player], seat.actions, *profile[seat.player + 1 :])
        return np.broadcast_to(seat.game.payoffs(self._state, tried)[..., seat.player], (seat.num_actions,))


def drawn_index(policy: FloatArray, rng: np.random.Generator) -> int:
    """An index drawn by these probabilities; a pure policy draws no random number."""
    likeliest = int(policy.argmax())
    if policy[likeliest] == 1.0:
        return likeliest
    cumulative = policy.cumsum()
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


def drawing(
    seat: Seat, policy_in: Callable[[int], FloatArray], rng: np.random.Generator, batch: tuple[int, ...]
) -> Policy:
    """Independent draws from the list of a seat by the probabilities in each context."""

    def draw(state: Any, seen: Seen) -> Array:
        contexts = seat.context(state, seen)
        contexts = np.broadcast_to(contexts, np.broadcast_shapes(contexts.shape, batch))
        present, places = np.unique(contexts, return_inverse=True)
        cumulative = np.cumsum([policy_in(int(context)) for context in present], axis=1)[places.reshape(contexts.shape)]
        level = rng.random(contexts.shape) * cumulative[..., -1]
        return np.asarray(seat.actions[(cumulative <= level[..., None]).sum(axis=-1)])

    return draw


def as_action(seat: Seat, index: int) -> Any:
    """The action of that index: an int of a Discrete space, otherwise an array."""
    if seat.is_barred:
        return int(seat.actions[index])
    return index if seat.is_discrete else seat.actions[index]


def read_only(array: ArrayT) -> ArrayT:
    """The same array, made read-only: what is handed out never changes."""
    array.flags.writeable = False
    return array


def pure(action: int, num_actions: int) -> FloatArray:
    """The policy that takes the action of that index for sure, `(num_actions,)`.

    Example:
        >>> pure(1, 3)
        array([0., 1., 0.])
    """
    policy = np.zeros(num_actions)
    policy[action] = 1.0
    return read_only(policy)


def uniform(num_actions: int) -> FloatArray:
    """The policy that takes every action with the same probability, `(num_actions,)`.

    Example:
        >>> uniform(2)
        array([0.5, 0.5])
    """
    return read_only(np.full(num_actions, 1 / num_actions))
