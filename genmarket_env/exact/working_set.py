"""A symmetric mixed equilibrium of many actions, from the few that are played in it.

The support of an equilibrium is often small. So the game is solved on a working set of actions; those that would earn
more against that mixture join it, the best ones first; and so on until no action earns more. What is found is an
equilibrium of the whole game, as every action's payoff against it is computed. It is the idea of the double-oracle
method of McMahan, Gordon and Blum (2003), for one mixture that all play.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..market import FloatArray
from .abilities import Pooled

MOST_JOINING = 8
"""So many actions join the working set at a time."""

MOST_ROUNDS = 200

Solver = Callable[[Any], tuple[FloatArray, int]]
"""A game of few actions -> a mixture of them, and the iterations that it took."""


def solve_on_working_set(
    game: Pooled[Any], state: Any, actions: int, solve: Solver, tol: float
) -> tuple[FloatArray, FloatArray, int]:
    """A mixture `(n,)`, what each action earns against it `(n,)`, and the iterations that `solve` made.

    Args:
        game: of at least 2 players.
        state: of `game.draw`, without batch axes.
        actions: n.
        solve: solves for the mixture of the game restricted to a few actions.
        tol: an action joins if it would earn so much more.
    """
    earned_by_all = game.payoffs_of_mixture(state)
    working = game.first_tried(state)
    iterations = 0
    for _ in range(MOST_ROUNDS):
        found, more = solve(game.restricted(working))
        iterations += more
        mixture = np.zeros(actions)
        mixture[working] = found
        earned = earned_by_all(mixture)
        gains = earned - mixture @ earned
        gains[working] = 0.0
        joining = np.argsort(-gains, kind="stable")[:MOST_JOINING]
        joining = joining[gains[joining] > tol]
        if not len(joining):
            break
        working = np.union1d(working, joining)
    return mixture, earned, iterations
