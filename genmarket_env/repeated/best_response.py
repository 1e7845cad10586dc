"""Strategies of the repeated game in discounted payoffs: what they are worth, and the best response to them, exactly.

Against players who remember the last round, one who wants the most remembers no more: a best response is found among
the strategies, by policy iteration.
"""

from __future__ import annotations

import numpy as np

from ..market import FloatArray, IntArray
from ..tolerances import REGRET_TOL
from .game import RepeatedGame

_NOTHING = 1e-18
"""What is discounted by less does not count."""


def values_of(game: RepeatedGame, strategies: IntArray) -> FloatArray:
    """What play by the strategies is worth to each player from each state, `(N, states)`: discounted and summed.

    Args:
        game: the game.
        strategies: `(N, states)`.

    Example:
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.5)
        >>> values_of(dilemma, np.ones((2, 4), int))[0]  # both always defect
        array([2., 2., 2., 2.])
    """
    following = strategies.T @ game.strides
    return discounted(game.payoffs.T, following, game.discount)


def best_response(game: RepeatedGame, strategies: IntArray, player: int) -> tuple[FloatArray, IntArray]:
    """What the best response of a player to the others' strategies is worth from each state, and what it does there.

    Args:
        game: the game.
        strategies: `(N, states)`; the player's own is where the search begins.
        player: its number.

    Source: Howard, "Dynamic Programming and Markov Processes", 1960: policy iteration.

    Example:
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.9)
        >>> trigger = np.array([[0, 1, 1, 1], [0, 1, 1, 1]])  # to cooperate until somebody defects
        >>> worth, does = best_response(dilemma, trigger, 0)
        >>> worth.round(6), does
        (array([20., 10., 10., 10.]), array([0, 1, 1, 1]))
    """
    others = strategies.T @ game.strides - strategies[player] * game.strides[player]
    moves = others[:, None] + np.arange(game.actions) * game.strides[player]
    payoffs = game.payoffs[:, player]
    does = np.array(strategies[player])
    scale = float(np.abs(payoffs).max()) / (1 - game.discount)
    here = np.arange(game.states)
    while True:
        worth = discounted(payoffs, moves[here, does], game.discount)
        tried = (payoffs + game.discount * worth)[moves]
        better = tried.max(axis=1) > worth + REGRET_TOL * scale
        if not better.any():
            return worth, does
        does = np.where(better, tried.argmax(axis=1), does)


def regrets(game: RepeatedGame, strategies: IntArray) -> FloatArray:
    """By how much more each player's best response is worth from each state than its strategy, `(N, states)`, >= 0.

    Zero in the states that play goes through: a Nash equilibrium of the repeated game; in all states: a subgame perfect
    one.
    """
    best = [best_response(game, strategies, player)[0] for player in range(game.players)]
    return np.maximum(np.array(best) - values_of(game, strategies), 0.0)


def as_shares(game: RepeatedGame, gains: FloatArray, worth: FloatArray) -> FloatArray:
    """Gains as shares of what play is worth, which counts as at least a quarter of the largest payoff for ever.

    So they are finite where play is worth nothing.

    Example:
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 4]], [[4, 0], [1, 1]]]), 0.5)
        >>> as_shares(dilemma, np.array([1.0, 1.0]), np.array([5.0, 0.0]))
        array([0.2, 0.5])
    """
    least = 0.25 * float(np.abs(game.payoffs).max()) / (1 - game.discount)
    return np.asarray(gains / np.maximum(np.abs(worth), max(least, np.finfo(float).tiny)))


def discounted(payoffs: FloatArray, following: IntArray, discount: float) -> FloatArray:
    """The discounted payoffs `(..., states)` of the profiles that follow, each one deciding the next.

    The sums of the first 1, 2, 4, ... rounds, each from the one before.
    """
    worth = payoffs[..., following]
    jump, factor = following, discount
    while factor > _NOTHING:
        worth = worth + factor * worth[..., jump]
        jump = jump[jump]
        factor *= factor
    return worth
