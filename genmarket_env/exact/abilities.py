"""What a finite symmetric game may be able to do faster, or say better, than tools find out from its payoffs.

Tools ask by `isinstance`, as for the abilities of `genmarket_env.protocol`; each has a default for every other game.
Profiles are sorted multisets of actions `(P, N)`: players are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, Self, TypeAlias, TypeVar, runtime_checkable

from ..market import FloatArray, IntArray

MixturePayoffs: TypeAlias = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""A mixture `(n,)` of all others -> the payoff of each action `(n,)` and the Jacobian by the mixture `(n, n)`."""

State = TypeVar("State", contravariant=True)


class Words(NamedTuple):
    """How a game speaks of its size in errors: "{size} take 20 million profiles{rule} ...; use {fewer}"."""

    size: str
    rule: str
    fewer: str


class Group(NamedTuple):
    """Deciders who are alike: to exchange what two of them do leaves the game as it is, and exchanges what they earn.

    A decider moves one player or several, all of which earn what the decider does.

    Attributes:
        players: of each decider, `(deciders, n)`.
        strategies: what a decider may do, the actions of its players in their order, `(strategies, n)`; those of
            players of one kind ascend, as to exchange them changes nothing.
        kinds: which players of a decider are alike, `(n,)`: the same number, in a row.
    """

    players: IntArray
    strategies: IntArray
    kinds: IntArray


@runtime_checkable
class Grouped(Protocol[State]):
    """Its players need not be alike, and one decider may move several of them."""

    @property
    def alike(self) -> bool:
        """Whether all players are alike, and each moves itself."""

    def check_alike(self) -> None:
        """Raise ValueError, in the game's words, unless they are."""

    def groups(self, state: State) -> tuple[Group, ...]:
        """Who decides, and who of them are alike; every player is one decider's."""


@runtime_checkable
class Worded(Protocol):
    """It has words of its own for its actions and players."""

    @property
    def words(self) -> Words:
        """The words."""


@runtime_checkable
class Searched(Protocol[State]):
    """Profiles of small regrets are found faster than from the table of all payoffs."""

    def profiles_within(self, state: State, limit: float, *, lowest: bool) -> tuple[IntArray, FloatArray]:
        """The profiles whose largest regret is at most `limit`, in lexicographic order, and that regret, `(E,)`.

        With `lowest` those whose largest regret is below that of all before them: the last one's is the least of all.
        """

    def regrets(self, state: State, profiles: IntArray) -> FloatArray:
        """What each player of the profiles `(P, N)` would gain by its best action, `(P, N)`."""


@runtime_checkable
class Mixed(Protocol[State]):
    """Payoffs against a mixture are known without going through what is drawn."""

    def mixture_payoffs(self, state: State) -> MixturePayoffs:
        """The payoffs, and their derivatives, if all others play a mixture."""

    def mixed_play(self, state: State, mixture: FloatArray) -> tuple[FloatArray, float]:
        """What each action earns `(n,)`, and the NashConv, if all play the mixture; computed another way."""


@runtime_checkable
class Reducible(Protocol[State]):
    """Some actions are known to be in no equilibrium."""

    def candidates(self, state: State, tol: float) -> IntArray:
        """The actions, ascending, that a profile of regrets up to `tol` or a mixture may hold."""

    def restricted(self, actions: IntArray) -> Self:
        """The game in which only these actions can be taken, renumbered from 0."""


@runtime_checkable
class Pooled(Reducible[State], Protocol[State]):
    """It may have too many actions for the Jacobian of all of them."""

    def first_tried(self, state: State) -> IntArray:
        """Some actions that an equilibrium is likely to hold, ascending."""

    def payoffs_of_mixture(self, state: State) -> Callable[[FloatArray], FloatArray]:
        """What each action earns if all others play a mixture, `(n,)` -> `(n,)`."""


@runtime_checkable
class Valued(Protocol[State]):
    """What a profile is worth to those whom the players serve, what they have elsewhere included."""

    def surplus(self, state: State, profiles: IntArray) -> FloatArray:
        """The surplus of profiles `(P, N)`, `(P,)`."""

    def mixed_surplus(self, state: State, mixture: FloatArray, payoff: float) -> float:
        """The expected surplus if all play the mixture and earn `payoff` each."""
