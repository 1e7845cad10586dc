"""A picture of the statistical contracts: what they pay for each score, and how the payoff jumps at the best."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from ..exact import unfold
from .contract_design import OBJECTIVES
from .statistical_contract import StatisticalContract

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: StatisticalContract) -> Figure:
    """The contracts of the least pay and of the least budget, free and monotone; the payoff over a scaled contract."""
    scores = np.arange(1, np.shape(game.F)[1] + 1)
    best = np.shape(game.F)[0] - 1
    with pictures.styled():
        drawn = pictures.new_figure(9.6, 3.2)
        *bars, line = drawn.subplots(1, 3)
        for axes, objective, title in zip(bars, OBJECTIVES, ("least pay", "least budget"), strict=False):
            for shift, monotone, shade in ((-0.2, False, "0.7"), (0.2, True, pictures.DARK)):
                asked = replace(
                    game, objective=objective, monotone=monotone, form="scores", values=None, penalty=None, B_max=None
                )
                cost, contract = asked.least_cost(best)
                name = "monotone" if monotone else "free"
                if np.isfinite(cost):
                    axes.bar(scores + shift, contract, 0.38, color=shade, label=f"{name}: costs {cost:.3g}")
            axes.set_xticks(scores)
            axes.set_xlabel("score")
            axes.set_ylabel("payment")
            axes.set_title(title)
            axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
            axes.legend(frameon=False, loc="upper left")
        posted = np.asarray(unfold(game, None, game.reference(None).play or ())[0])
        shares = np.unique(np.append(np.linspace(0, 1.6, 401), 1.0))
        scaled = shares[:, None] * posted
        if game.form == "threshold":
            scaled[:, 0] = posted[0]
        line.plot(shares, game.payoffs(None, (scaled, game.agent(None, (scaled, None))))[:, 0], color="black")
        line.axvline(1.0, color="0.7", linewidth=0.8)
        line.set_xlabel("payments over those of the best contract")
        line.set_ylabel("the principal's payoff")
        line.set_title("Paid less, the agent runs another model")
    return drawn
