r"""What a sample of users says of all, and how surely.

Users are drawn by mass, with replacement, so that what each of them gives a platform is an independent draw, in [0, 1],
whose mean is the figure of all. With a probability of at least `1 - d` the mean of n such draws of variance `v` (their
own, over n) is within

    sqrt(2 v ln(3 / d) / n) + 3 ln(3 / d) / n

of the true one: the empirical Bernstein bound of Audibert, Munos and Szepesvari (2009, Theorem 1), which holds for any
distribution and any n. For k figures at once d is `(1 - level) / k`. Draws in [-1, 1] have the second term twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..arguments import checked_integer, checked_real, checked_seed
from ..choice import ChoiceRule, HardMax
from ..intervals import LEVEL
from ..market import FloatArray, IntArray
from .data import Users
from .reductions import PIECE, checked_choice, checked_profile
from .sums import pieces


@dataclass(frozen=True, eq=False)
class Sampled:
    """Shares and payoffs of a profile from a sample of users; all their intervals hold together, at the level asked.

    Attributes:
        market_shares: `(platforms,)`.
        payoffs: `(platforms,)`.
        welfare: the sum of the payoffs.
        shares_within: the intervals of the shares, `(platforms, 2)`.
        payoffs_within: of the payoffs, alike.
        welfare_within: of the welfare, `(2,)`.
    """

    market_shares: FloatArray
    payoffs: FloatArray
    welfare: float
    shares_within: FloatArray
    payoffs_within: FloatArray
    welfare_within: FloatArray


def sampled(
    users: Users,
    profile: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    size: int = 10_000,
    level: float = LEVEL,
    seed: int = 0,
) -> Sampled:
    """Shares, payoffs and welfare of a profile from some users, with intervals that hold for any users.

    Args:
        users: the users.
        profile: `(platforms,)`.
        choice: how users choose.
        size: how many are drawn, >= 2.
        level: the probability, at least, that all the intervals hold the figures of all users, in (0, 1).
        seed: draws them.

    Example:
        >>> users = Users(np.random.default_rng(0).random((100_000, 3), dtype=np.float32))
        >>> found = sampled(users, [0, 1])
        >>> low, high = found.shares_within[0]
        >>> bool(low < 0.5 < high), round(float(high - low), 2)
        (True, 0.04)
    """
    deployed = checked_profile(users, profile)
    rule = checked_choice(users, choice, len(deployed))
    drawn = _drawn(users, size, seed)
    everyone = np.arange(len(deployed))
    served, squares = np.zeros((2, 2 * len(deployed) + 1))
    for first, last in pieces(0, len(drawn), max(1, PIECE // len(deployed))):
        scores = _values(users, drawn[first:last], deployed)
        demand = kernel.demand(scores, everyone, rule)
        each = np.vstack([demand, demand * scores, (demand * scores).sum(axis=0)])
        served += each.sum(axis=1)
        squares += (each**2).sum(axis=1)
    within = _within(served, squares, len(drawn), (1 - checked_real("level", level, 0, 1)) / len(served))
    within = np.clip(within, 0, 1)
    shares, payoffs = np.split(served[:-1] / len(drawn), 2)
    shares_within, payoffs_within = np.split(within[:-1], 2)
    return Sampled(shares, payoffs, float(served[-1] / len(drawn)), shares_within, payoffs_within, within[-1])


@dataclass(frozen=True, eq=False)
class SampledReply:
    """What a platform would gain by each model, from a sample of users; all intervals hold together.

    Attributes:
        model: the best reply of the sample.
        gains: what it would get with each model beyond what it gets with its own, `(models,)`.
        gains_within: their intervals, `(models, 2)`.
        perhaps_best: the models that may be best replies: those not surely worse than the best of the sample.
    """

    model: int
    gains: FloatArray
    gains_within: FloatArray
    perhaps_best: IntArray

    @property
    def moves(self) -> bool | None:
        """Whether the platform surely gains by some model (True), surely does not (False), or None."""
        if (self.gains_within[:, 0] > 0).any():
            return True
        return None if (self.gains_within[:, 1] > 0).any() else False


def sampled_reply(
    users: Users,
    profile: ArrayLike,
    platform: int,
    choice: ChoiceRule = HardMax(),
    *,
    size: int = 10_000,
    level: float = LEVEL,
    seed: int = 0,
) -> SampledReply:
    """What a platform would gain by each model, from some users, and which may be the best reply.

    Args:
        users: the users.
        profile: `(platforms,)`.
        platform: the one that replies.
        choice: how users choose.
        size: how many are drawn, >= 2.
        level: the probability, at least, that all the intervals and the set of replies hold, in (0, 1).
        seed: draws them.

    Example:
        >>> users = Users(np.random.default_rng(0).random((100_000, 3), dtype=np.float32))
        >>> found = sampled_reply(users, [0, 0], 0)
        >>> found.model in (1, 2), found.perhaps_best.tolist(), found.moves
        (True, [1, 2], True)
    """
    deployed = checked_profile(users, profile)
    checked_integer("platform", platform, 0, len(deployed) - 1)
    rule = checked_choice(users, choice, len(deployed))
    drawn = _drawn(users, size, seed)
    # Twice: against the platform's own model, and against the best of the sample.
    each_level = (1 - checked_real("level", level, 0, 1)) / (2 * users.num_models)
    earned = np.empty((users.num_models, len(drawn)))
    everyone = np.arange(len(deployed))
    for first, last in pieces(0, len(drawn), max(1, PIECE // (len(deployed) * users.num_models))):
        scores = np.repeat(_values(users, drawn[first:last], deployed)[None], users.num_models, axis=0)
        scores[:, platform] = _values(users, drawn[first:last], np.arange(users.num_models))
        earned[:, first:last] = kernel.demand(scores, everyone, rule)[:, platform] * scores[:, platform]
    best = int(earned.mean(axis=1).argmax())
    within = []
    for against in (int(deployed[platform]), best):
        gained = earned - earned[against]
        sums, squares = gained.sum(axis=1), (gained**2).sum(axis=1)
        within.append(_within(sums, squares, len(drawn), each_level, span=2))
        within[-1][against] = 0.0
    gains = earned.mean(axis=1) - earned[deployed[platform]].mean()
    return SampledReply(best, gains, within[0], np.flatnonzero(within[1][:, 1] >= 0))


def _drawn(users: Users, size: int, seed: int) -> IntArray:
    """Users drawn by mass, in the order of the file."""
    rng = np.random.default_rng(checked_seed(seed))
    size = checked_integer("size", size, 2)
    drawn: IntArray = rng.choice(users.num_users, size, p=users.masses / users.masses.sum())
    return np.sort(drawn)


def _values(users: Users, drawn: IntArray, models: IntArray) -> FloatArray:
    """The scores of some users, `(models, users)`, in float64."""
    found: FloatArray = np.multiply(users.scores[drawn[:, None], models].T, users.scale, dtype=np.float64)
    return found


def _within(sums: FloatArray, squares: FloatArray, count: int, miss: float, span: float = 1.0) -> FloatArray:
    """The intervals of means, each of which misses with a probability of `miss` at most, `(figures, 2)`."""
    means = sums / count
    variances = np.maximum(squares / count - means**2, 0.0)
    log = math.log(3 / miss) if miss > 0 else math.inf
    reach = np.sqrt(2 * variances * log / count) + 3 * span * log / count
    return np.stack([means - reach, means + reach], axis=1)
