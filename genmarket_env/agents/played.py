"""Rounds that have been played, in hindsight: average payoffs, what a player could have gained, and welfare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genmarket_env.exact import Solved, candidates, deviation_payoffs
from genmarket_env.games.answer import grid_points
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Described, Game

from .play import Round

MOST_TRIED = 2_000
"""About how many actions of a Box of several dimensions are tried."""

AT_ONCE = 2_000_000
"""About how many payoffs are looked at together: it bounds the memory."""


@dataclass(frozen=True, eq=False)
class Hindsight:
    """What T rounds brought, and what they could have.

    Attributes:
        actions: what each player did, `(T, *shape)` each.
        payoffs: `(T, N)`.
        fixed_regret: what each player would have gained a round on average by the best single action, the others' as
            they were, `(N,)`; negative where it did better than any single action, as with types that change.
        round_regret: what each would have gained a round on average by the best action of every round, the others' as
            they were, `(N,)`, >= 0.
        welfare: of each round, `(T,)`; None of a game that does not describe it.
        concept: of the exact reference, "" where there is none.
        reference_payoffs: what the reference pays a round, on average over the states that were drawn, `(N,)`; None
            where there is none.
        points: how many values of each dimension of a Box were tried; of a Box regrets are lower bounds.
        is_drawn: whether something is drawn before each round.
    """

    actions: Actions
    payoffs: FloatArray
    fixed_regret: FloatArray
    round_regret: FloatArray
    welfare: FloatArray | None
    concept: str
    reference_payoffs: FloatArray | None
    points: int
    is_drawn: bool


def hindsight(game: Game[Any], played: Sequence[Round]) -> Hindsight:
    """What rounds of `play` brought, beside the best single action, the best action of every round and the reference.

    Args:
        game: that was played.
        played: at least one round.

    Raises:
        ValueError: there is no round.

    Example:
        >>> from genmarket_env import agents
        >>> from genmarket_env.games import AccuracyMarket
        >>> game = AccuracyMarket()
        >>> crowd = agents.population("best_reply", game, rng=np.random.default_rng(0))
        >>> found = agents.hindsight(game, list(agents.play(crowd, rounds=50)))
        >>> found.payoffs.shape, bool(found.round_regret.max() < 0.05)
        ((50, 2), True)
    """
    if not played:
        raise ValueError("no round was played")
    actions = tuple(np.stack([one.actions[i] for one in played]) for i in range(len(game.players)))
    payoffs = np.stack([one.rewards for one in played])
    states = _stacked([one.state for one in played])
    points = grid_points(*game.spaces, most=MOST_TRIED)
    regrets = [_regrets(game, states, actions, player, payoffs[:, player], points) for player in range(len(actions))]
    welfare = None
    if isinstance(game, Described):
        welfare = np.broadcast_to(next(iter(game.figures(states, actions).values())), (len(played),))
    concept, pays = _reference(game, states)
    fixed, each = np.array(regrets).T
    return Hindsight(actions, payoffs, fixed, each, welfare, concept, pays, points, states is not None)


def _stacked(states: Sequence[Any]) -> Any:
    """States of single rounds as one batch of them."""
    if states[0] is None:
        return None
    return type(states[0])(*(np.stack(parts) for parts in zip(*states, strict=True)))


def _regrets(
    game: Game[Any], states: Any, actions: Actions, player: int, earned: FloatArray, points: int
) -> tuple[float, float]:
    """What the best single action, and the best action of every round, would have gained on average."""
    tried = candidates(game.spaces[player], points)
    rounds = len(earned)
    size = max(1, AT_ONCE // (rounds * len(actions)))
    single, best = -np.inf, np.full(rounds, -np.inf)
    for start in range(0, len(tried), size):
        found = deviation_payoffs(game, states, actions, player, tried[start : start + size])
        single = max(single, float(found.mean(axis=1).max()))
        best = np.maximum(best, found.max(axis=0))
    return single - float(earned.mean()), float(np.maximum(best - earned, 0.0).mean())


def _reference(game: Game[Any], states: Any) -> tuple[str, FloatArray | None]:
    if not isinstance(game, Solved):
        return "", None
    found = game.reference(states)
    if found.payoffs is None:
        return found.concept, None
    return found.concept, np.asarray(found.payoffs).reshape(-1, len(game.players)).mean(axis=0)
