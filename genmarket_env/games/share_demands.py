"""The generalist and the specialist of `FineTuning` demand shares of the revenue, at once, before they invest.

Source: Nash 1953 for the game of demands, over the game of Laufer, Kleinberg and Heidari 2024; that what nobody
demands is halved, and the equilibria, are derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from gymnasium.spaces import Box

from ..exact import Reference
from ..market import FloatArray
from ..protocol import Actions, Array
from ..status import Status
from ..tolerances import EQUAL
from .fine_tuning import FineTuning

Bargain: TypeAlias = Literal["nash", "vertical-monopoly", "egalitarian", "kalai-smorodinsky", "max-performance"]


class ShareDemands:
    """Both demand a share of the revenue; if these fit in 1 they invest, else there is no agreement and all get 0.

    Of demands x and y the generalist's share is `(x + 1 - y) / 2`: each gets its demand and half of what is left. A
    player moves once, so that who demands and who invests are two players with one payoff.

    Args:
        parameters: of `FineTuning` with one specialist; not `delta` or `mediator`. The bargain is the equilibrium that
            the reference gives.

    Attributes:
        fine_tuning: the game with a mediator, whose share is here agreed on.

    Raises:
        ValueError: a parameter is out of range, or there are several specialists.

    Example:
        >>> game = ShareDemands()
        >>> [round(float(each[0]), 3) for each in game.reference(None).play[:2]]
        [0.623, 0.377]
        >>> game.payoffs(None, ([0.7], [0.4], [0.2], [0.2]))
        array([0., 0., 0., 0.])
    """

    def __init__(
        self,
        c0: float = 1.0,
        c1: float = 2.0,
        k0: float = 2.0,
        k1: float = 2.0,
        rho: float = 1.0,
        f: float = 0.0,
        bargaining: Bargain = "nash",
        a_max: float = 2.0,
        x_max: float = 2.0,
    ) -> None:
        self.fine_tuning = FineTuning(c0, c1, k0, k1, rho, f, bargaining, mediator=True, a_max=a_max, x_max=x_max)
        demand = Box(0.0, 1.0, (1,), np.float64)
        self.players = ("generalist_demand", "specialist_demand", "generalist", "specialist")
        self.spaces = (demand, demand, *self.fine_tuning.spaces[1:])
        self.stages = ((0, 1), (2,), (3,))

    def draw(self, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> None:
        """Nothing is drawn."""

    def observe(self, state: None, player: int) -> Array:
        """Nothing is to be known but the game itself."""
        return np.zeros(0, np.float32)

    def agreed(self, actions: tuple[Any, ...]) -> tuple[FloatArray, Array]:
        """The generalist's share, `(*batch, 1)`, and whether the demands fit, `(*batch,)`."""
        x, y = np.asarray(actions[0], float), np.asarray(actions[1], float)
        return np.clip((x + 1 - y) / 2, 0, 1), (x + y <= 1 + EQUAL)[..., 0]

    def payoffs(self, state: None, actions: Actions) -> FloatArray:
        """Shares of the revenue less costs, `(*batch, 4)`: of the two who demand the same as of those who invest."""
        share, fits = self.agreed(actions)
        paid = self.fine_tuning.payoffs(None, (share, *map(np.asarray, actions[2:])))[..., 1:]
        paid = np.where(fits[..., None], paid, 0.0)
        return np.concatenate([paid, paid], axis=-1)

    def figures(self, state: None, actions: Actions) -> Mapping[str, FloatArray]:
        """Welfare: what the two get; the performance reached; the generalist's share; whether they agree."""
        share, fits = self.agreed(actions)
        told = self.fine_tuning.figures(None, (share, *map(np.asarray, actions[2:])))
        reached = (np.where(fits, told[name], 0.0) for name in ("welfare", "performance"))
        values = np.broadcast_arrays(*reached, share[..., 0], fits * 1.0)
        return dict(zip(("welfare", "performance", "share", "agreed"), values, strict=True))

    def reference(self, state: None) -> Reference:
        """Demands that the bargain would agree on, and exact investments: one of the equilibria.

        Every share of the Pareto interval is one: who demands more gets nothing, who demands less moves the share away
        from its own favourite.
        """
        share = self.fine_tuning.share()
        demands = np.array([share]), np.array([1 - share])
        alpha0 = self.generalist(None, (*demands, None, None))
        x = self.specialist(None, (*demands, alpha0, None))
        play = (*demands, self.generalist, self.specialist)
        payoffs = self.payoffs(None, (*demands, alpha0, x))
        concept = "subgame perfect equilibrium, one for each share of the Pareto interval"
        return Reference(concept, Status.CONVERGED, play, payoffs, "Nash 1953; Laufer et al. 2024; derived")

    def generalist(self, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """The generalist's investment beside the demands."""
        return np.asarray(self.fine_tuning.mediated(None, (self.agreed(seen)[0], None, None)))

    def specialist(self, state: None, seen: tuple[Array | None, ...]) -> FloatArray:
        """What the specialist adds beside the demands and the generalist's investment."""
        return np.asarray(self.fine_tuning.specialist(0, None, (self.agreed(seen)[0], np.asarray(seen[2]), None)))
