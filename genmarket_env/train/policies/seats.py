"""What one player's policy may be, as data: an action, a mixture, a table by context, the truth, a best reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from genmarket_env import agents
from genmarket_env.agents.seat import BINS, POINTS, Seat
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Direct, Game, Policy

from ..games.joint import Acting, Mixed
from .checks import array_of, checked_actions, checked_rows, count_of, listed_actions, typed

Options = dict[str, Any]
"""What of a policy is no array: plain data."""


class SeatPolicy(Protocol):
    """One player's policy as data.

    Attributes:
        kind: its name in a file.
    """

    kind: ClassVar[str]

    def options(self) -> Options:
        """What of it is no array, as plain data."""

    def arrays(self) -> dict[str, Array]:
        """Its arrays by name."""

    @classmethod
    def read(cls, options: Options, arrays: Mapping[str, Array], /) -> SeatPolicy:
        """The policy of what `options` and `arrays` gave, checked as far as it can be without the game.

        Raises:
            ValueError: something is missing, or no such policy.
        """

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Array | Policy | Mixed:
        """What the player does in the game, as `Evaluator.measure` takes it.

        Args:
            game: the game.
            player: an index.
            rng: what a policy draws from that is no mixture; without it the same numbers at every call.

        Raises:
            ValueError: the policy does not fit the player's space, or what it sees.
        """


@dataclass(frozen=True, eq=False)
class ActionSeat:
    """One action, come what may.

    Attributes:
        action: in the game's units, `(*shape)`.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> ActionSeat(np.array([1.5])).play(PricingDuopoly(), 0)
        array([1.5])
    """

    action: Array
    kind: ClassVar[str] = "action"

    def options(self) -> Options:
        """None."""
        return {}

    def arrays(self) -> dict[str, Array]:
        """`action`."""
        return {"action": np.asarray(self.action)}

    @classmethod
    def read(cls, _: Options, arrays: Mapping[str, Array], /) -> ActionSeat:
        """As `SeatPolicy.read`."""
        return cls(array_of(arrays, "action"))

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Array:
        """The action."""
        checked_actions(game, player, self.action[None])
        return typed(game.spaces[player], self.action)


@dataclass(frozen=True, eq=False)
class MixtureSeat:
    """A mixture over actions, whatever the player sees.

    Attributes:
        actions: `(n, *shape)`; of a Discrete space all of them, in their order, where it is None.
        probabilities: `(n,)`.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> mixed = MixtureSeat(None, np.full(11, 1 / 11)).play(AccuracyMarket(), 0)
        >>> len(mixed.actions)
        11
    """

    actions: Array | None
    probabilities: FloatArray
    kind: ClassVar[str] = "mixture"

    def options(self) -> Options:
        """None."""
        return {}

    def arrays(self) -> dict[str, Array]:
        """`probabilities`, and `actions` where they are given."""
        return {"probabilities": self.probabilities, **({} if self.actions is None else {"actions": self.actions})}

    @classmethod
    def read(cls, _: Options, arrays: Mapping[str, Array], /) -> MixtureSeat:
        """As `SeatPolicy.read`."""
        return cls(arrays.get("actions"), checked_rows(array_of(arrays, "probabilities"), 1))

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Mixed:
        """The mixture."""
        actions = listed_actions(game, player, self.actions, self.probabilities.shape[-1])
        return Mixed(actions, self.probabilities, lambda: self)


@dataclass(frozen=True, eq=False)
class TableSeat:
    """A mixture for each context: cells of one number that the player observes, and earlier moves.

    Contexts are those of `genmarket_env.agents.Seat(game, player, points, bins, sees=observed)`.

    Attributes:
        probabilities: `(contexts, n)`.
        actions: `(n, *shape)`; None as in `MixtureSeat`.
        points: how many values of an earlier mover's Box are told apart.
        bins: cells of the number observed.
        observed: which number of `game.observe`; None where none is told apart.
    """

    probabilities: FloatArray
    actions: Array | None = None
    points: int = POINTS
    bins: int = BINS
    observed: int | None = None
    kind: ClassVar[str] = "table"

    def options(self) -> Options:
        """`points`, `bins` and `observed`."""
        return {"points": self.points, "bins": self.bins, "observed": self.observed}

    def arrays(self) -> dict[str, Array]:
        """`probabilities`, and `actions` where they are given."""
        return {"probabilities": self.probabilities, **({} if self.actions is None else {"actions": self.actions})}

    @classmethod
    def read(cls, options: Options, arrays: Mapping[str, Array], /) -> TableSeat:
        """As `SeatPolicy.read`."""
        numbers = {name: count_of(options, name, least) for name, least in (("points", 2), ("bins", 1))}
        observed = None if options.get("observed") is None else count_of(options, "observed", 0)
        return cls(
            checked_rows(array_of(arrays, "probabilities"), 2), arrays.get("actions"), **numbers, observed=observed
        )

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Mixed:
        """The mixture of each context."""
        actions = listed_actions(game, player, self.actions, self.probabilities.shape[-1])
        seat = Seat(game, player, self.points, 1 if self.observed is None else self.bins, sees=self.observed)
        if seat.num_contexts != len(self.probabilities):
            raise ValueError(
                f"the policy of {seat.name} has {len(self.probabilities):,} contexts; with these points and bins the "
                f"game has {seat.num_contexts:,}"
            )
        table = self.probabilities
        return Mixed(actions, lambda state, seen: table[seat.context(state, seen)], lambda: self)


@dataclass(frozen=True, eq=False)
class TruthfulSeat:
    """The true report, of a game in which types are reported."""

    kind: ClassVar[str] = "truthful"

    def options(self) -> Options:
        """None."""
        return {}

    def arrays(self) -> dict[str, Array]:
        """None."""
        return {}

    @classmethod
    def read(cls, _: Options, __: Mapping[str, Array], /) -> TruthfulSeat:
        """As `SeatPolicy.read`."""
        return cls()

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Policy:
        """`game.truth`."""
        if not isinstance(game, Direct):
            raise ValueError(f"{game.players[player]} is to be truthful, but nobody reports a type in this game")
        return Acting(lambda state, _: np.asarray(game.truth(state)[player]), lambda: self)


@dataclass(frozen=True, eq=False)
class BestReplySeat:
    """The reply of `best_reply` after so many rounds of which the last is known; see `genmarket_env.agents`.

    Attributes:
        last: what each player did in the last round, `(*shape)` each.
        rounds: played before, >= 1.
    """

    last: tuple[Array, ...]
    rounds: int
    kind: ClassVar[str] = "best_reply"

    def options(self) -> Options:
        """`rounds`."""
        return {"rounds": self.rounds}

    def arrays(self) -> dict[str, Array]:
        """`last0`, `last1`, ...: of each player."""
        return {f"last{other}": np.asarray(action) for other, action in enumerate(self.last)}

    @classmethod
    def read(cls, options: Options, arrays: Mapping[str, Array], /) -> BestReplySeat:
        """As `SeatPolicy.read`."""
        last = tuple(array_of(arrays, f"last{other}") for other in range(len(arrays)))
        return cls(last, count_of(options, "rounds", 1))

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Policy:
        """Its replies."""
        if len(self.last) != len(game.players):
            raise ValueError(f"a last round of {len(self.last)} players is kept; the game has {len(game.players)}")
        for other, action in enumerate(self.last):
            checked_actions(game, other, action[None])
        agent = agents.make("best_reply", Seat(game, player), rng=np.random.default_rng(0))
        last = tuple(typed(space, action) for space, action in zip(game.spaces, self.last, strict=True))
        agent.remember(last, self.rounds)  # type: ignore[attr-defined]
        return Acting(agent.strategy(np.random.default_rng(0)), lambda: self)
