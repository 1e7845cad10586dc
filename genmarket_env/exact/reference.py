"""What theory says of a game: the answer that learners are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ..market import FloatArray
from ..protocol import Play
from ..status import Status


@dataclass(frozen=True, eq=False)
class Reference:
    """The exact answer to a game.

    Attributes:
        concept: which solution it is, in words, such as "pure Nash equilibrium".
        status: how the solver ended.
        play: what each player does, an action or a policy; None where there is no such solution.
        payoffs: what the players then get, `(*batch, N)`; None where there is no such solution.
        source: the theorem or paper, or "derived".
    """

    concept: str
    status: Status
    play: Play | None
    payoffs: FloatArray | None
    source: str


@runtime_checkable
class Solved(Protocol):
    """A game whose exact solution is known."""

    def reference(self, state: Any) -> Reference:
        """The exact solution for a state, or a batch of them."""
