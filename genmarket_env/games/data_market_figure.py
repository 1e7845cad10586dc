"""A picture of the data market: the user's payoff falls to 0 and jumps, and data grows cheaper with competition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .data_market import DataMarket

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: DataMarket) -> Figure:
    """Payoffs over the noise of all, as a part of the boundary's; the price of data by the number of platforms."""
    boundary = game.boundary(len(np.asarray(game.c)))
    boundary = np.where(np.isinf(boundary), game.s_max, boundary)
    shares = np.unique(np.append(np.linspace(0, 2, 401), 1.0))
    payoffs = game.reduced(np.minimum(shares[:, None] * boundary, game.s_max))
    count, jump = len(boundary), int(np.searchsorted(shares, 1.0))
    # No line across the jump.
    shares, payoffs = np.insert(shares, jump, 1.0), np.insert(payoffs, jump, np.nan, axis=0)
    with pictures.styled():
        drawn = pictures.new_figure(8.4, 3.2)
        left, right = drawn.subplots(1, 2)
        for column, name, style, shade in (
            (0, "platform 0", "-", "black"),
            (count, "user", "--", "black"),
            (2 * count + 1, "buyer", ":", "black"),
        ):
            left.plot(shares, payoffs[:, column], style, color=shade, label=name)
        left.axvline(1, color="0.7", linewidth=0.8)
        left.set_xlabel("noise over that at which the user just joins all")
        left.set_ylabel("payoff")
        left.set_title("Less noise, and the user leaves somebody")
        left.legend(frameon=False)
        platforms = np.arange(1, 7)
        for alpha, mark in ((5.0, "o-"), (10.0, "s--")):
            prices = game.beta * (platforms / (2 * alpha) - (platforms - 1) / (2 * alpha - 1))
            right.plot(platforms, prices, mark, color="black", markerfacecolor="white", label=f"alpha = {alpha:g}")
        right.set_xlabel("platforms")
        right.set_ylabel("price of the data of each")
        right.set_ylim(0, None)
        right.set_title("Competition lowers the price of data")
        right.legend(frameon=False)
    return drawn
