"""Where play by fixed strategies ends: a cycle of profiles, what it pays, and whether anybody would leave it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..market import FloatArray, IntArray
from .best_response import as_shares, regrets, values_of
from .game import RepeatedGame
from .q_learning import Session

INDIFFERENT = 1e-9
"""A gain below this share of what play is worth is none."""


@dataclass(frozen=True, eq=False)
class Limit:
    """Play by the strategies that learning ended in.

    Attributes:
        strategies: `(N, states)`.
        cycle: the profiles that are played in turn for ever, by their numbers; one where play comes to rest.
        payoffs: of each player, averaged over the cycle, `(N,)`.
        regret_on_path: by how much the best response of a player is worth more than play, as `as_shares` counts, the
            largest over players and over the profiles of the cycle.
        regret_anywhere: the same over all states.
    """

    strategies: IntArray
    cycle: IntArray
    payoffs: FloatArray
    regret_on_path: float
    regret_anywhere: float

    @property
    def is_equilibrium(self) -> bool:
        """Whether the strategies are a Nash equilibrium of the repeated game that begins on the cycle."""
        return self.regret_on_path <= INDIFFERENT

    @property
    def is_subgame_perfect(self) -> bool:
        """Whether they are one wherever play begins."""
        return self.regret_anywhere <= INDIFFERENT


def limit_of(game: RepeatedGame, session: Session) -> Limit:
    """What the greedy strategies of a session lead to from its last state.

    Example:
        >>> from genmarket_env.repeated import learn
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.0)
        >>> limit = limit_of(dilemma, learn(dilemma, seed=0, beta=1e-3, enough=1000))
        >>> limit.cycle.tolist(), limit.payoffs.tolist(), limit.is_equilibrium
        ([3], [1.0, 1.0], True)
    """
    return limit_from(game, session.strategies, session.state)


def limit_from(game: RepeatedGame, strategies: IntArray, state: int) -> Limit:
    """What strategies `(N, states)` lead to from a state."""
    cycle = cycle_from(strategies.T @ game.strides, state)
    share = as_shares(game, regrets(game, strategies), values_of(game, strategies))
    return Limit(strategies, cycle, game.payoffs[cycle].mean(axis=0), float(share[:, cycle].max()), float(share.max()))


def cycle_from(following: IntArray, state: int) -> IntArray:
    """The states that are met again and again from one on, each followed by `following[it]`, the least first.

    Example:
        >>> cycle_from(np.array([1, 2, 1]), 0)
        array([1, 2])
    """
    for _ in range(len(following)):
        state = int(following[state])
    found = [state]
    while (state := int(following[state])) != found[0]:
        found.append(state)
    least = found.index(min(found))
    return np.array(found[least:] + found[:least])
