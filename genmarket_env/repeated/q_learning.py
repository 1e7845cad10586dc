"""Tabular Q-learning in all seats of a repeated game, until nobody's strategy changes any more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arguments import checked_integer, checked_real, checked_seed
from ..market import FloatArray, IntArray
from ..status import Status
from .game import RepeatedGame

ALPHA, BETA = 0.15, 4e-6
"""How fast is learned, and how fast exploration ends: the representative ones of Calvano et al. 2020."""

ENOUGH = 100_000
"""Strategies that have not changed for so many rounds have converged, as in Calvano et al. 2020."""

MAX_ROUNDS = 1_000_000_000

DIGITS = 12
"""Payoffs are rounded to so many decimals: the last bits of exponentials and sums differ between machines, and a
session would end elsewhere."""

_BLOCK = 8192
"""Rounds in one call of the compiled code: between two of them the process can be interrupted."""


@dataclass(frozen=True, eq=False)
class Session:
    """What learning ended in.

    Attributes:
        strategies: what each player does in each state without exploring, `(N, states)`.
        state: the profile of the last round, by its number.
        rounds: how many were played.
        status: CONVERGED, or MAX_ROUNDS.
        values: what each player thinks of each action, `(N, states, m)`.
    """

    strategies: IntArray
    state: int
    rounds: int
    status: Status
    values: FloatArray


def learn(
    game: RepeatedGame,
    *,
    seed: int,
    alpha: float = ALPHA,
    beta: float = BETA,
    enough: int = ENOUGH,
    max_rounds: int = MAX_ROUNDS,
) -> Session:
    """Let independent Q-learners play, from a state drawn at random, until their strategies have converged.

    In round t each explores with probability `exp(-beta t)`, every action alike, else takes the first of its best
    actions. Having earned u and moved from state s to s', it sets `Q(s, x) = (1 - alpha) Q(s, x) + alpha (u + discount
    max_y Q(s', y))`. The same seed gives the same session, whatever else runs beside it.

    Args:
        game: its payoffs are rounded to 12 decimals.
        seed: of all that is drawn, at least 0.
        alpha: in (0, 1].
        beta: in (0, 1].
        enough: strategies have converged once none has changed for so many rounds, at least 1.
        max_rounds: where learning ends in any case, at least 1.

    Raises:
        ValueError: an argument is out of range.
        TypeError: an argument is not a number.

    Source: Calvano, Calzolari, Denicolo and Pastorello, AER 2020, Section I.

    Example:
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.0)
        >>> learn(dilemma, seed=0, beta=1e-3, enough=1000).strategies.tolist()  # who does not care for the future
        [[1, 1, 1, 1], [1, 1, 1, 1]]
    """
    alpha = checked_real("alpha", alpha, 1e-9, 1)
    beta = checked_real("beta", beta, 1e-12, 1)
    checked_integer("enough", enough, 1)
    checked_integer("max_rounds", max_rounds, 1)
    from ..compiled.q_learning import q_learning

    rng = np.random.default_rng(checked_seed(seed))
    payoffs = np.round(game.payoffs, DIGITS)
    values = initial_values(game)
    greedy = values.argmax(axis=-1)
    state, unchanged, chance, rounds = int(rng.integers(game.states)), 0, 1.0, 0
    while unchanged < enough and rounds < max_rounds:
        uniforms = rng.random((_BLOCK, game.players))[: max_rounds - rounds]
        played, state, unchanged, chance = q_learning(
            values, greedy, state, unchanged, chance, uniforms, payoffs, game.strides, alpha, game.discount,
            math.exp(-beta), enough,
        )  # fmt: skip
        rounds += played
    status = Status.CONVERGED if unchanged >= enough else Status.MAX_ROUNDS
    return Session(greedy, int(state), rounds, status, values)


def initial_values(game: RepeatedGame) -> FloatArray:
    """What each action earns for ever if the others play at random, `(N, states, m)`: where learning begins.

    Example:
        >>> initial_values(RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.5))[0, 0]
        array([2., 4.])
    """
    rounded = np.round(game.tensor, DIGITS)
    found = np.empty((game.players, game.states, game.actions))
    for player in range(game.players):
        own = np.moveaxis(rounded[..., player], player, 0).reshape(game.actions, -1)
        found[player] = np.round(own.mean(axis=1) / (1 - game.discount), DIGITS)
    return found
