"""A platform that sets a rule of its auction, from a menu, before the advertisers bid.

Source: the seat is that of the platforms in Feizi et al. 2025 (how much the satisfaction of users weighs) and Dubey et
al. 2024 (the exponent of the shares); that it chooses from a menu, and knows the values, is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from ..exact import Reference, Solved
from ..market import FloatArray, IntArray
from ..messages import listed, shown
from ..protocol import Actions, Array, Described, Direct, Settled, Space
from ..status import Status
from ..tolerances import EQUAL
from .registry import make


class Seat(NamedTuple):
    """What a platform chooses unless it is told otherwise."""

    parameter: str
    menu: tuple[float, ...]
    objective: str


SEATS = {
    "llm-ads": Seat("lam", (0.0, 0.1, 0.2, 0.4, 0.8, 1.6), "platform"),
    "summary-auction": Seat("alpha", (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0), "welfare"),
}


class PlatformSeat:
    """The `platform` picks a value of one parameter of an auction, then the advertisers bid knowing it.

    Args:
        game: the name of an auction that works an outcome out (`Settled`) and whose truth is known.
        parameter: which of its parameters the platform sets; by default what is set in `SEATS`.
        menu: the values to choose from, at least one.
        objective: the figure of the auction that the platform is paid, such as "welfare" or "revenue". What it weighs
            is what the auction's own parameters say, whatever is picked.
        parameters: of the auction.

    Attributes:
        base: the auction at its own parameters.
        auctions: one for each value of the menu.

    Raises:
        ValueError: there is no such auction, parameter or figure, or a value is out of range.

    Example:
        >>> game = PlatformSeat("summary-auction", beta=0.5)
        >>> state = game.draw(np.random.default_rng(0), (100,))
        >>> set(np.asarray(game.menu)[game.reference(state).play[0]].tolist())
        {2.0}
    """

    def __init__(
        self,
        game: str = "llm-ads",
        parameter: str | None = None,
        menu: Sequence[float] | None = None,
        objective: str | None = None,
        **parameters: Any,
    ) -> None:
        base = make(game, **parameters)
        if not isinstance(base, Settled) or not isinstance(base, Direct) or not isinstance(base, Described):
            raise ValueError(f"{shown(game)} has no seat for a platform; these have: {listed(SEATS)}")
        usual = SEATS.get(game, Seat("", (), "revenue"))
        self.base: Any = base
        self.game, self.parameter = game, usual.parameter if parameter is None else parameter
        self.objective = usual.objective if objective is None else objective
        chosen = usual.menu if menu is None and self.parameter == usual.parameter else menu
        self.menu = tuple(np.atleast_1d(() if chosen is None else chosen).tolist())
        if not self.menu:
            raise ValueError(f"menu is {shown(menu)}; give at least one value of {self.parameter or 'a parameter'}")
        self.auctions: list[Any] = [make(game, **{**parameters, self.parameter: value}) for value in self.menu]
        if any(auction.players != base.players for auction in self.auctions):
            raise ValueError(f"{self.parameter} changes who plays: the platform can set other parameters only")
        told = base.figures(state := base.draw(np.random.default_rng(0)), base.truth(state))
        if self.objective not in told:
            raise ValueError(f"objective is {shown(self.objective)}; {game} has: {listed(told)}")
        self.players = ("platform", *base.players)
        self.spaces: tuple[Space, ...] = (Discrete(len(self.menu)), *base.spaces)
        self.stages = ((0,), tuple(range(1, len(self.players))))
        self.state = getattr(base, "state", None)

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Any:
        """What the auction draws."""
        return self.base.draw(rng, batch)

    def observe(self, state: Any, player: int) -> Array:
        """Of an advertiser what it knows in the auction; the platform knows what all do."""
        if player:
            return np.asarray(self.base.observe(state, player - 1))
        return np.concatenate([self.base.observe(state, i) for i in range(len(self.base.players))], axis=-1)

    def payoffs(self, state: Any, actions: Actions) -> FloatArray:
        """The platform's figure, then what advertisers get, `(*batch, 1 + n)`."""
        picks, at = self._picks(actions)
        paid = [
            np.concatenate([figures[self.objective][..., None], payoffs], axis=-1)
            for payoffs, figures in self._under(picks, state, actions[1:])
        ]
        return self._picked(at, paid, 1)

    def figures(self, state: Any, actions: Actions) -> Mapping[str, FloatArray]:
        """Those of the auction."""
        picks, at = self._picks(actions)
        found = [figures for _, figures in self._under(picks, state, actions[1:])]
        return {name: self._picked(at, [each[name] for each in found], 0) for name in found[0]}

    def worth(self, state: Any) -> FloatArray:
        """What each value of the menu is worth to the platform if advertisers are truthful, `(A, *batch)`.

        The mean over drawn states is what a platform that knows no values would go by.
        """
        found = self._under(np.arange(len(self.menu)), state, self.base.truth(state))
        return np.stack([figures[self.objective] for _, figures in found])

    def reference(self, state: Any) -> Reference:
        """Truth, where it is dominant at every value, and the value that is then best in this state."""
        found = [each.reference(state) if isinstance(each, Solved) else None for each in self.auctions]
        if any(each is None or each.play is None or each.concept != "dominant strategies" for each in found):
            return Reference("none known", Status.MAX_ROUNDS, None, None, "at some value truth is not dominant")
        worth = self.worth(state)
        best = (worth >= worth.max(axis=0) - EQUAL).argmax(axis=0)
        play = (best, *(partial(self._truthful, i) for i in range(len(self.base.players))))
        payoffs = self.payoffs(state, (best, *self.base.truth(state)))
        source = f"truth by {found[0].source}; the platform derived" if found[0] is not None else ""
        return Reference("Stackelberg equilibrium, ties to the first", Status.CONVERGED, play, payoffs, source)

    def _truthful(self, player: int, state: Any, seen: tuple[Array | None, ...]) -> Array:
        return np.asarray(self.base.truth(state)[player])

    def _picks(self, actions: Actions) -> tuple[IntArray, IntArray]:
        """The places in the menu that are picked, in order, and which of these each element picks."""
        picks, at = np.unique(np.asarray(actions[0]), return_inverse=True)
        return picks, at.reshape(np.shape(actions[0]))

    def _under(self, picks: IntArray, state: Any, bids: Actions) -> list[tuple[FloatArray, Mapping[str, FloatArray]]]:
        """What advertisers get and the figures at some places of the menu, whatever an element picks."""
        found = []
        for auction in (self.auctions[pick] for pick in picks.tolist()):
            outcome = auction.outcome(state, bids)
            found.append((auction.payoffs_of(state, outcome), self.base.figures_of(state, outcome)))
        return found

    @staticmethod
    def _picked(at: IntArray, values: list[FloatArray], own: int) -> FloatArray:
        """Of values at each pick, `(*batch, ...)` with so many own axes, those of each element's, by `at`."""
        picked: IntArray = at[(..., *(None,) * own)]
        picked, *values = np.broadcast_arrays(picked, *values)
        return np.take_along_axis(np.stack(values), picked[None], axis=0)[0]
