"""The picture of `rlhf-mechanism`: reporting one's own size is best only if one pays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .rlhf_mechanism import PAYMENTS, RlhfMechanism

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: RlhfMechanism) -> Figure:
    """What the first group gets by the size it reports, with and without payments, for three true sizes.

    Without payments the lines are one, as the true size only multiplies what a member gets.
    """
    from ..pictures import new_figure, styled

    sizes = np.arange(1, game.w_max + 1)
    true_sizes = sorted({max(1, round(share * game.w_max)) for share in (0.3, 0.5, 0.7)})
    drawn = game.draw(np.random.default_rng(0))
    with styled():
        result = new_figure(6.4, 2.8)
        for axes, payments in zip(result.subplots(1, 2), PAYMENTS, strict=True):
            told = replace(game, payments=payments, report="size")
            for size, style in zip(true_sizes, ("-", "--", ":"), strict=False):
                state = drawn._replace(w=np.concatenate([[float(size)], drawn.w[1:]]))
                truth = told.truth(state)
                utility = told.payoffs(state, (sizes - 1, *truth[1:]))[:, 0] / size
                axes.plot(sizes, utility, style, color="black", linewidth=1, label=f"true size {size}")
                axes.plot(sizes[utility.argmax()], utility.max(), "o", color="black", markersize=4)
            axes.set_title("affine payments" if payments == "affine" else "no payments")
            axes.set_xlabel("reported size (dots: the best report)")
            axes.set_ylabel("utility a member of group 0")
        result.axes[0].legend(fontsize=7)
    return result
