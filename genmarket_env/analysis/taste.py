"""Taste or luck: what a benchmark with one answer a question can say of coverage, and what it cannot.

The score of question q is the probability `S_j(q)` that model j answers it right; seen is one answer, right or wrong,
with that probability. Whether two models are right on different questions because users who ask them would always be
served better by the one (taste) or by chance (luck) is not in such data. But the best of means is at most the mean of
bests, so that of a set of models, in expectation over the answers,

    coverage of the groups' mean scores  <=  coverage  <=  coverage of the single answers,

the first up to the errors of the means. Source: Jensen's inequality (derived).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real, checked_seed
from ..game import checked_profile
from ..intervals import LEVEL
from ..market import FloatArray, IntArray, Market
from ..markets import merge_types


@dataclass(frozen=True)
class CoverageBounds:
    """How much the best of some models gives users, if it is not known what of single answers is taste.

    Attributes:
        low: if all differences within a group are luck: the coverage of the groups' mean scores.
        high: if none is: the coverage of the single answers.
        by_luck: the coverage of single answers that luck alone would give: the mean over draws that deal each model's
            answers anew within each group, one model independently of another. Above `high` models tend to be right on
            the same questions; below it they complement each other on more than luck explains.
        low_interval: of `low`, over questions drawn anew within each group.
        high_interval: of `high`, over the same draws.
        by_luck_interval: of `by_luck`, over its draws.
    """

    low: float
    high: float
    by_luck: float
    low_interval: tuple[float, float]
    high_interval: tuple[float, float]
    by_luck_interval: tuple[float, float]


def coverage_bounds(
    market: Market,
    groups: Sequence[Hashable],
    profile: ArrayLike,
    *,
    draws: int = 200,
    level: float = LEVEL,
    seed: int = 0,
) -> CoverageBounds:
    """Between what coverage lies where each user type is one question that each model answered once.

    Args:
        market: one market whose user types are questions.
        groups: one label for each question: within a group the questions count as of one kind.
        profile: `(platforms,)`, the models whose coverage it is.
        draws: >= 2, how many resampled sets of answers.
        level: of the intervals, in (0, 1): percentiles of the draws.
        seed: draws them.

    Raises:
        ValueError: there are not as many labels as questions, or an argument is out of range.
        TypeError: an argument has another type, or the market is a batch.

    Example:
        >>> market = Market([[1, 0, 1, 1], [0, 1, 1, 1]], [0.25] * 4)
        >>> found = coverage_bounds(market, ["hard", "hard", "easy", "easy"], [0, 1])
        >>> found.low, found.high
        (0.75, 1.0)
    """
    merged = merge_types(market, groups)
    models = np.unique(checked_profile(market, profile))
    draws, level = checked_integer("draws", draws, 2), checked_real("level", level, 0, 1)
    rng = np.random.default_rng(checked_seed(seed))
    labels = np.array([merged.user_names.index(str(label)) for label in groups])
    members = [np.flatnonzero(labels == group) for group in range(merged.num_users)]
    scores, masses = market.scores[models], market.masses
    redrawn = np.empty((draws, 2))
    dealt = np.empty(draws)
    for i in range(draws):
        redrawn[i] = _both(scores, masses, [rng.choice(group, len(group)) for group in members], merged.masses)
        dealt[i] = _dealt(scores, masses, members, rng)
    ends = [50 * (1 - level), 50 * (1 + level)]
    low, high = _both(scores, masses, members, merged.masses)
    low_ends, high_ends, dealt_ends = (np.percentile(one, ends).tolist() for one in (*redrawn.T, dealt))
    return CoverageBounds(
        low, high, float(dealt.mean()), (low_ends[0], low_ends[1]), (high_ends[0], high_ends[1]),
        (dealt_ends[0], dealt_ends[1])
    )  # fmt: skip


def _both(
    scores: FloatArray, masses: FloatArray, members: Sequence[IntArray], group_masses: FloatArray
) -> tuple[float, float]:
    """The coverage of the means of groups and that of single answers, for these members of each group.

    Groups keep their mass, members theirs in proportion.
    """
    low = high = 0.0
    for of_group, mass in zip(members, group_masses, strict=True):
        weights = masses[of_group]
        if weights.sum() > 0:
            weights = weights * (mass / weights.sum())
            low += float((scores[:, of_group] @ weights).max())
            high += float(scores[:, of_group].max(axis=0) @ weights)
    return low, high


def _dealt(scores: FloatArray, masses: FloatArray, members: Sequence[IntArray], rng: np.random.Generator) -> float:
    """The coverage of single answers once each model's are dealt anew within each group."""
    return sum(float(rng.permuted(scores[:, of_group], axis=1).max(axis=0) @ masses[of_group]) for of_group in members)
