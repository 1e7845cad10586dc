"""The picture of `summary-auction`: the exponent of the largest welfare, and what is won over equal lengths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..pictures import new_figure, styled
from ..protocol import Actions
from .summary_auction import SummaryAuction, SummaryState

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPONENTS = np.linspace(0, 4, 81)
SPREADS = np.linspace(0, 0.95, 20)
BETAS = ((1 / 2, "1/2", "-"), (1 / 3, "1/3", "--"), (1 / 4, "1/4", ":"))
"""The paper's."""


def figure(game: SummaryAuction) -> Figure:
    """The welfare over that of equal shares: left by the exponent, right by how much the values differ."""
    states = game.draw(np.random.default_rng(0), (200,))
    truth = game.truth(states)
    with styled():
        result = new_figure(6.8, 3.0)
        left, right = result.subplots(1, 2)
        for beta, name, style in BETAS:

            def gain(alpha: float, queries: SummaryState, bids: Actions, beta: float = beta) -> float:
                welfare = [
                    replace(game, beta=beta, mechanism=mechanism, alpha=alpha, pricing="none").figures(queries, bids)
                    for mechanism in ("gpa", "equal")
                ]
                return float(welfare[0]["welfare"].sum() / welfare[1]["welfare"].sum() - 1)

            best = 1 / (1 - beta)
            values = [gain(float(alpha), states, truth) for alpha in EXPONENTS]
            left.plot(EXPONENTS, values, style, color="black", linewidth=1, label=f"beta {name}")
            left.plot(best, gain(best, states, truth), "o", color="black", markersize=4)
            spread = []
            for width in SPREADS:
                values_of = game.b_max / 2 * (1 + width * np.linspace(1, -1, game.n))
                query = game.state(values_of, np.full(game.n, 0.1))
                spread.append(gain(best, query, game.truth(query)))
            right.plot(SPREADS, spread, style, color="black", linewidth=1)
        left.set_xlabel("exponent of the shares (dots: 1 / (1 - beta))")
        left.set_title(f"{len(states.v)} queries that are drawn")
        right.set_xlabel("spread of the values around their mean")
        right.set_title("equal click rates")
        for axes in (left, right):
            axes.set_ylabel("welfare over that of equal shares")
            axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:+.0f} %")
        left.legend(fontsize=7)
    return result
