"""A segment with several ads: one set of ads is drawn by perturbed scores, and sold only where clicks rise with bids.

Source: Hajiaghayi, Lahaie, Rezaei and Shin, "Ad Auctions for LLMs via Retrieval Augmented Generation" (NeurIPS 2024,
arXiv 2406.09459), segments with several ads. Where the click rate of an ad hangs on the others in its set, a higher bid
can move the choice to a set in which the ad is clicked less: derived, and why each sale is checked.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import real_array
from ..market import FloatArray
from ..tolerances import EQUAL
from .checks import check_choice, shaped


class SetSale(NamedTuple):
    """What a segment of several ads yields.

    Attributes:
        winner: the index of the set.
        clicks: the probability of a click on each ad, `(n,)`.
        payments: what each is expected to pay, `(n,)`.
    """

    winner: int
    clicks: FloatArray
    payments: FloatArray


def sell_set(
    bids: ArrayLike, rates: ArrayLike, noise: ArrayLike, pricing: Literal["myerson", "clarke"] = "myerson"
) -> SetSale:
    """Choose the set of ads with the largest `exp(g_A) sum_i q_i(A) b_i`, and price its ads.

    Args:
        bids: for a click, `(n,)`, >= 0.
        rates: the click rate `q_i(A)` of each ad in each set, `(S, n)`, in [0, 1], 0 for who is not in it.
        noise: the perturbations g, `(S,)`.
        pricing: "myerson": `b x(b) - integral_0^b x(z) dz`, x being the click rate by the own bid, a step function
            that is found exactly; truth is dominant. "clarke": what the others lose in perturbed scores, over
            `exp(g_A)`: a foil.

    Raises:
        ValueError: by "myerson" a click rate falls where its bid rises, so that no price makes truth dominant; a number
            is out of range, or the shapes do not fit.

    Example:
        >>> sale = sell_set([4, 3, 2], [[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]], [0, 0, 0])
        >>> sale.clicks, sale.payments
        (array([0.5, 0.5, 0. ]), array([1., 1., 0.]))
        >>> sell_set([8, 3], [[0.5, 0.9], [0.3, 0]], np.log([1, 3]))
        Traceback (most recent call last):
        ValueError: the click rate of ad 0 falls from 0.5 to 0.3 where its bid rises past 6.75: no price would do
    """
    check_choice("pricing", pricing, ("myerson", "clarke"))
    table = real_array("rates", rates)
    if table.ndim != 2 or 0 in table.shape or not ((table >= 0) & (table <= 1)).all():
        raise ValueError("rates must be click rates in [0, 1] of each ad in each set, (S, n)")
    offers, g = shaped("bids", bids, (table.shape[1],)), shaped("noise", noise, (table.shape[0],))
    if offers.ndim != 1 or not ((offers >= 0) & np.isfinite(offers)).all():
        raise ValueError("bids must be finite numbers >= 0, (n,)")
    if g.ndim != 1 or not np.isfinite(g).all():
        raise ValueError("noise must be finite numbers, (S,)")
    factor = np.exp(g - g.max())
    scores = factor * (table @ offers)
    winner = int(scores.argmax())
    paid = np.zeros(len(offers))
    for ad in np.flatnonzero(table[winner] * offers):
        rest = factor * (np.delete(table, ad, axis=1) @ np.delete(offers, ad))
        if pricing == "clarke":
            paid[ad] = (rest.max() - rest[winner]) / factor[winner]
            continue
        ends, clicks = _click_curve(rest, factor * table[:, ad], table[:, ad], offers[ad])
        fall = np.flatnonzero(np.diff(clicks) < -EQUAL)
        if len(fall):
            at = int(fall[0])
            raise ValueError(
                f"the click rate of ad {ad} falls from {clicks[at]:g} to {clicks[at + 1]:g} where its bid rises past "
                f"{ends[at]:g}: no price would do"
            )
        paid[ad] = offers[ad] * clicks[-1] - clicks @ np.diff(ends, prepend=0.0)
    return SetSale(winner, table[winner], paid)


def _click_curve(rest: FloatArray, slopes: FloatArray, rates: FloatArray, bid: float) -> tuple[FloatArray, FloatArray]:
    """The upper ends of the pieces of [0, bid] on which one line `rest + slopes z` is the highest, and its rate."""
    rise = slopes[:, None] - slopes
    with np.errstate(divide="ignore", invalid="ignore"):
        meet = (rest - rest[:, None]) / rise
    ends = np.unique(np.append(meet[(meet > 0) & (meet < bid)], bid))
    middles = (ends + np.append(0.0, ends[:-1])) / 2
    best = (rest + slopes * middles[:, None]).argmax(axis=1)
    return ends, rates[best]
