"""Everything theory says of a game, computed: its exact reference, held anew against the deviations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from ..exact import Solved, regret, truth_gap, unfold
from ..market import FloatArray
from ..protocol import Actions, Described, Direct, Game, Space
from ..status import Status

POINTS, TRIED = 401, 20_000
"""How many values of a Box of one dimension are tried where regret is measured, and about how many of a larger one."""


def grid_points(*spaces: Space, most: int = TRIED) -> int:
    """How many values are tried in each dimension of the spaces: of several dimensions about `most` points in all.

    Example:
        >>> from gymnasium.spaces import Box
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
    if not isinstance(game, Solved):
        return GameAnswer("none known", "", truth_gap=gap, points=points)
    found = game.reference(state)
    if found.play is None or found.payoffs is None:
        return GameAnswer(found.concept, found.source, found.status, truth_gap=gap, points=points)
    actions = unfold(game, state, found.play)
    figures = game.figures(state, actions) if isinstance(game, Described) else {}
    return GameAnswer(
        found.concept,
        found.source,
        found.status,
        actions,
        np.asarray(found.payoffs),
        regret(game, state, found.play, points),
        gap,
        {name: float(value) for name, value in figures.items()},
        points,
    )
