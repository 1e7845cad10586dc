"""The payoffs of all profiles of many markets at once, without the models that cannot matter.

Under `HardMax` a model that another one beats for every user type is neither a best reply nor in a pure equilibrium,
and no planner needs it. Which models are left differs between markets, so markets with as many of them are tabulated
together. Derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..choice import ChoiceRule
from ..compiled import HARDMAX, parameters
from ..exact.multisets import all_multisets, opponents_faced, places
from ..market import FloatArray, IntArray, Market
from ..tolerances import REGRET_TOL

_BLOCK_STEPS = 1_000_000


class PayoffTables(NamedTuple):
    """The payoffs of some markets in all sorted profiles of their models.

    Attributes:
        markets: which markets, in C order of the batch, `(B,)`.
        models: the models of each that may matter, ascending, `(B, m)`.
        profiles: sorted profiles of these, indices below m, `(P, N)`.
        payoffs: of the platforms, `(B, P, N)`.
        regrets: of the platforms, `(B, P, N)`.
        replies: where the payoff of each model against each multiset of opponents, by its place, is among those of
            all profiles and platforms, `(multisets, m)`.
    """

    markets: IntArray
    models: IntArray
    profiles: IntArray
    payoffs: FloatArray
    regrets: FloatArray
    replies: IntArray

    def payoffs_against(self, opponents: IntArray) -> FloatArray:
        """What each model earns against `opponents` `(B, N - 1)`, in any order: `(B, m)`."""
        faced = self.replies[places(np.sort(opponents, axis=1))]
        return np.take_along_axis(self.payoffs.reshape(len(self.markets), -1), faced, axis=1)


def payoff_tables(market: Market, platforms: int, choice: ChoiceRule, tol: float) -> Iterator[PayoffTables]:
    """The tables of all markets of a batch, some at a time; those with the fewest models that matter first.

    Args:
        market: a batch of markets, or one.
        platforms: N.
        choice: how users choose.
        tol: the largest regret that an equilibrium may have: models are left out that are in no such profile.
    """
    scores = market.scores.reshape(-1, market.num_models, market.num_users)
    masses = market.masses.reshape(-1, market.num_users)
    matters = models_that_matter(market, platforms, choice, tol)
    counts = matters.sum(axis=1)
    for count in np.unique(counts).tolist():
        which = np.flatnonzero(counts == count)
        models = np.nonzero(matters[which])[1].reshape(len(which), count)
        profiles = all_multisets(count, platforms)
        opponents = opponents_faced(profiles)
        replies = np.empty((int(opponents.max()) + 1, count), np.int64)
        replies[opponents, profiles] = np.arange(profiles.size).reshape(profiles.shape)
        size = max(1, _BLOCK_STEPS // (profiles.size * market.num_users))
        for start in range(0, len(which), size):
            part = slice(start, start + size)
            pool = np.take_along_axis(scores[which[part]], models[part][..., None], axis=1)
            earned = kernel.payoffs(pool[:, None], masses[which[part], None], profiles, choice)
            best = earned.reshape(len(earned), -1)[:, replies].max(axis=-1)
            yield PayoffTables(which[part], models[part], profiles, earned, best[:, opponents] - earned, replies)


def models_that_matter(market: Market, platforms: int, choice: ChoiceRule, tol: float) -> NDArray[np.bool_]:
    """Which models of each market, in C order of the batch, may be best replies or in equilibria: `(markets, models)`.

    Left out under `HardMax`, with or without an outside option, are those from which a platform gains more than `tol`
    by a model that is better for every user type: so much better that it does so if it serves as few users as
    `1 / platforms` of the smallest type.
    """
    scores = market.scores.reshape(-1, market.num_models, market.num_users)
    rule = parameters(choice, market.num_users)
    if rule is None or rule.kind != HARDMAX:
        return np.ones(scores.shape[:2], bool)
    masses = market.masses.reshape(-1, 1, market.num_users)
    asked = masses > 0
    smallest = np.where(asked, masses, np.inf).min(axis=-1)
    gap = 2 * rule.scale + 2 * platforms * max(tol, REGRET_TOL) / smallest
    # What a platform without users gains at least, by a copy of the best model of some type.
    best = scores.max(axis=-2)
    by_copying = (masses[:, 0] * np.where(best >= rule.reservation, best, 0.0)).max(axis=-1) / (platforms + 1)
    certain = by_copying > 2 * max(tol, REGRET_TOL)
    matters = np.ones(scores.shape[:2], bool)
    for model in range(market.num_models):
        better_by = np.where(asked, scores - scores[:, model, None], np.inf).min(axis=-1)
        matters[:, model] = ~(certain & (better_by > gap).any(axis=-1))
    return matters


def table_steps(market: Market, platforms: int, choice: ChoiceRule, tol: float) -> NDArray[np.object_]:
    """How many deployed scores the table of each market has, `(markets,)`: Python's integers, which do not overflow."""
    counts = models_that_matter(market, platforms, choice, tol).sum(axis=1).tolist()
    steps = [math.comb(count + platforms - 1, platforms) * platforms * market.num_users for count in counts]
    return np.array(steps, object)
