"""A picture of procurement: what transfer does to what is bought, and what an intermediary costs everybody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .intermediary import double_marginalisation
from .procurement import Procurement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = (("-", "black"), ("--", "black"), (":", "black"), ("-", "0.6"), ("--", "0.6"))


def figure(game: Procurement) -> Figure:
    """What is bought at mean costs as all transfers are scaled; the parts of welfare with two layers and with three."""
    scales = np.linspace(0, 2, 81)
    mean = np.full(np.shape(game.b), (game.lo + game.hi) / 2)
    bought = np.array([replace(game, T=scale * np.asarray(game.T)).quantities(mean) for scale in scales])
    with pictures.styled():
        drawn = pictures.new_figure(8.4, 3.2)
        left, right = drawn.subplots(1, 2)
        for domain, (style, shade) in zip(range(bought.shape[1]), LINES, strict=False):
            left.plot(scales, bought[:, domain], style, color=shade, label=f"domain {domain}")
        left.axvline(1, color="0.7", linewidth=0.8)
        left.set_ylim(0, None)
        left.set_xlabel("transfer between domains over that of the game")
        left.set_ylabel("bought at mean costs")
        left.set_title("Who helps others sells more")
        left.legend(frameon=False)
        below = np.zeros(3)
        parts = [double_marginalisation(1.0, layers) for layers in (1, 2, 3)]
        for name, shade in (("platform", pictures.DARK), ("intermediary", "0.55"), ("creators", "0.85")):
            heights = np.array([part[name] for part in parts])
            right.bar(range(3), heights, 0.6, below, color=shade, edgecolor="black", linewidth=0.5, label=name)
            below += heights
        right.set_xticks(range(3), ["a planner", "the platform", "an intermediary"])
        right.set_ylim(0, 0.19)
        right.set_xlabel("who buys")
        right.set_ylabel("expected welfare")
        right.set_title("Margins add up (one domain, linear costs)")
        right.legend(frameon=False)
    return drawn
