"""Where play ends: the one definition behind every figure of "a market at rest", and the name of what it is.

A market with pure Nash equilibria rests in these. One without has no state of rest, and what its figures are averaged
over is a choice that changes them. There are three, and whatever shows a figure says which one it is of:

| kind | what it is | weights |
|---|---|---|
| `equilibria` | all pure Nash equilibria, sorted multisets | alike |
| `cycle` | the cycle of best responses in turn, from everybody on the best average model | alike, one a change |
| `cycles` | every cycle that best responses in any order cannot leave | shares of time; cycles alike |
| `mixed` | all play the symmetric mixed equilibrium, each on its own | multinomial |
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..exact import best_response_dynamics as dynamics_of_game
from ..exact import pure_equilibria, symmetric_mixed_equilibrium
from ..exact.multisets import all_multisets, orders
from ..market import FloatArray, IntArray
from ..status import Status
from ..tolerances import REGRET_TOL
from .best_response import best_response_dynamics
from .checks import check_profiles
from .market_game import MarketGame
from .rest import Rest, of_equilibria, rests_of
from .unlike import best_allowed

Kind = Literal["equilibria", "cycle", "cycles", "mixed"]
Otherwise = Literal["cycle", "cycles", "mixed"]

IN_WORDS: dict[Kind, str] = {
    "equilibria": "the pure equilibria",
    "cycle": "the cycle of best responses in turn",
    "cycles": "the cycles of best responses in any order",
    "mixed": "the symmetric mixed equilibrium",
}
"""How pages name each kind."""


@dataclass(frozen=True, eq=False)
class LimitSet:
    """Where play ends, and by which meaning.

    Attributes:
        kind: what it is.
        rests: its parts, which count alike: each equilibrium, each cycle, or the mixed play as one.
        status: CONVERGED; MAX_ROUNDS if best responses did not come back to a state, so that the last profile stands
            for the cycle, or if the mixed equilibrium was not found to its tolerance.
    """

    kind: Kind
    rests: tuple[Rest, ...]
    status: Status = Status.CONVERGED

    @cached_property
    def profiles(self) -> IntArray:
        """All profiles, part by part, `(P, platforms)`."""
        return np.concatenate([rest.profiles for rest in self.rests])

    @cached_property
    def weights(self) -> FloatArray:
        """How much each profile counts, `(P,)`, summing to 1."""
        return np.concatenate([rest.weights for rest in self.rests]) / len(self.rests)

    @property
    def equilibria(self) -> IntArray:
        """The pure equilibria, `(E, platforms)`; none if it is of another kind."""
        return self.profiles if self.kind == "equilibria" else self.profiles[:0]

    @property
    def in_words(self) -> str:
        """Its name on a page."""
        return IN_WORDS[self.kind]


def limit_set(
    game: MarketGame,
    *,
    otherwise: Otherwise = "cycles",
    equilibria: IntArray | None = None,
    max_rounds: int = 1000,
    tol: float = REGRET_TOL,
) -> LimitSet:
    """The pure equilibria of a market, or `otherwise` where it has none.

    Args:
        game: the market and how many platforms play on it.
        otherwise: what stands for a market without a pure equilibrium; see the table of the module.
        equilibria: the pure equilibria `(E, platforms)`, where they are known.
        max_rounds: of the best responses in turn.
        tol: the largest regret that an equilibrium may have.

    Raises:
        ValueError: there are too many profiles to search, or the rule does not treat platforms alike.

    Source: derived.

    Example:
        >>> from genmarket_env import Market, markets, welfare
        >>> found = limit_set(MarketGame(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2))
        >>> found.kind, found.profiles
        ('equilibria', array([[0, 1]]))
        >>> market = markets.load("livebench-2026-06")
        >>> for otherwise in ("cycle", "cycles", "mixed"):
        ...     found = limit_set(MarketGame(market, 3), otherwise=otherwise)
        ...     print(f"{found.weights @ welfare(market, found.profiles):.4f} {found.in_words}")
        0.8607 the cycle of best responses in turn
        0.8607 the cycles of best responses in any order
        0.8503 the symmetric mixed equilibrium
    """
    if equilibria is None and otherwise == "cycles" and tol == REGRET_TOL:
        found = rests_of(game)  # which needs one table for both
        return LimitSet("equilibria" if found[0].is_equilibrium else "cycles", found)
    if equilibria is None:
        equilibria = pure_equilibria(game, tol=tol)
    if len(equilibria):
        return of_all_equilibria(equilibria)
    if otherwise == "cycles":
        return LimitSet("cycles", rests_of(game))
    return _cycle(game, max_rounds) if otherwise == "cycle" else _mixed(game)


def of_all_equilibria(equilibria: IntArray) -> LimitSet:
    """The limit set of a market with these pure equilibria `(E, platforms)`, at least one."""
    return LimitSet("equilibria", of_equilibria(equilibria))


def of_cycle(profiles: IntArray, status: Status = Status.CONVERGED) -> LimitSet:
    """The limit set of a market whose best responses in turn run through `profiles`, `(length, platforms)`."""
    return LimitSet("cycle", (Rest(profiles, np.full(len(profiles), 1 / len(profiles))),), status)


def _cycle(game: MarketGame, max_rounds: int) -> LimitSet:
    if game.alike:
        start = np.full(game.num_platforms, int(game.market.best_on_average))
        played = best_response_dynamics(game.offers, start, game.choice, max_rounds=max_rounds)
    else:
        played = dynamics_of_game(game, best_allowed(game), max_rounds=max_rounds)
    if played.orbit is not None:
        return of_cycle(played.orbit)
    return of_cycle(played.profile[None], Status.MAX_ROUNDS)


def _mixed(game: MarketGame) -> LimitSet:
    """The sorted profiles that platforms play who all draw from one mixture, and their probabilities (multinomial)."""
    solution = symmetric_mixed_equilibrium(game)
    support, platforms = np.flatnonzero(solution.mixture), game.num_platforms
    check_profiles(game, math.comb(len(support) + platforms - 1, platforms))
    places = all_multisets(len(support), platforms)
    probabilities = orders(places) * solution.mixture[support][places].prod(axis=1)
    return LimitSet("mixed", (Rest(support[places], probabilities / probabilities.sum()),), solution.status)
