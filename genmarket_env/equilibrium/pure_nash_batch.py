"""Pure Nash equilibria of many markets at once: those of a batch, or of one market drawn anew many times.

Platforms are exchangeable, so what a platform earns depends on its own model and on the multiset of its opponents'
models. The payoffs of all platforms in all sorted profiles therefore hold every deviation payoff too: that of model
`j` against some opponents is what its owner earns in the profile made of both. They take `N * M` times fewer steps of
the kernel than the deviations of each profile in turn, and no compiler. Derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .. import kernel
from ..arguments import checked_real
from ..choice import ChoiceRule, HardMax
from ..compiled import Asking, backend_for, is_asked_once, parameters
from ..exact.multisets import opponents_faced
from ..game import check_game, checked_platforms
from ..market import FloatArray, IntArray, Market
from ..tolerances import REGRET_TOL
from .checks import check_alike
from .payoff_tables import payoff_tables, table_steps
from .pure_nash import pure_equilibria

MAX_TABLE = 5_000_000
"""The most deployed scores of all profiles of one market whose payoffs are tabulated: about 200 MB at a time."""

TABLE_STEPS_OF_EACH = 10_000
"""Up to so many deployed scores of a market the tables of all are as quick as the compiled search of each."""

TABLE_STEPS_ASKED_ONCE = 150_000_000
"""Up to so many in all, a few seconds, tables are made where no compiler is to be waited for."""

_BLOCK_STEPS = 1_000_000


def pure_equilibria_of_each(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, tol: float = REGRET_TOL
) -> tuple[IntArray, ...]:
    """Every pure Nash equilibrium of each market of a batch, as `pure_equilibria` gives those of one.

    Args:
        market: a batch of markets, of any shape.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
        tol: the largest regret that an equilibrium may have, >= 0.

    Returns:
        For each market in C order of the batch its equilibria `(E, platforms)`, where E may be 0 and differs between
        markets; a single market counts as a batch of one.

    Raises:
        ValueError: `num_platforms` below 1, `tol` negative or NaN, or too many multisets to search (says how many).
        TypeError: `market` is no Market, `choice` no rule, `num_platforms` not an integer, or `tol` no number.

    Example:
        >>> market = Market([[[0.9, 0.1], [0.2, 0.8]], [[0.9, 0.5], [0.2, 0.4]]], [0.6, 0.4])
        >>> [equilibria.tolist() for equilibria in pure_equilibria_of_each(market, 2)]
        [[[0, 1]], [[0, 0]]]
    """
    check_game(market, choice)
    platforms = checked_platforms(num_platforms)
    limit = checked_real("tol", tol, 0.0, math.inf)
    check_alike(market, platforms, choice)
    if is_tabulated(market, platforms, choice, limit):
        found = [np.empty((0, platforms), np.int64)] * math.prod(market.batch_shape)
        for table in payoff_tables(market, platforms, choice, limit):
            rests = table.regrets.max(axis=-1) <= limit
            for index, models, rest in zip(table.markets.tolist(), table.models, rests, strict=True):
                found[index] = models[table.profiles[rest]]
        return tuple(found)
    return tuple(pure_equilibria(one, platforms, choice, tol=limit) for one in _in_a_row(market))


def table_size(market: Market, platforms: int) -> int:
    """The deployed scores in all sorted profiles of one market."""
    return math.comb(market.num_models + platforms - 1, platforms) * platforms * market.num_users


def is_tabulated(market: Market, platforms: int, choice: ChoiceRule, tol: float) -> bool:
    """Whether the payoffs of all profiles are to be tabulated, and not searched by the compiled twin."""
    sizes = table_steps(market, platforms, choice, tol)
    if len(sizes) and sizes.max() > MAX_TABLE:
        return False
    work = int(sizes.sum())
    batch = Asking(parameters(choice, market.num_users), is_asked_once())
    return work <= len(sizes) * TABLE_STEPS_OF_EACH or backend_for(batch, work, TABLE_STEPS_ASKED_ONCE) == "kernel"


def regrets_of_all(market: Market, profiles: IntArray, choice: ChoiceRule) -> Iterator[FloatArray]:
    """The regrets in all sorted `profiles`, for some markets of the batch at a time: `(markets, profiles, platforms)`.

    The markets come in C order of the batch.
    """
    scores = market.scores.reshape(-1, 1, market.num_models, market.num_users)
    masses = market.masses.reshape(-1, 1, market.num_users)
    opponents = opponents_faced(profiles)
    # Where the payoff of each model against each multiset of opponents is among those of all profiles and platforms.
    replies = np.empty((opponents.max() + 1, market.num_models), np.int64)
    replies[opponents, profiles] = np.arange(profiles.size).reshape(profiles.shape)
    size = max(1, _BLOCK_STEPS // (profiles.size * market.num_users))
    for start in range(0, len(scores), size):
        part = slice(start, start + size)
        earned = kernel.payoffs(scores[part], masses[part], profiles, choice)
        best = earned.reshape(len(earned), -1)[:, replies].max(axis=-1)
        yield best[:, opponents] - earned


def _in_a_row(market: Market) -> list[Market]:
    return [market[index] for index in np.ndindex(market.batch_shape)] if market.batch_shape else [market]
