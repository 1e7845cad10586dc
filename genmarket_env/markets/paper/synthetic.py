"""Synthetic markets: users from a Gaussian mixture, models with radial bumps, as in the paper's synthetic study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arguments import checked_generator, checked_integer
from ...market import Market
from ...messages import magnitude
from .models import RandomBumps
from .users import Users

MAX_SIZE = 20_000_000
"""The most distances of users from centres, by coordinate, in one market: they are in memory at once."""

MAX_DRAWN = 50_000_000
"""The same in a batch of markets."""


@dataclass(frozen=True, eq=False)
class SyntheticMarkets:
    """A law of markets: a sampler `rng -> Market`, as the environments take one; every draw has the same M and K.

    Args:
        users: where user types are, given or drawn.
        models: the radial bumps of the models, given or drawn.

    Raises:
        ValueError: users and models have different numbers of coordinates, the market is too large, or it has no
            right masses or names.

    Example:
        >>> from genmarket_env.markets.paper import synthetic_markets
        >>> sampler = synthetic_markets()
        >>> sampler(np.random.default_rng(0))
        Market(models=5, users=40)
        >>> sampler.draw(np.random.default_rng(0), 200)
        Market(batch=(200,), models=5, users=40)
    """

    users: Users
    models: RandomBumps

    def __post_init__(self) -> None:
        if self.users.dimension != self.models.dimension:
            raise ValueError(
                f"users have {self.users.dimension} coordinates, the bumps of models {self.models.dimension}; "
                f"they must have equally many"
            )
        if self._size > MAX_SIZE:
            raise ValueError(
                f"users times models times bumps times coordinates are {self._size:,}, more than the {MAX_SIZE:,} "
                f"that are computed; use fewer users or models"
            )
        # What Market refuses is refused at once, with the draws that all have in common.
        Market(
            np.zeros((len(self.models.names), len(self.users.masses))), self.users.masses, model_names=self.models.names
        )

    @property
    def drawn(self) -> bool:
        """Whether draws differ."""
        return self.users.drawn or self.models.drawn

    @property
    def _size(self) -> int:
        """The distances of users from centres, by coordinate, in one market."""
        models, bumps, dimension = self.models.low.centres.shape
        return models * len(self.users.masses) * max(1, bumps * dimension)

    def __call__(self, rng: np.random.Generator) -> Market:
        """One market, the same as the first of `draw(rng, 1)`."""
        return self.draw(rng, 1)[0]

    def draw(self, rng: np.random.Generator, size: int) -> Market:
        """A batch `(size,)` of independent markets.

        It takes other numbers from `rng` than `size` calls of the sampler.

        Raises:
            ValueError: `size` is less than 1, or so large that the markets do not fit into memory.
            TypeError: `rng` is no generator, or `size` not an integer.
        """
        checked_generator("rng", rng)
        most = MAX_DRAWN // self._size
        if checked_integer("size", size, 1) > most:
            raise ValueError(
                f"size is {magnitude(size)}; of markets as large as these at most {most:,} are drawn at once"
            )
        users = self.users.draw(rng, size)
        scores = self.models.draw(rng, size).scores(users)
        return Market(scores, self.users.masses, model_names=self.models.names)


def first_models(market: Market, num_models: int) -> Market:
    """The market, or the batch of them, with the first `num_models` models of its pool alone.

    Raises:
        ValueError: `num_models` is less than 1 or more than the pool has.
        TypeError: `num_models` is not an integer.

    Example:
        >>> from genmarket_env import markets
        >>> first_models(markets.load("paper-synthetic"), 2).model_names
        ('g1', 'g2')
    """
    count = checked_integer("num_models", num_models, 1, market.num_models)
    errors = market.standard_errors
    return Market(
        market.scores[..., :count, :],
        market.masses,
        model_names=market.model_names[:count],
        user_names=market.user_names,
        standard_errors=None if errors is None else errors[..., :count, :],
    )
