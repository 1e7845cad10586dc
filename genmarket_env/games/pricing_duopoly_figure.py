"""A picture of the pricing duopoly: the saw-tooth, what is left to the first mover, and where it is left anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pictures
from .pricing_duopoly import REGIONS, PricingDuopoly, region

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(game: PricingDuopoly) -> Figure:
    """The saw-tooth of the latecomer's revenue, what is left to the first mover, and the regions of two tasks."""
    with pictures.styled():
        drawn = pictures.new_figure(9.6, 3.4)
        saw_tooth, left, regions = drawn.subplots(1, 3)
        _draw_saw_tooth(saw_tooth, game)
        _draw_what_is_left(left, game)
        _draw_regions(regions, game)
    return drawn


def _draw_saw_tooth(axes: Any, game: PricingDuopoly) -> None:
    for factor, style, shade in ((0.5, ":", "0.45"), (1, "-", "black"), (1.5, "--", "0.3")):
        q = min(factor * game._leader, game._high)
        jumps = game._kappa * q
        teeth = np.concatenate([np.linspace(0, jumps[0], 400), jumps, jumps * (1 + 1e-9)])
        p = np.sort(teeth[teeth <= game._high])[:, None]
        axes.plot(p, game.payoffs(None, (np.array([q]), p))[:, 1], style, color=shade, label=f"q = {q:.3g}")
        reply = game.follower(None, (np.array([q]), None))
        axes.plot(reply, game.payoffs(None, (np.array([q]), reply))[1], "o", color=shade, markersize=5)
    axes.set(xlabel="latecomer's price p", ylabel="latecomer's revenue", ylim=(0, 1.5 * axes.dataLim.y1))
    axes.set_title("a task is lost at each kappa_t q\n(dot: the best reply)", loc="left")
    axes.legend(edgecolor="none", borderpad=0, title="first mover's price", loc="upper right")


def _draw_what_is_left(axes: Any, game: PricingDuopoly) -> None:
    best = game._leader
    q = np.unique(np.concatenate([np.linspace(0, min(2.5 * best, game._high), 500), [best, best * (1 + 1e-6)]]))[
        :, None
    ]
    revenues = game.payoffs(None, (q, game.follower(None, (q, None))))
    axes.plot(q, revenues[:, 1], "--", color="0.45", label="latecomer")
    axes.plot(q, revenues[:, 0], "-", color="black", label="first mover")
    top = game.payoffs(None, (np.array([best]), game.follower(None, (np.array([best]), None))))[0]
    axes.plot(best, top, "o", color="black", markersize=5)
    axes.annotate(f"q = {best:.3g}", (best, top), (4, 6), textcoords="offset points")
    axes.set(
        xlabel="first mover's price q", ylabel="revenue at the best reply", ylim=(0, None), xlim=(0, 1.2 * q.max())
    )
    axes.set_title("the first mover earns while the latecomer\nprefers a high price on fewer tasks", loc="left")
    axes.legend(frameon=False)


def _draw_regions(axes: Any, game: PricingDuopoly) -> None:
    ticks = (np.arange(400) + 0.5) / 400
    rho, r = np.meshgrid(ticks, ticks)
    axes.imshow(-region(rho, r), cmap="Greys", vmin=-2.2, vmax=2.5, origin="lower", extent=(0, 1, 0, 1), aspect="auto")
    for name, at, colour in zip(
        REGIONS, ((0.3, 0.72), (0.67, 0.5), (0.72, 0.12)), ("white", "black", "black"), strict=True
    ):
        axes.text(*at, name, ha="center", va="center", color=colour)
    of_two = len(game._a) == 2
    if of_two:
        axes.plot(
            game._a[0] / game._a.sum(), game._kappa[1] / game._kappa[0], "o", color="black", markerfacecolor="white"
        )
    axes.set(xlabel="first task's share of the demand", ylabel="kappa_2 / kappa_1", xlim=(0, 1), ylim=(0, 1))
    ring = " (ring: this game)" if of_two else ""
    axes.set_title(f"two tasks: what the latecomer leaves\nto the first mover{ring}", loc="left")
