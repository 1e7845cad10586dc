"""Random markets of a given size, and their payoffs as the dense tensor that general solvers need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from genmarket_env import Market, kernel
from genmarket_env.choice import HardMax


def random_market(models: int, users: int, *, seed: int = 0, batch: tuple[int, ...] = ()) -> Market:
    """Scores uniform on [0, 1], masses uniform on the simplex."""
    rng = np.random.default_rng(seed)
    return Market(rng.random((*batch, models, users)), rng.dirichlet(np.ones(users), batch))


def market_drawer(models: int, users: int) -> Callable[[np.random.Generator], Market]:
    """A sampler of such markets, for an environment that draws a new one at every reset."""

    def draw(rng: np.random.Generator) -> Market:
        return Market(rng.random((models, users)), rng.dirichlet(np.ones(users)))

    return draw


def dense_payoffs(market: Market, platforms: int) -> np.ndarray:
    """What a platform earns by its own model and those of the others, `(models,) * platforms`; all have the same."""
    models = market.num_models
    profiles = np.indices((models,) * platforms).reshape(platforms, -1).T
    own = [
        kernel.payoffs(market.scores, market.masses, block, HardMax())[:, 0]
        for block in np.array_split(profiles, max(1, len(profiles) // 4096))
    ]
    return np.concatenate(own).reshape((models,) * platforms)
