"""Everything theory says of a game, computed: its exact reference, held anew against the deviations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Any, Literal, TypeVar

import numpy as np
from gymnasium.spaces import Box, Discrete

from ..exact import (
    MixedSolution,
    PureSolution,
    Solved,
    correlated_equilibrium,
    least_epsilon,
    payoff_tensor,
    pure_equilibria,
    regret,
    stable_profiles,
    symmetric_mixed_equilibrium,
    truth_gap,
    unfold,
)
from ..exact.effort import TooLarge, at_effort
from ..exact.symmetric_games import sizes_of
from ..market import FloatArray, IntArray
from ..protocol import Actions, Described, Direct, Game, Space
from ..status import Status
from ..tolerances import AGREED

POINTS, TRIED = 401, 20_000
"""How many values of a Box of one dimension are tried where regret is measured, and about how many of a larger one."""


MAX_PROFILES = 300_000
"""Of a finite game with more profiles its pure equilibria are not searched for one by one."""

MAX_DEVIATIONS, EFFORT = 3_000_000, 0.1
"""Where players are alike: up to so many deviations, and a tenth of a solver's usual work, take a second."""

ENDS: tuple[Literal["worst"], Literal["best"]] = ("worst", "best")
Found = TypeVar("Found")


def grid_points(*spaces: Space, most: int = TRIED) -> int:
    """How many values are tried in each dimension of the spaces: of several dimensions about `most` points in all.

    Example:
        >>> from gymnasium.spaces import Box, Discrete
        >>> grid_points(Box(0, 1, (1,))), grid_points(Box(0, 1, (1,)), Box(0, 1, (2,)))
        (401, 141)
    """
    dimensions = max(int(np.prod(space.shape)) if isinstance(space, Box) else 1 for space in spaces)
    return POINTS if dimensions == 1 else max(2, round(most ** (1 / dimensions)))


@dataclass(frozen=True, eq=False)
class GameAnswer:
    """What theory says of one round of a game.

    Attributes:
        concept: which solution it is, in words; "none known" where there is none.
        source: the theorem or paper, or "derived".
        status: how the solver ended; None where the game has no reference.
        actions: what the players do on the path of play; None where there is no solution.
        payoffs: what they then get, `(N,)`; None where there is no solution.
        regret: what each could gain by the best other action, measured now, `(N,)`: of actions in a Box a lower bound,
            from a grid of `points` values in each dimension, unless the game knows its best replies. None where there
            is no solution.
        truth_gap: what the best lie gains each, `(N,)`, where players report what they know; else None.
        figures: welfare and whatever else the game describes, by name; of the solution.
        points: how many values of each dimension of a Box were tried.
        equilibria: every pure Nash equilibrium, `(E, N)`, of a finite game in which all move at once; up to the order
            of players where these are alike. None of other games and of large ones.
        up_to_order: whether players are alike, and equilibria given up to their order; the following are then known.
        least: the least epsilon of a pure epsilon-equilibrium.
        mixed: an equilibrium in which all play one mixture.
        correlated: the least and the largest welfare of correlated equilibria; None where it takes too long.
        coarse: the same of coarse correlated equilibria.
    """

    concept: str
    source: str
    status: Status | None = None
    actions: Actions | None = None
    payoffs: FloatArray | None = None
    regret: FloatArray | None = None
    truth_gap: FloatArray | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    points: int = POINTS
    equilibria: IntArray | None = None
    up_to_order: bool = False
    least: PureSolution | None = None
    mixed: MixedSolution | None = None
    correlated: tuple[float, float] | None = None
    coarse: tuple[float, float] | None = None


def solve(game: Game[Any], state: Any = None) -> GameAnswer:
    """What theory says of a game.

    Args:
        game: any game; of one that is not `Solved` no solution is known.
        state: of `game.draw`, without batch axes.

    Example:
        >>> from genmarket_env import games
        >>> answer = games.solve(games.make("pricing-duopoly"))
        >>> answer.concept, answer.payoffs.round(1), bool(answer.regret.max() < 1e-9)
        ('Stackelberg equilibrium', array([ 73.5, 294.3]), True)
    """
    points = grid_points(*game.spaces)
    gap = truth_gap(game, state, points) if isinstance(game, Direct) else None
    known: dict[str, Any] = {"points": points, "truth_gap": gap, **_finite(game, state)}
    if not isinstance(game, Solved):
        return GameAnswer("none known", "", **known)
    found = game.reference(state)
    if found.play is None or found.payoffs is None:
        return GameAnswer(found.concept, found.source, found.status, **known)
    actions = unfold(game, state, found.play)
    figures = game.figures(state, actions) if isinstance(game, Described) else {}
    return GameAnswer(
        found.concept,
        found.source,
        found.status,
        actions,
        np.asarray(found.payoffs),
        regret(game, state, found.play, points),
        figures={name: float(value) for name, value in figures.items()},
        **known,
    )


def _finite(game: Game[Any], state: Any) -> dict[str, Any]:
    """What is known of a finite game in which all move at once, as fields of `GameAnswer`."""
    sizes = [float(space.n) for space in game.spaces if isinstance(space, Discrete)]
    if len(game.stages) > 1 or len(sizes) < len(game.spaces):
        return {}
    try:
        players, actions = sizes_of(game, state)
    except ValueError:  # the players differ
        if np.prod(sizes) > MAX_PROFILES:
            return {}
        return {"equilibria": stable_profiles(payoff_tensor(game, state))}
    profiles = comb(actions + players - 1, players)
    if profiles * players * actions > MAX_DEVIATIONS:
        return {}
    with at_effort(EFFORT):
        return {
            "equilibria": pure_equilibria(game, state, tol=AGREED),
            "up_to_order": True,
            "least": least_epsilon(game, state),
            "mixed": _if_small(lambda: symmetric_mixed_equilibrium(game, state)),
            "correlated": _if_small(lambda: _range(game, state, coarse=False)),
            "coarse": _if_small(lambda: _range(game, state, coarse=True)),
        }


def _range(game: Game[Any], state: Any, *, coarse: bool) -> tuple[float, float]:
    """The least and the largest welfare of correlated play."""
    worst, best = (correlated_equilibrium(game, state, coarse=coarse, welfare=end) for end in ENDS)
    return float(worst.value), float(best.value)


def _if_small(solved: Callable[[], Found]) -> Found | None:
    try:
        return solved()
    except TooLarge:
        return None
