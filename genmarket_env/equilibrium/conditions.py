r"""When a profile is an equilibrium, in terms of average quality and of what a platform wins by being different.

With `T_j = sum_k pi_k S_j(k)`, the attraction `Z_i(k; f) = (N p_i(k) - 1) S_{f_i}(k)` and the deviation advantage
`delta_i(f) = sum_k pi_k Z_i(k; f)`, under every choice rule

    U_i(f) = (T_{f_i} + delta_i(f)) / N        (the paper's decomposition, an identity).

So a platform trades the average score of its model against its advantage over an equal split of the users. A dominant
user type makes one model the best reply to itself: with `S*` its score on that type, `rho` its lead there over the
second best model, and `Gamma` the largest score that any model has on any other type, everybody deploys it in an
equilibrium of HardMax if the type's mass is large enough (`dominant_types`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kernel
from ..arguments import checked_real
from ..choice import ChoiceRule, HardMax
from ..game import check_game, checked_platforms, checked_profile, deviation_payoffs
from ..market import FloatArray, IntArray, Market
from ..tolerances import REGRET_TOL
from .checks import check_choice

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The payoffs of a profile, split into average scores and deviation advantages.

    Attributes:
        average_scores: `T` of the model that each platform deploys, `(*batch, platforms)`, in [0, 1].
        attraction: `Z_i(k)`, `(*batch, platforms, users)`: what a user type gives a platform beyond an equal split.
        advantages: `delta_i`, the mean of the attraction over users, `(*batch, platforms)`.
    """

    average_scores: FloatArray
    attraction: FloatArray
    advantages: FloatArray

    @property
    def payoffs(self) -> FloatArray:
        """`(T + delta) / N`, the payoff of each platform, `(*batch, platforms)`."""
        return (self.average_scores + self.advantages) / self.average_scores.shape[-1]


def decomposition(market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax()) -> Decomposition:
    """The average score, attraction and deviation advantage of each platform, under any choice rule.

    For two platforms under HardMax the attraction is plus the score where a platform wins a type, minus the score where
    it loses it, 0 where they tie. Source: the paper's decomposition of payoffs; for N platforms derived.

    Args:
        market: one market or a batch.
        profile: `(*batch, platforms)`, ints; the batches broadcast.
        choice: how users choose.

    Raises:
        ValueError: a profile is not one of this market, or the batches do not broadcast.
        TypeError: the profile is not integer, `market` no Market, or `choice` no rule.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> parts = decomposition(market, [0, 1])
        >>> parts.average_scores, parts.advantages.round(2), parts.payoffs.round(2)
        (array([0.58, 0.44]), array([0.5, 0.2]), array([0.54, 0.32]))
    """
    check_game(market, choice)
    models = checked_profile(market, profile)
    check_choice(market, models, choice)
    scores = kernel.deployed_scores(market.scores, models)
    attraction = (models.shape[-1] * choice(scores) - 1) * scores
    masses = market.masses[..., None, :]
    return Decomposition((masses * scores).sum(axis=-1), attraction, (masses * attraction).sum(axis=-1))


@dataclass(frozen=True, eq=False)
class FullDifferentiation:
    """What each deviation from a profile gains in average score, and what it loses in deviation advantage.

    Attributes:
        distinct: whether all platforms deploy different models, bool `(*batch,)`.
        score_gaps: `T_{f_i} - T_j`, `(*batch, platforms, models)`.
        advantage_gains: `delta_i(f with i playing j) - delta_i(f)`, `(*batch, platforms, models)`.
        tol: the regret that is forgiven.
    """

    distinct: Any
    score_gaps: FloatArray
    advantage_gains: FloatArray
    tol: float

    @cached_property
    def margins(self) -> FloatArray:
        """`score_gaps - advantage_gains`, `(*batch, platforms, models)`: N times what the deviation loses."""
        return self.score_gaps - self.advantage_gains

    @property
    def equilibrium(self) -> Any:
        """Whether no deviation gains more than `tol`, distinct or not: bool `(*batch,)`."""
        return (self.margins >= -self.tol * self.margins.shape[-2]).all(axis=(-2, -1))

    @property
    def holds(self) -> Any:
        """Whether the profile is a fully differentiated pure Nash equilibrium: bool `(*batch,)`."""
        return self.distinct & self.equilibrium


def full_differentiation(
    market: Market, profile: ArrayLike, choice: ChoiceRule = HardMax(), *, tol: float = REGRET_TOL
) -> FullDifferentiation:
    """The exact condition for a profile of all different models to be a pure Nash equilibrium, with its margins.

    It holds iff for every platform i and model j, `T_{f_i} - T_j >= delta_i(f with i playing j) - delta_i(f)`: no model
    has so much more average score that it is worth the advantage lost. A profile that repeats a model (as every one
    does with more platforms than models) does not meet it, whatever its margins. Source: theorem of the paper, for two
    platforms; for N, and any rule, derived from the decomposition.

    Args:
        market: one market or a batch.
        profile: `(*batch, platforms)`, ints; the batches broadcast.
        choice: how users choose.
        tol: the largest regret that an equilibrium may have, in units of payoff, >= 0.

    Raises:
        ValueError: a profile is not one of this market, the batches do not broadcast, or `tol` is negative or NaN.
        TypeError: the profile is not integer, `market` no Market, `choice` no rule, or `tol` no number.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> condition = full_differentiation(market, [0, 1])
        >>> bool(condition.holds), condition.margins.round(2)
        (True, array([[0.  , 0.64],
               [0.06, 0.  ]]))
    """
    parts = decomposition(market, profile, choice)
    models = checked_profile(market, profile)
    platforms = models.shape[-1]
    averages = market.average_scores[..., None, :]
    # By the identity, delta_i(f with i playing j) = N U_i(f with i playing j) - T_j.
    deviating = platforms * deviation_payoffs(market, models, choice) - averages
    return FullDifferentiation(
        distinct=np.broadcast_to(kernel.support_size(models) == platforms, parts.advantages.shape[:-1])[()],
        score_gaps=parts.average_scores[..., None] - averages,
        advantage_gains=deviating - parts.advantages[..., None],
        tol=checked_real("tol", tol, 0, math.inf),
    )


def dominance_threshold(ratio: ArrayLike, num_platforms: int = 2) -> Any:
    """The mass `1 - 1 / (1 + N Gamma / rho)` from which on a user type makes a market homogeneous.

    A sufficient condition: below it a market may be homogeneous all the same. Source: theorem of the paper for N = 2;
    for N platforms derived.

    Args:
        ratio: `Gamma / rho`, >= 0, of any shape; infinite where two models tie for the type.
        num_platforms: N, at least 1.

    Returns:
        The threshold, in [0, 1], of the shape of `ratio`.

    Raises:
        ValueError: a ratio is negative or NaN, or `num_platforms` is below 1.
        TypeError: `num_platforms` is not an integer.

    Example:
        >>> dominance_threshold([0.0, 1.0, 2.0]).round(3), round(float(dominance_threshold(1.0, 3)), 3)
        (array([0.   , 0.667, 0.8  ]), 0.75)
    """
    ratios = np.asarray(ratio, dtype=np.float64)
    if not (ratios >= 0).all():
        raise ValueError("ratio has an entry that is negative or NaN; Gamma / rho is >= 0")
    return _mass(checked_platforms(num_platforms) * ratios)


@dataclass(frozen=True, eq=False)
class DominantTypes:
    """Which user types are large enough to make a market homogeneous under HardMax; all arrays `(*batch, users)`.

    `holds` and the like compare the mass of a type with that of all others, without the rounding of a threshold.

    Attributes:
        models: the best model of each type, that of the lowest index among equals.
        best_scores: `S*`, its score on the type.
        rho: its lead on the type over the second best model, >= 0; infinite with one model, which has no rival.
        gamma: the largest score of any model on any other type, massless types included; 0 with one type.
        threshold: the mass from which on everybody deploying the type's best model is an equilibrium,
            `1 - 1 / (1 + N gamma / rho)`; for N = 2 the paper's.
        sharp_threshold: a lower mass that also suffices, `1 - 1 / (1 + N gamma / S*)`; `threshold` if models tie
            for the type, or for one platform, whose deviation loses no user to an opponent.
        unique_threshold: the mass above which it is the only equilibrium, from the odds `gamma max(1 / rho, N / S*)`; 1
            if models tie for the type.
        holds: whether the mass of the type reaches `threshold`.
        holds_sharp: whether it reaches `sharp_threshold`.
        unique: whether it exceeds `unique_threshold` so that the model is better by more than 1e-12 whatever the others
            deploy. With one model everything holds.
    """

    models: IntArray
    best_scores: FloatArray
    rho: FloatArray
    gamma: FloatArray
    threshold: FloatArray
    sharp_threshold: FloatArray
    unique_threshold: FloatArray
    holds: BoolArray
    holds_sharp: BoolArray
    unique: BoolArray


def dominant_types(market: Market, num_platforms: int) -> DominantTypes:
    """For each user type, the mass from which on it alone decides what platforms deploy under `HardMax()`.

    With the type's best model `g*` on all N >= 2 platforms, each has at least `pi S* / N`. A deviation loses the type,
    as no other model is as good for it, and gets at most `gamma (1 - pi)` from the others: so `pi S* >= N gamma (1 -
    pi)` suffices, and as `rho <= S*` so does `pi rho >= N gamma (1 - pi)`. Whatever the others deploy, `g*` gets at
    least `pi min(rho, S* / N)` more from the type than another model, which makes it strictly dominant if that exceeds
    `gamma (1 - pi)`. All are sufficient, none is necessary. Source: the threshold is the paper's for N = 2; the forms
    for N platforms, the sharper one and uniqueness are derived.

    Args:
        market: one market or a batch.
        num_platforms: N, at least 1.

    Raises:
        ValueError: `num_platforms` is below 1.
        TypeError: it is not an integer, or `market` no Market.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.3]], [0.7, 0.3])
        >>> types = dominant_types(market, 2)
        >>> types.models, types.threshold.round(3), types.holds
        (array([0, 1]), array([0.462, 0.9  ]), array([ True, False]))
    """
    platforms = checked_platforms(num_platforms)
    check_game(market)
    scores, masses = market.scores, market.masses
    best = scores.max(axis=-2)
    gamma, others = _largest_elsewhere(best), _sum_elsewhere(masses)
    if market.num_models == 1:
        return _without_rival(best, gamma)
    second, _ = _two_largest(scores, axis=-2)
    rho = best - second
    leads = rho > HardMax().tie_tol
    # A deviation loses the whole type only to an opponent with a better model for it.
    sharp = np.where(leads, best, rho) if platforms > 1 else rho
    strict = np.where(leads, np.minimum(rho, best / platforms), 0.0)
    return DominantTypes(
        models=scores.argmax(axis=-2),
        best_scores=best,
        rho=rho,
        gamma=gamma,
        threshold=_mass(_ratio(platforms * gamma, rho)),
        sharp_threshold=_mass(_ratio(platforms * gamma, sharp)),
        unique_threshold=np.where(leads, _mass(_ratio(gamma, strict)), 1.0),
        holds=masses * rho >= platforms * gamma * others,
        holds_sharp=masses * sharp >= platforms * gamma * others,
        unique=masses * strict > gamma * others + REGRET_TOL,
    )


def _without_rival(best: FloatArray, gamma: FloatArray) -> DominantTypes:
    """The answer with one model, which is deployed whatever the masses."""
    first, infinite = np.zeros(best.shape, np.int64), np.full(best.shape, np.inf)
    nothing, always = np.zeros(best.shape), np.ones(best.shape, np.bool_)
    return DominantTypes(first, best, infinite, gamma, nothing, nothing, nothing, always, always, always)


def _largest_elsewhere(values: FloatArray) -> FloatArray:
    """The largest of the other entries along the last axis, 0 if there are none."""
    if values.shape[-1] == 1:
        return np.zeros_like(values)
    second, first = _two_largest(values, axis=-1)
    at_first = np.arange(values.shape[-1]) == values.argmax(axis=-1)[..., None]
    return np.where(at_first, second[..., None], first[..., None])


def _two_largest(values: FloatArray, axis: int) -> FloatArray:
    """The second largest and the largest entry along an axis, as the first axis of the result."""
    return np.moveaxis(np.partition(values, -2, axis=axis), axis, 0)[-2:]


def _sum_elsewhere(masses: FloatArray) -> FloatArray:
    """The mass of all other types: summed, as `1 - masses` is not exact."""
    return masses @ (1 - np.eye(masses.shape[-1]))


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """`above / below`, where 0 / 0 counts 0: nothing to win elsewhere needs no lead."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(above == 0, 0.0, above / below)


def _mass(odds: FloatArray) -> FloatArray:
    """The mass at those odds against all other types, `1 - 1 / (1 + odds)`."""
    return 1 - 1 / (1 + odds)
