"""Tabular Q-learning in the pricing duopoly of Calvano et al.: a round of both firms beside a loop in plain Python."""

from __future__ import annotations

import math

import numpy as np

from genmarket_env.games import AlgorithmicPricing
from genmarket_env.repeated import RepeatedGame, initial_values, learn
from genmarket_env.repeated.q_learning import ALPHA, BETA

from .lines import Aim, Case, Line
from .timing import interleaved

NAME = "Q-learning round, 15 prices, 2 firms"
SEED = 0


def compare(quick: bool) -> list[Line]:
    game = AlgorithmicPricing().repeated()
    rounds, few = (2_000, 200) if quick else (200_000, 2_000)
    ours, theirs = learn(game, seed=SEED, max_rounds=few), loop(game, few)
    assert ours.values.tolist() == theirs, "the two learners differ"
    calls = {
        "ours": lambda: learn(game, seed=SEED, max_rounds=rounds),
        "loop": lambda: loop(game, few),
    }
    times = interleaved(calls, quick=quick)
    return [
        Line(
            NAME,
            times.median("ours") / rounds,
            "loop in Python",
            times.median("loop") / few,
            times.ratio("loop", "ours") * rounds / few,
            aim=Aim(ratio=50),
            note="each learns from the first values on, which are computed anew",
        )
    ]


def loop(game: RepeatedGame, rounds: int) -> list[list[list[float]]]:
    """The values after so many rounds, in lists; the best actions are kept, as the fastest loop would."""
    values = initial_values(game).tolist()
    payoffs = np.round(game.payoffs, 12).tolist()
    strides, actions, discount, decay = game.strides.tolist(), game.actions, game.discount, math.exp(-BETA)
    best = [[row.index(max(row)) for row in table] for table in values]
    rng = np.random.default_rng(SEED)
    state, chance = int(rng.integers(game.states)), 1.0
    numbers: list[list[float]] = []
    for played in range(rounds):
        if played % 8192 == 0:
            numbers = rng.random((8192, game.players)).tolist()
        drawn = numbers[played % 8192]
        chosen = [
            min(int(u / chance * actions), actions - 1) if u < chance else best[i][state] for i, u in enumerate(drawn)
        ]
        after = sum(action * stride for action, stride in zip(chosen, strides, strict=True))
        for i, action in enumerate(chosen):
            row = values[i][state]
            found = payoffs[after][i] + discount * values[i][after][best[i][after]]
            row[action] = (1 - ALPHA) * row[action] + ALPHA * found
            best[i][state] = row.index(max(row))
        state = after
        chance *= decay
    return values


CASES = [Case(NAME, compare)]
