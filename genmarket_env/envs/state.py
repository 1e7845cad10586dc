"""The state between two rounds of the market."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from numpy.typing import NDArray

from ..market import FloatArray, IntArray, Market

ArrayT = TypeVar("ArrayT", bound=NDArray[Any])


class MarketState(NamedTuple):
    """What the next round starts from. Nothing in it is written again.

    Attributes:
        incumbents: the market without the entrants, of the batch shape `batch`.
        scores: on offer in the coming round, `(*batch, models + providers, users)`, in [0, 1]; entrants last.
        profile: the model that each platform deployed in the last round, `(*batch, platforms)`; -1 at reset.
        payoffs: of all agents in the last round, `(*batch, platforms + providers)`, without an economy in [0, 1]; 0 at
            reset.
        masses: in force in the coming round, `(*batch, users)`: those of `incumbents`, or of a schedule.
        round_index: of the coming round, 0 at reset; always 0 where there is no schedule that needs it.
        served: the share of each user type that each platform served in the last round, `(*batch, platforms, users)`,
            if a rule of the user's own was asked for it, or the round had terms of its own; else None. Where users are
            inert it is who is where: nobody anywhere, 0, at reset.
        prices: that each platform asked in the last round, `(*batch, platforms)`, the lowest at reset; None without
            prices.
    """

    incumbents: Market
    scores: FloatArray
    profile: IntArray
    payoffs: FloatArray
    masses: FloatArray
    round_index: int = 0
    served: FloatArray | None = None
    prices: FloatArray | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Arrays forget that they cannot be written when they are pickled or copied.
        return _restored, tuple(self)


def read_only(array: ArrayT) -> ArrayT:
    """What states hold: they are handed out, and twins are compiled anew for arrays that can be written."""
    array.setflags(write=False)  # in a third of the time that `flags.writeable` takes
    return array


def _restored(*fields: Any) -> MarketState:
    state = MarketState(*fields)
    for array in (state.scores, state.profile, state.payoffs, state.masses, state.served, state.prices):
        if array is not None:
            read_only(array)
    return state
