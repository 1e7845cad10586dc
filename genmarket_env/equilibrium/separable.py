r"""Expected payoffs of independent mixed play under Logit, as a sum of products over platforms (derived).

With `e_j = exp(S_j / tau)`, the share of a platform with model `j` among others is a Laplace transform,

    e_j / (e_j + sum_p e_p) = integral_0^inf e_j exp(-t e_j) prod_p exp(-t e_p) dt,

so that for independent draws the expectation goes into the product, one factor a platform. In `z = log t` the
trapezoidal rule with step `h` converges exponentially: its error relative to the share is at most
`2 sum_n |Gamma(1 + 2 pi i n / h)|` for every profile, hence for every mixture: 1.8e-16 at the step used here. The
range of `z` is cut where what is left out is below 1e-16. What remains is the rounding of `S_j / tau`, about
1e-16 / tau.

An outside alternative is one more factor. A reservation value takes off the draws in which every model is below it:
the same integral over those models alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..compiled import LOGIT, RuleParameters
from ..market import FloatArray, Market
from .per_market import latest_per_market

SHARPEST_TEMPERATURE = 1e-6
"""Below it the rounding of `score / temperature` shows in the tenth digit, of scores up to 1."""

_STEP = 0.25
_LEFT, _RIGHT = 37.0, 3.75  # exp(-37) and exp(-exp(3.75)) are below 1e-16
_LARGEST_EXPONENT = 700.0
_BLOCK = 2**22


@dataclass(frozen=True)
class Expansion:
    """Payoffs `U_i(j) = sum_r gain[r, j] * prod_{p != i} factor[r, f_p]`, with both arrays `(rows, models)`."""

    gain: FloatArray
    factor: FloatArray

    def deviation_payoffs(self, policies: FloatArray) -> FloatArray:
        """Expected payoffs of each platform from each model, for policies `(batch, N, M)`: the same shape."""
        batch = max(1, _BLOCK // max(1, policies.shape[1] * len(self.gain)))
        out = np.empty_like(policies)
        for start in range(0, len(policies), batch):
            expected = policies[start : start + batch] @ self.factor.T
            out[start : start + batch] = products_of_others(expected, axis=1) @ self.gain
        return out

    def symmetric_jacobian(self, mixture: FloatArray, platforms: int) -> FloatArray:
        """`[j, l]`: the derivative of what model `j` earns, when all others play `mixture`, by `mixture[l]`."""
        others = (platforms - 1) * (self.factor @ mixture) ** (platforms - 2)
        return (self.gain * others[:, None]).T @ self.factor


def products_of_others(factors: FloatArray, axis: int) -> FloatArray:
    """For each element along `axis` the product of the others: without a division, as factors can be 0."""
    factors = np.moveaxis(factors, axis, 0)
    out = np.ones_like(factors)
    np.cumprod(factors[:-1], axis=0, out=out[1:])
    after = np.cumprod(factors[:0:-1], axis=0)[::-1]
    out[:-1] *= after
    return np.moveaxis(out, 0, axis)


def is_separable(market: Market, rule: RuleParameters) -> bool:
    """Whether the expansions of a market under this rule are exact to about ten digits."""
    largest = max(1.0, float(np.abs(market.scores).max()))
    return rule.kind == LOGIT and rule.scale >= SHARPEST_TEMPERATURE * largest


def logit_expansions(market: Market, rule: RuleParameters) -> Iterator[Expansion]:
    """The payoffs of one market under a Logit rule as a sum of expansions, one a block of user types."""
    # No model needs more nodes than its own window, no type more than the range of its scores spans.
    window = (_LEFT + _RIGHT) / _STEP
    spread = float(np.ptp(market.scores, axis=0).max()) / rule.scale / _STEP
    nodes = window + min(spread, window * market.num_models)
    users = max(1, int(_BLOCK / (nodes * market.num_models)))
    if users >= market.num_users:
        yield _whole_expansion(market, rule)
        return
    for start in range(0, market.num_users, users):
        yield _expansion(market, rule, range(start, min(start + users, market.num_users)))


@latest_per_market
def _whole_expansion(market: Market, rule: RuleParameters) -> Expansion:
    return _expansion(market, rule, range(market.num_users))


def _expansion(market: Market, rule: RuleParameters, users: range) -> Expansion:
    rows = [_rows(market.scores[:, k], market.weighted_scores[:, k], rule, rule.reservation[k]) for k in users]
    return Expansion(np.concatenate([gain for gain, _ in rows]), np.concatenate([factor for _, factor in rows]))


def _rows(
    scores: FloatArray, weighted: FloatArray, rule: RuleParameters, reservation: float
) -> tuple[FloatArray, FloatArray]:
    """The gains and factors of one user type, `(nodes, models)` each."""
    best = scores.max()
    offsets = (best - scores) / rule.scale
    windows = np.ceil((offsets - _LEFT) / _STEP)[:, None] + np.arange((_LEFT + _RIGHT) / _STEP)
    log_t = _STEP * np.unique(windows)[:, None]
    rates = np.exp(np.minimum(log_t - offsets, _LARGEST_EXPONENT))
    factor = np.exp(-rates)
    gain = _STEP * weighted * rates * factor
    if rule.outside > -np.inf:
        gain *= np.exp(-np.exp(np.minimum(log_t - (best - rule.outside) / rule.scale, _LARGEST_EXPONENT)))
    below = scores < reservation
    if below.any():
        return np.concatenate([gain, -gain * below]), np.concatenate([factor, factor * below])
    return gain, factor
