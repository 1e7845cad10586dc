"""The picture of `llm-ads`: what weighing users' satisfaction does, and which prices make a true bid the best."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..pictures import new_figure, styled
from .llm_ads import PRICINGS, LlmAds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUERIES = 500
WEIGHTS = np.linspace(0, 2, 41)
STYLES = ("-", "--", ":")


def figure(game: LlmAds) -> Figure:
    """Left revenue and satisfaction by lam; right the mean payoff by the share of the value that is bid."""
    states = game.draw(np.random.default_rng(0), (QUERIES,))
    truth = game.truth(states)
    with styled():
        result = new_figure(6.8, 3.0)
        left, right = result.subplots(1, 2)
        rows = [replace(game, lam=float(lam), pricing="vcg").figures(states, truth) for lam in WEIGHTS]
        for name, style in (("revenue", "-"), ("satisfaction", "--")):
            means = np.array([row[name].mean() for row in rows])
            left.plot(WEIGHTS, means / max(means.max(), 1e-12), style, color="black", linewidth=1, label=name)
        left.set_xlabel("lam, the worth of satisfaction")
        left.set_ylabel("share of the largest mean")
        left.set_title(f"{QUERIES} queries, true bids")
        left.legend(fontsize=7)
        shares = np.linspace(0, 1.5, 61)
        for pricing, style in zip(PRICINGS, STYLES, strict=True):
            auction = replace(game, pricing=pricing, k=max(2, game.k))
            bids = np.minimum(shares[:, None, None] * truth[0], game.b_max)
            payoff = auction.payoffs(states, (bids, *truth[1:]))[..., 0].mean(axis=1)
            right.plot(shares, payoff, style, color="black", linewidth=1, label=pricing)
            right.plot(shares[payoff.argmax()], payoff.max(), "o", color="black", markersize=4)
        right.axvline(1, color="0.8", linewidth=0.8, zorder=0)
        right.set_xlabel("bid over the value (dots: the best)")
        right.set_ylabel("mean payoff of advertiser_0")
        right.set_title(f"{max(2, game.k)} segments, the others bid truly")
        right.legend(fontsize=7)
    return result
