"""What a game is: players with spaces of actions, stages in which they move, and the payoffs of what they do.

Everything is an array with leading batch axes that broadcast; nothing is written in place; chance enters only through a
generator where one is passed. A game is in agent form: each player moves once a round, so one who moves twice is two
players with the same payoff.

A game may be able to do more than `Game` asks for. Each further ability is a protocol of one or two members, and tools
ask for it by `isinstance`: `Dynamic`, `Direct`, `Sampled`, `Private`, `Fast`, `Replies`, `Symmetric`, `Solved`,
`Described`, `Settled`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Actions: TypeAlias = tuple[Array, ...]
"""What the players do, one array a player: `actions[i]` is `(*batch, *spaces[i].shape)`."""

Space: TypeAlias = Discrete | MultiBinary | Box
"""`Discrete(n)` from 0, `MultiBinary(n)` or a finite `Box(low, high, (d,))`."""

State = TypeVar("State")
"""What is fixed before a round: None, or a NamedTuple of arrays with leading batch axes."""

Given = TypeVar("Given", contravariant=True)
"""A state that is only taken, never returned."""

Policy: TypeAlias = Callable[[Any, "tuple[Array | None, ...]"], Array]
"""`(state, actions of the earlier stages, None for those who have not moved) -> the player's action`."""

Play: TypeAlias = "tuple[Array | Policy, ...]"
"""What each player does, come what may: an action, or a policy of what it has seen."""


@runtime_checkable
class Game(Protocol[State]):
    """One round of a game of N players.

    Attributes:
        players: their names, N.
        spaces: their spaces of actions.
        stages: who moves when: `((0, 1, 2),)` all at once, `((0,), (1,))` one after the other. Each player is in one.
    """

    @property
    def players(self) -> tuple[str, ...]:
        """The names of the players."""

    @property
    def spaces(self) -> tuple[Space, ...]:
        """The space of each player's actions."""

    @property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """The indices of the players who move in each stage."""

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> State:
        """What is fixed before a round, such as types, for a batch of rounds; None where nothing is."""

    def observe(self, state: State, player: int) -> Array:
        """What a player knows of the state before anybody has moved: `(*batch, size)`, in [0, 1]."""

    def payoffs(self, state: State, actions: Actions) -> Array:
        """The payoff of each player, `(*batch, N)`, expected over chance."""


@runtime_checkable
class Dynamic(Protocol[State]):
    """Rounds hang together: what is done in one decides the state of the next."""

    @property
    def rounds(self) -> int | None:
        """How many rounds a play has; None if as many as are asked for."""

    def following(self, state: State, actions: Actions, rng: np.random.Generator) -> State:
        """The state of the next round."""


@runtime_checkable
class Direct(Protocol[Given]):
    """Players report what they know of themselves."""

    def truth(self, state: Given) -> Actions:
        """The reports that are true."""


@runtime_checkable
class Sampled(Protocol[Given]):
    """Payoffs can be realised, not only expected."""

    def sample(self, state: Given, actions: Actions, rng: np.random.Generator) -> Array:
        """A realisation of the payoffs, `(*batch, N)`, whose mean is `payoffs`."""


@runtime_checkable
class Private(Protocol[State]):
    """Players know what others do not, and what they do not know can be drawn anew."""

    def unknown(self, state: State, player: int, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> State:
        """States `(*batch, *state's batch)` that `player` cannot tell from `state`: what it does not know is drawn."""


@runtime_checkable
class Fast(Protocol[Given]):
    """What a player of a finite space would get by each of its actions is known at once."""

    def deviation_payoffs(self, state: Given, actions: Actions, player: int) -> Array:
        """What `player` gets by each action, the others' given (its own is not read): `(*batch, n)`."""


@runtime_checkable
class Symmetric(Protocol[Given]):
    """All players move at once, have the same actions, and earn what their own and the set of the others' make it."""

    def payoffs_against(self, state: Given) -> Array:
        """What each action earns against each multiset of the N - 1 others' actions: `(multisets, n)`.

        The multisets are in colexicographic order, as `genmarket_env.exact.multisets.places` numbers them.
        """


@runtime_checkable
class Replies(Protocol[Given]):
    """Best replies are known exactly."""

    def best_reply(self, state: Given, actions: Actions, player: int) -> Array:
        """A best action of `player`, the others' actions given (its own is not read): `(*batch, *shape)`."""


@runtime_checkable
class Described(Protocol[Given]):
    """There are figures of what happens besides the payoffs."""

    def figures(self, state: Given, actions: Actions) -> Mapping[str, Array]:
        """Figures by name, `(*batch,)` each; the first is the welfare."""


@runtime_checkable
class Settled(Protocol[Given]):
    """Payoffs and figures are read off one outcome, worked out once: who asks for both need not pay twice."""

    def outcome(self, state: Given, actions: Actions) -> Any:
        """What happens, such as who is shown and who pays what."""

    def payoffs_of(self, state: Given, outcome: Any) -> Array:
        """The `payoffs` of actions with that outcome, to the bit."""

    def figures_of(self, state: Given, outcome: Any) -> Mapping[str, Array]:
        """The `figures` of actions with that outcome, to the bit."""


@runtime_checkable
class Spoken(Protocol):
    """Actions and figures are numbers that stand for something: how people are told of them."""

    def action_in_words(self, action: Any) -> str:
        """One player's action, such as a price in the place of its number."""


@runtime_checkable
class Counting(Protocol):
    """Some of its figures are counts."""

    @property
    def counts(self) -> frozenset[str]:
        """Their names."""
