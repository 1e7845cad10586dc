"""The picture of `segment-auction`: the published tables beside exact values, and what a bid earns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..pictures import new_figure, styled
from .segment_auction import SegmentAuction, measured
from .segment_auction_tables import TABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = ("welfare", "prices", "relevance")


def figure(game: SegmentAuction) -> Figure:
    """The measures as shares of the most there could be, and the payoff of the first advertiser by its bid."""
    exact = np.stack([measured(row) for row in TABLES])
    places = np.arange(len(TABLES))[::-1]
    with styled():
        result = new_figure(10.0, 3.2)
        *tables, payoff = result.subplots(1, 4, width_ratios=(1, 1, 1, 1.2))
        for place, (axes, name) in enumerate(zip(tables, MEASURES, strict=True)):
            published = [row.published[place] for row in TABLES]
            errors = [2 * row.errors[place] for row in TABLES]
            axes.errorbar(
                published, places, xerr=errors, fmt="o", color="0.55", markersize=4, label="500 runs, 2 errors"
            )
            axes.plot(exact[:, place], places, "|", color="black", markersize=9, label="exact")
            axes.set_xlabel("share of the most")
            axes.set_title(name)
            axes.set_yticks(
                places, [f"{row.scenario} {row.name}" for row in TABLES] if place == 0 else [""] * len(TABLES)
            )
        tables[2].legend(fontsize=7, loc="center right")
        value = game.b_max / 2
        bids = np.linspace(0, game.b_max, 201)
        for replacement, style in ((True, "-"), (False, "--")):
            auction = SegmentAuction(game.relevance[:4], 3, replacement, game.selection, game.b_max)
            others = tuple(np.full(1, value) for _ in range(auction.n - 1))
            state = auction.state(np.full(auction.n, value))
            utility = auction.payoffs(state, (bids[:, None], *others))[:, 0]
            payoff.plot(bids, utility, style, color="black", linewidth=1, label="with" if replacement else "without")
            payoff.plot(bids[utility.argmax()], utility.max(), "o", color="black", markersize=4)
        payoff.axvline(value, color="0.8", linewidth=0.8, zorder=0)
        payoff.set_xlabel("bid (dots: the best; line: the value)")
        payoff.set_ylabel("payoff of advertiser_0")
        payoff.set_title("with and without replacement")
        payoff.legend(fontsize=7)
    return result
