"""Networks of Stable-Baselines3 in all seats of algorithmic pricing, and the strategies that they end in."""

from __future__ import annotations

from collections import deque

import numpy as np

from genmarket_env.games import AlgorithmicPricing
from genmarket_env.games.algorithmic_pricing import LastPrices
from genmarket_env.market import IntArray

from ..games.joint import Mixed
from ..games.self_play import self_play


def learned_strategies(game: AlgorithmicPricing, name: str, *, rounds: int, seed: int) -> IntArray:
    """What each firm's likeliest price is after any last prices, `(n, states)`, once a network each has learned.

    Args:
        game: the game.
        name: "dqn" or "ppo".
        rounds: in each of the copies of the game, at least 1.
        seed: of all that is drawn.
    """
    (play,) = deque(
        self_play(game, name.upper(), rounds=rounds, seed=seed, shared=False, discount=game.delta), maxlen=1
    )
    states = np.stack(np.meshgrid(*[np.arange(game.m)] * game.n, indexing="ij"), axis=-1).reshape(-1, game.n)
    strategies = []
    for policy in play:
        assert isinstance(policy, Mixed)
        strategies.append(policy.at(LastPrices(states), (None,) * game.n).argmax(axis=-1))
    return np.array(strategies)
