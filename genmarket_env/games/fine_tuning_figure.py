"""A picture of the fine-tuning game: the shares that bargains lead to, and what the generalist's investment brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from ..exact import unfold
from .bargains import BARGAINS
from .fine_tuning import FineTuning

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = ("o", "s", "^", "D", "v")


def figure(game: FineTuning) -> Figure:
    """Both payoffs over the share, or each specialist's over alpha0; and the generalist's payoff over alpha0."""
    with pictures.styled():
        drawn = pictures.new_figure(8.4, 3.4)
        left, right = drawn.subplots(1, 2)
        play = game.reference(None).play or ()
        alpha0 = float(unfold(game, None, play)[int(game.mediator)][0])
        invested = np.linspace(0, max(2.2 * alpha0, 0.5), 1501)[:, None]
        payoffs = game.payoffs(None, unfold(game, None, play, {int(game.mediator): invested}))[:, int(game.mediator) :]
        if payoffs.shape[1] == 2:
            _draw_bargains(left, game)
        else:
            for i, style in zip(range(1, payoffs.shape[1]), ("-", "--", ":", "-."), strict=False):
                left.plot(invested, payoffs[:, i], style, color="black", label=f"specialist {i - 1}")
            left.set_xlabel("the generalist's investment")
            left.set_ylabel("payoff of a specialist")
            left.set_title("Who joins, from which investment on")
            left.legend(frameon=False)
        right.plot(invested, payoffs[:, 0], color="black")
        right.plot(alpha0, payoffs[:, 0].max(), "o", color=pictures.DARK)
        right.set_xlabel("the generalist's investment")
        right.set_ylabel("payoff of the generalist")
        right.set_title("Its best investment, specialists answering")
    return drawn


def _draw_bargains(axes: object, game: FineTuning) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    shares = np.linspace(0, 1, 401)
    generalist, specialist = game.utilities(shares)
    axes.plot(generalist, specialist, color="0.6", linewidth=1)
    low, high = game.pareto_interval()
    inside = (shares >= low) & (shares <= high)
    axes.plot(generalist[inside], specialist[inside], color="black", linewidth=2, label="Pareto set")
    for name, mark in zip(BARGAINS, MARKS, strict=True):
        share = game.share(name)
        at = game.utilities(share)
        axes.plot(*at, mark, color=pictures.DARK, markerfacecolor="white", label=f"{name}: {share:.2f}")
    axes.set_xlabel("payoff of the generalist")
    axes.set_ylabel("payoff of the specialist")
    axes.set_title("Bargains, with the generalist's share")
    axes.legend(frameon=False, fontsize=7)
