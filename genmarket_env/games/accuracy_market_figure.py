"""A picture of the market for accuracy: who is right about whom in equilibrium, and what it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pictures
from ..market import IntArray
from .accuracy_market import AccuracyMarket

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_EQUILIBRIA, MOST_USERS = 12, 40
"""The most that a picture shows."""


def figure(game: AccuracyMarket) -> Figure:
    """Who is right about whom in the equilibria, and where all deploy the most accurate classifier; and the shares."""
    accuracy = game.correct @ game.weights
    try:
        stable = game.equilibria()
    except ValueError:
        play = game.reference(None).play
        assert play is not None
        stable = np.array([play], dtype=int)
    rows = np.concatenate([np.full((1, game.n), int(accuracy.argmax())), stable[:MOST_EQUILIBRIA]])
    names = [f"{what} {', '.join(map(str, row))}" for what, row in zip(_titles(len(rows)), rows.tolist(), strict=True)]
    users = pictures.largest(game.weights, MOST_USERS)
    with pictures.styled():
        drawn = pictures.new_figure(9.6, 1.5 + 0.3 * len(rows))
        served, shares = drawn.subplots(1, 2, width_ratios=(3, 2), sharey=True)
        right = game.correct[rows][:, :, users]
        served.imshow(right.sum(axis=1) / game.n, cmap="Greys", vmin=0, vmax=2.2, aspect="auto")
        if game.n <= 3 and len(users) <= 20:
            for row, user in np.ndindex(len(rows), len(users)):
                served.text(
                    user, row, " ".join(map(str, np.flatnonzero(right[row, :, user]))), ha="center", va="center"
                )
        served.set_yticks(range(len(rows)), names)
        if len(users) < len(game.weights):
            served.set_xticks([])
            served.set_xlabel(f"the {len(users)} users of the largest weights, of {len(game.weights):,}")
        else:
            served.set_xlabel("user")
        more = f" (the first {MOST_EQUILIBRIA} of {len(stable):,} equilibria)" if len(stable) > MOST_EQUILIBRIA else ""
        served.set_title(f"which providers are right about a user{more}", loc="left")
        _draw_shares(shares, game, rows)
    return drawn


def _titles(rows: int) -> list[str]:
    return ["all the most accurate:", *["equilibrium:"] * (rows - 1)]


def _draw_shares(axes: Any, game: AccuracyMarket, rows: IntArray) -> None:
    shares = game.payoffs(None, tuple(rows.T))
    start = np.zeros(len(rows))
    for player, share in enumerate(shares.T):
        shade = str(0.55 + 0.3 * (player % 2))
        axes.barh(range(len(rows)), share, left=start, height=0.6, color=shade, edgecolor="white")
        if game.n <= 4:
            for row, (at, width) in enumerate(zip(start, share, strict=True)):
                axes.text(at + width / 2, row, f"{width:.2f}", ha="center", va="center", fontsize=7)
        start = start + share
    welfare = game.figures(None, tuple(rows.T))["welfare"]
    axes.plot(welfare, range(len(rows)), "|", color="black", markersize=13, markeredgewidth=2)
    axes.set(xlabel="market shares, in turn; mark: welfare", xlim=(0, 1))
    axes.set_title("what they get, and users served", loc="left")
