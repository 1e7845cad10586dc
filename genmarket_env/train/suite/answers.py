"""The exact answer to an instance of the suite, solved now."""

from __future__ import annotations

from typing import Any

import numpy as np

from genmarket_env import MarketGame
from genmarket_env.exact import Solved, least_epsilon, pure_equilibria, symmetric_mixed_equilibrium
from genmarket_env.games.answer import solve
from genmarket_env.protocol import Game
from genmarket_env.tolerances import AGREED

from ..games import theory
from ..games.evaluation import Evaluator
from ..games.joint import Mixed

MOST_KEPT = 20
"""Pure equilibria that are written down; all are counted."""


def answer_of(game: Game[Any], evaluator: Evaluator) -> dict[str, Any]:
    """The exact answer as plain data.

    `concept`, `source` and `payoffs` of the reference on average over the evaluator's states, `distance` of it and what
    that `distance_is`; of finite games in which all move at once `equilibria`, how many pure ones there are (up to the
    order of players where these are alike), and the first of them. Of a market also the `least_epsilon`, for which
    there is a pure epsilon-equilibrium; where there is no pure one `mixed`, the probabilities that all platforms play.
    """
    known = theory.theory_of(game, evaluator)
    found: dict[str, Any] = {
        "concept": known.concept,
        "source": known.source,
        "payoffs": known.payoffs,
        "distance": known.nash_conv,
        "distance_is": known.distance,
    }
    if isinstance(game, MarketGame):
        _of_market(game, evaluator, found)
    elif game.draw(np.random.default_rng(0)) is None and isinstance(game, Solved):
        solved = solve(game)
        if solved.equilibria is not None:
            found["equilibria"] = len(solved.equilibria)
            found["first_equilibria"] = solved.equilibria[:MOST_KEPT].tolist()
    return found


def _of_market(game: MarketGame, evaluator: Evaluator, found: dict[str, Any]) -> None:
    pure = pure_equilibria(game)
    found["equilibria"], found["first_equilibria"] = len(pure), pure[:MOST_KEPT].tolist()
    if len(pure):
        found["least_epsilon"] = 0.0
        return
    found["least_epsilon"] = float(least_epsilon(game).value)
    mixture = symmetric_mixed_equilibrium(game).mixture
    assert mixture is not None
    measured = evaluator.measure((Mixed(np.arange(game.num_models), mixture),) * game.num_platforms)
    found["concept"], found["source"] = "symmetric mixed equilibrium", "as there is no pure one"
    found["mixed"] = {str(at): float(share) for at, share in enumerate(mixture) if share > 1e-9}
    found["payoffs"], found["distance"] = measured.payoffs.tolist(), measured.nash_conv


def agrees(stored: Any, now: Any) -> bool:
    """Whether two answers are the same but for rounding, `AGREED` a number.

    Example:
        >>> agrees({"payoffs": [0.3, 1.0]}, {"payoffs": [0.1 + 0.2, 1]}), agrees({"a": 1.0}, {"a": 1.1})
        (True, False)
    """
    if isinstance(stored, dict) and isinstance(now, dict):
        return stored.keys() == now.keys() and all(agrees(stored[name], now[name]) for name in stored)
    if isinstance(stored, list) and isinstance(now, list):
        return len(stored) == len(now) and all(map(agrees, stored, now))
    if isinstance(stored, int | float) and isinstance(now, int | float):
        return abs(stored - now) <= AGREED * max(1.0, abs(stored))
    return bool(stored == now)
