"""What a run of the report is asked for, and the markets that its sections draw."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from ..arguments import checked_integer
from ..market import Market
from ..markets.paper import synthetic_markets

MAX_MARKETS = 5_000
"""The most markets that are drawn: minutes, and some hundred megabytes."""

GRID = 4
"""Every other random market has its scores on {0, 1/GRID, ..., 1}, where ties are frequent."""


@dataclass(frozen=True)
class Settings:
    """The seed and the size of a run.

    Args:
        seed: of everything that is drawn, >= 0.
        markets: how many synthetic markets are drawn, from 2, as intervals need, to 5,000; random markets that test a
            theorem are ten times as many.

    Raises:
        ValueError: a number is out of range.
        TypeError: a number is not an integer.

    Example:
        >>> Settings(markets=2).drawn_markets()
        Market(batch=(2,), models=5, users=40)
    """

    seed: int = 0
    markets: int = 200

    def __post_init__(self) -> None:
        checked_integer("seed", self.seed, 0)
        checked_integer("markets", self.markets, 2, MAX_MARKETS)

    @property
    def trials(self) -> int:
        """How many random markets test a theorem."""
        return 10 * self.markets

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator for one purpose, independent of those for others."""
        return np.random.default_rng([self.seed, crc32(purpose.encode())])

    def drawn_markets(self) -> Market:
        """The drawn markets of `paper-synthetic`, a batch; the same ones in every section."""
        return synthetic_markets().draw(self.rng("drawn markets"), self.markets)


def random_markets(rng: np.random.Generator, count: int, models: int, users: int) -> Market:
    """A batch `(count,)` of markets with uniform scores, every other one on a coarse grid, and uniform masses.

    Masses are uniform on the simplex.

    Example:
        >>> random_markets(np.random.default_rng(0), 10, 3, 4)
        Market(batch=(10,), models=3, users=4)
    """
    scores = rng.random((count, models, users))
    scores[1::2] = np.floor(scores[1::2] * (GRID + 1)) / GRID
    return Market(scores, rng.dirichlet(np.ones(users), count))
