"""Regrets on terms of their own by the twin of deviation payoffs, where every platform has an owner of its own."""

from __future__ import annotations

import math

import numpy as np

from ..compiled import RuleParameters
from ..market import FloatArray
from .state import read_only
from .terms import Offer, Terms

BLOCK_ENTRIES = 1 << 20
"""About how many numbers the pools of the markets have that are computed at a time."""


def regrets_by_twin(
    terms: Terms,
    scores: FloatArray,
    masses: FloatArray,
    offer: Offer,
    rule: RuleParameters,
    batch: tuple[int, ...],
) -> FloatArray:
    """What each platform would gain, `(*batch, platforms)`, where users choose anew by a rule that the twins know.

    To the twin everything that a platform may offer, and what each platform does offer, are models of one pool.

    Args:
        terms: of the round.
        scores: on offer, `(*batch, models, users)`, of as many markets as there are offers or of one for all.
        masses: `(*batch, users)`, likewise.
        offer: of all platforms.
        rule: of user choice.
        batch: of the markets.
    """
    from ..compiled.deviation import deviations_of_batch

    platforms, users = terms.num_platforms, terms.num_users
    several = range(1 if terms.offers_alike else platforms)
    tried = [terms.tried(scores, i, terms.legal_actions[i]) for i in several]
    ends = np.cumsum([utilities.shape[-2] for utilities, _ in tried]).tolist()
    places = list(zip([0, *ends], ends, strict=False)) * (platforms // len(tried))
    pool = ends[-1] + platforms
    utilities, worths = (
        [_in_a_row(part) for part in (*parts, deployed)]
        for parts, deployed in zip(zip(*tried, strict=True), (offer.utilities, offer.worths), strict=True)
    )
    weights, count = masses.reshape(-1, users, 1), math.prod(batch)
    regrets = np.empty((count, platforms))
    size = max(1, BLOCK_ENTRIES // (pool * max(users, platforms)))
    for start in range(0, count, size):
        block = slice(start, min(start + size, count))
        markets = np.arange(block.stop - start)
        by_user, earnings = np.empty((2, len(markets), users, pool))
        for into, parts in ((by_user, utilities), (earnings, worths)):
            for at, part in zip([0, *ends], parts, strict=True):
                into[..., at : at + part.shape[-1]] = _of(part, block)
        earnings *= _of(weights, block)
        profiles = np.empty((len(markets), platforms), np.int64)
        profiles[:] = range(ends[-1], pool)
        out = np.empty((len(markets), platforms, pool))
        deviations_of_batch(read_only(by_user), read_only(earnings), markets, profiles, 0, len(markets), *rule, out)
        for i, (begin, end) in enumerate(places):
            # What it gets with what it offers is of the same sums: where nobody gains the regret is exactly 0.
            regrets[block, i] = np.maximum(out[:, i, begin:end].max(axis=-1) - out[:, i, ends[-1] + i], 0.0)
    return regrets.reshape(*batch, platforms)


def _in_a_row(offers: FloatArray) -> FloatArray:
    """Of a batch `(*batch, offers, users)` in a row, `(count, users, offers)`."""
    return offers.reshape(-1, *offers.shape[-2:]).swapaxes(-1, -2)


def _of(values: FloatArray, block: slice) -> FloatArray:
    """Those of a block of markets; one for all stays as it is."""
    return values if len(values) == 1 else values[block]
