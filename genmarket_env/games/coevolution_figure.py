"""The picture of coevolution: what becomes of models and tastes at each share of curated data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .coevolution import Coevolution

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: Coevolution) -> Figure:
    """The variety of the models over the rounds, and what users get, where all choose the same share."""
    etas = np.asarray(game.etas)
    order = np.argsort(etas, kind="stable")
    alike = (np.arange(len(etas)),) * game.N
    models, _ = game.path(alike)
    variety = (1 - (models**2).sum(axis=-1)).mean(axis=-1)
    first = 1 - (np.asarray(game.p_ref) ** 2).sum()
    figures = game.figures(None, alike)
    with pictures.styled():
        drawn = pictures.new_figure(8.4, 3.2)
        left, right = drawn.subplots(1, 2)
        shades = np.linspace(0.7, 0.0, len(etas))
        styles = ("-", "--", ":", "-.", (0, (5, 1)))
        for place, a in enumerate(order):
            path = np.append(first, variety[:, a])
            style = styles[(len(etas) - 1 - place) % len(styles)]
            left.plot(path, linestyle=style, color=str(shades[place]), label=f"{etas[a]:g}")
        left.set_xlabel("round")
        left.set_ylabel("variety of the models, 1 - sum of p²")
        left.set_ylim(0, 1)
        left.set_title("How varied the models stay")
        left.legend(frameon=False, title="share of curated data", ncols=3, loc="upper right", fontsize=8)
        right.plot(etas[order], figures["welfare"][order], "o-", color="black", label="by the tastes they come to have")
        by_first = figures["by_first_tastes"][order]
        right.plot(etas[order], by_first, "s--", color=pictures.MID, label="by the tastes they began with")
        right.set_xlabel("share of curated data, the same of all providers")
        right.set_ylabel("users' mean score")
        right.set_title("What users get, and would have got")
        right.legend(frameon=False, loc="upper left")
    return drawn
