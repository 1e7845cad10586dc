"""A picture of content diversity: the equilibrium beside the optimum, and the variety that competition brings about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import pictures
from .content_diversity import ContentDiversity

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: ContentDiversity) -> Figure:
    """The equilibrium beside the optimum as producers become more, and what competition does to the variety."""
    d = np.asarray(game.d)
    order = np.argsort(-d)
    sizes = np.unique(np.concatenate([np.arange(1, 11), [15, 20, 30], [game.n]]))
    with pictures.styled():
        drawn = pictures.new_figure(7.5, 3.2)
        bars, lines = drawn.subplots(1, 2)
        places = np.arange(len(d))
        for shift, p, shade, name in (
            (-0.2, game.equilibrium(), pictures.DARK, "equilibrium"),
            (0.2, game.optimum(), "0.75", "most welfare"),
        ):
            bars.bar(places + shift, p[order], 0.38, color=shade, label=name)
        bars.set_xticks(places, [f"{value:.2g}" for value in d[order]])
        bars.set_xlabel("value of a type of content")
        bars.set_ylabel("probability")
        bars.set_title(f"{game.n} producers: less varied than is best")
        bars.legend(frameon=False)
        for gamma, style in ((0.5, ":"), (1.0, "-"), (np.inf, "--")):
            games = [ContentDiversity(int(n), d, gamma, game.ranking) for n in sizes]
            top = [float(each.equilibrium().max()) for each in games]
            lines.plot(sizes, top, style, color="black", label=f"gamma = {gamma:g}")
        lines.set_ylim(0, 1.05)
        lines.set_xlabel("producers")
        lines.set_ylabel("probability of the commonest type")
        lines.set_title("More and harsher competition, more variety")
        lines.legend(frameon=False)
    return drawn
