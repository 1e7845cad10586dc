"""What is not in a table of scores, from what is observed: brands from platforms' shares, a temperature from wins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arguments import checked_real, real_array
from .choice import ChoiceRule, HardMax, Logit
from .game import check_game, checked_profile
from .kernel import deployed_scores
from .market import FloatArray, Market
from .messages import shown
from .pricing.setting import checked_sensitivity
from .status import Status
from .tolerances import AGREED, GIVEN

_MOST_STEPS = 2000
_SETTLED = 1e-13
_PARTS = (1.0, 0.5, 0.25, 0.125)
"""Of a Newton step, tried in turn."""


@dataclass(frozen=True, eq=False)
class BrandFit:
    """Brand effects that make platforms' shares what was observed.

    Attributes:
        status: `Status.CONVERGED` if shares are met within 1e-9 of themselves, `Status.MAX_ROUNDS` if not.
        brands: in units of the score, `(N,)`, or `(N, K)` from shares by user type. Where users cannot stay away they
            are known up to a constant, and their mean is 0 (of each type).
        shares: those that the brands imply, as given.
        residual: the largest `|log(observed / implied)|`.
        steps: how many steps it took.
    """

    status: Status
    brands: FloatArray
    shares: FloatArray
    residual: float
    steps: int


def calibrate_brands(
    market: Market,
    profile: ArrayLike,
    choice: ChoiceRule = HardMax(),
    *,
    shares: ArrayLike,
    prices: ArrayLike = 0.0,
    price_sensitivity: ArrayLike = 1.0,
) -> BrandFit:
    """The brand effects under which platforms have the shares that were observed, given their models.

    `b <- b + tau (log observed - log implied)` (Berry's inversion), with Newton steps where these are better. The
    solution is unique, up to a constant where users cannot stay away.

    Args:
        market: one market.
        profile: the model of each platform, `(N,)`.
        choice: a `Logit`: with an outside utility the shares that are missing to 1 stay away.
        shares: of all users, `(N,)`, or of each user type, `(N, K)`, > 0; they sum to 1 over platforms, or to less
            where users can stay away.
        prices: what platforms ask, a number or `(N,)`, in money.
        price_sensitivity: units of the score that a unit of money is worth, a number or `(K,)`, > 0.

    Raises:
        ValueError: shares do not sum to 1 (or to less, where users can stay away), one is not above 0, a shape is
            another, the rule is no `Logit`, or the market is a batch.
        TypeError: an argument is not numeric.

    Source: Berry, RAND Journal of Economics 25(2), 1994; Berry, Levinsohn and Pakes, Econometrica 63(4), 1995.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> fit = calibrate_brands(market, [0, 1], Logit(0.25), shares=[0.75, 0.25])
        >>> fit.brands.round(4), fit.shares
        (array([ 0.2908, -0.2908]), array([0.75, 0.25]))
    """
    check_game(market, choice)
    if type(choice) is not Logit:
        raise ValueError(
            f"brands follow from shares where users choose by a Logit; under {shown(choice)} many give the same shares"
        )
    if market.batch_shape:
        raise ValueError(f"calibrate_brands takes one market, not a batch {market.batch_shape}; choose one, market[0]")
    models = checked_profile(market, profile)
    if models.ndim != 1:
        raise ValueError(f"the profile has the shape {models.shape}; give one model a platform")
    asked = real_array("prices", prices)
    if asked.shape not in ((), models.shape) or not np.isfinite(asked).all():
        raise ValueError(f"prices must be a finite number, or one for each of the {len(models)} platforms")
    paid = checked_sensitivity(price_sensitivity, market) * np.broadcast_to(asked, models.shape)[:, None]
    utility = deployed_scores(market.scores, models) - paid
    observed = _checked_shares(shares, utility.shape, choice)
    if observed.ndim == 1:
        return _fitted(utility, market.masses, observed, choice)
    each = [_fitted(utility[:, [k]], np.ones(1), observed[:, k], choice) for k in range(market.num_users)]
    return BrandFit(
        min((fit.status for fit in each), key=lambda status: status is Status.CONVERGED),
        np.stack([fit.brands for fit in each], axis=1),
        np.stack([fit.shares for fit in each], axis=1),
        max(fit.residual for fit in each),
        max(fit.steps for fit in each),
    )


def _fitted(utility: FloatArray, masses: FloatArray, observed: FloatArray, rule: Logit) -> BrandFit:
    """Staying away is one more platform, of brand 0: a constant of all brands is free, and set at the end."""
    platforms = len(observed)
    if rule.outside_utility is not None:
        utility = np.append(utility, np.full((1, utility.shape[1]), rule.outside_utility), axis=0)
        observed = np.append(observed, 1 - observed.sum())
    value, brands, steps = utility / rule.temperature, np.zeros(len(observed)), 0
    implied, off = _off(value, masses, observed, brands)
    while np.abs(off).max() > _SETTLED and steps < _MOST_STEPS:
        steps += 1
        newton = _newton(value, masses, off, brands)
        for part in _PARTS:
            tried = brands + part * newton
            then, left = _off(value, masses, observed, tried)
            if np.abs(left).max() <= (1 - part / 4) * np.abs(off).max():
                break
        else:
            tried = brands + off
            then, left = _off(value, masses, observed, tried)
            if np.abs(off).max() <= AGREED and np.abs(left).max() >= np.abs(off).max():
                break  # rounding
        brands, implied, off = tried, then, left
    free = brands.mean() if rule.outside_utility is None else brands[-1]
    residual = float(np.abs(off).max())
    status = Status.CONVERGED if residual <= AGREED else Status.MAX_ROUNDS
    found = rule.temperature * (brands - free)
    return BrandFit(status, found[:platforms], implied[:platforms], residual, steps)


def _off(
    value: FloatArray, masses: FloatArray, observed: FloatArray, brands: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The shares that brands, in temperatures, imply, and `log(observed / implied)`, `(N,)` each."""
    value = value + brands[:, None]
    value = value - value.max(axis=0)
    with np.errstate(divide="ignore"):
        terms = value - np.log(np.exp(value).sum(axis=0)) + np.log(masses)
    most = terms.max(axis=1)
    logs = most + np.log(np.exp(terms - most[:, None]).sum(axis=1))
    return np.exp(logs), np.log(observed) - logs


def _newton(value: FloatArray, masses: FloatArray, off: FloatArray, brands: FloatArray) -> FloatArray:
    """A step on `log implied = log observed`; NaN where the derivative is singular to rounding."""
    demand = Logit(1.0)(value + brands[:, None])
    implied = demand @ masses
    # A constant of all brands changes nothing: the last term fixes it.
    slopes = np.diag(implied) - (demand * masses) @ demand.T + np.outer(implied, implied)
    try:
        with np.errstate(all="ignore"):
            return np.asarray(np.linalg.solve(slopes, implied * off))
    except np.linalg.LinAlgError:
        return np.full(len(brands), np.nan)


def _checked_shares(shares: ArrayLike, shape: tuple[int, ...], rule: Logit) -> FloatArray:
    observed = real_array("shares", shares)
    if observed.shape not in (shape[:1], shape):
        raise ValueError(
            f"shares have the shape {observed.shape}; give one for each of the {shape[0]} platforms, or platforms x "
            f"user types, {shape}"
        )
    wrong = ~(np.isfinite(observed) & (observed > 0))
    if wrong.any():
        raise ValueError(
            f"the share of platform {int(np.argwhere(wrong)[0][0])} is {observed[wrong].flat[0]}; shares must be above "
            "0: no brand, however bad, leaves a platform without users, so leave it out"
        )
    sums = observed.sum(axis=0)
    if rule.outside_utility is None:
        bad = np.abs(sums - 1) > GIVEN
        if bad.any():
            raise ValueError(
                f"shares sum to {np.asarray(sums)[bad].flat[0]:.12g}, not 1; divide by their sum, or give the rule an "
                "outside utility for those who stay away"
            )
        return observed / sums
    bad = ~(sums < 1)
    if bad.any():
        raise ValueError(
            f"shares sum to {np.asarray(sums)[bad].flat[0]:.12g}; with an outside utility somebody stays away, so that "
            "they sum to less than 1"
        )
    return observed


@dataclass(frozen=True)
class TemperatureFit:
    """A temperature from pairwise wins, with its interval.

    Attributes:
        temperature: the most likely, in units of the score; 0 if the higher score always wins, inf if it does not win
            more often.
        low: the lower end of the interval.
        high: its upper end; inf if the wins are as likely with none.
        level: of the interval.
        comparisons: how many there are.
    """

    temperature: float
    low: float
    high: float
    level: float
    comparisons: float


def fit_temperature(scores: ArrayLike, wins: ArrayLike, *, level: float = 0.95) -> TemperatureFit:
    """The temperature at which pairwise wins are most likely: `P(j over l) = 1 / (1 + exp(-(S_j - S_l) / tau))`.

    One cross-section of shares does not identify it; comparisons do. On a scale of Bradley-Terry ratings, as that of
    LMArena, it is the scale's own.

    Args:
        scores: of models, `(M,)`, or of models and user types, `(M, K)`.
        wins: `[j, l]`, how often j was preferred to l, `(M, M)`, or by user type `(K, M, M)`; >= 0, a tie half for
            each.
        level: of the likelihood-ratio interval, in (0, 1).

    Raises:
        ValueError: an entry is negative or not finite, shapes do not match, no comparison tells models of different
            scores apart, or `level` is out of range.
        TypeError: an argument is not numeric.

    Source: Bradley and Terry, Biometrika 39, 1952; the interval by Wilks's theorem.

    Example:
        >>> fit = fit_temperature([0.8, 0.6], [[0, 731], [269, 0]])
        >>> round(fit.temperature, 3), round(fit.low, 2), round(fit.high, 2)
        (0.2, 0.18, 0.23)
    """
    from scipy.optimize import brentq
    from scipy.special import expit, log_expit
    from scipy.stats import chi2

    level = checked_real("level", level, 1e-9, 1 - 1e-9)
    gap, won = _comparisons(scores, wins)
    scale = float(np.abs(gap).max())
    gap = gap / scale

    def slope(beta: float) -> float:
        return float((won * gap * expit(-beta * gap)).sum())

    def log_likelihood(beta: float) -> float:
        return float((won * log_expit(beta * gap)).sum())

    def bracketed(function: Any, start: float) -> float:
        """The root of a function that is above 0 at `start` and falls."""
        step = 1.0
        while function(start + step) > 0:
            step *= 2
        return float(brentq(function, start, start + step, xtol=1e-300, rtol=1e-14))

    separable = not (won[gap < 0] > 0).any()
    best = math.inf if separable else bracketed(slope, 0.0) if slope(0.0) > 0 else 0.0
    most = 0.0 if separable else log_likelihood(best)
    drop = float(chi2.ppf(level, 1)) / 2

    def within(beta: float) -> float:
        return drop - (most - log_likelihood(beta))

    highest = math.inf if separable else bracketed(within, best)
    if within(0.0) >= 0:
        lowest = 0.0
    elif separable:
        lowest = bracketed(lambda beta: -within(beta), 0.0)
    else:
        lowest = float(brentq(within, 0.0, best, xtol=1e-300, rtol=1e-14))
    low, middle, high = (scale / beta if beta > 0 else math.inf for beta in (highest, best, lowest))
    return TemperatureFit(middle, low, high, level, float(won.sum()))


def _comparisons(scores: ArrayLike, wins: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The score of the winner less that of the loser, and how often, of all pairs of different scores."""
    score, won = real_array("scores", scores), real_array("wins", wins)
    if score.ndim not in (1, 2) or not score.size:
        raise ValueError(f"scores have the shape {score.shape}; give one a model, or models x user types")
    shape = (len(score), len(score)) if score.ndim == 1 else (score.shape[1], len(score), len(score))
    if won.shape != shape:
        raise ValueError(f"wins have the shape {won.shape}, not {shape}: [j, l] says how often j was preferred to l")
    if not np.isfinite(score).all():
        raise ValueError(f"scores must be finite; got {score[~np.isfinite(score)].flat[0]}")
    wrong = ~(np.isfinite(won) & (won >= 0))
    if wrong.any():
        raise ValueError(f"wins must be finite and >= 0; got {won[wrong].flat[0]}")
    by_type = score.T
    gap = by_type[..., :, None] - by_type[..., None, :]
    told = (won > 0) & (gap != 0)
    if not told.any():
        raise ValueError("no wins are between models of different scores: nothing is known of the temperature")
    return gap[told], won[told]
