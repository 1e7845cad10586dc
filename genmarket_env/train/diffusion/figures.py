"""The figures of a run: images of every model, the measured market, F and adoption by scheme."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from genmarket_env.market import FloatArray
from genmarket_env.pictures import DARK, MID, heat, market_figure, new_figure, styled, svg

from .measure import Scores
from .pipeline import OneEntrant, Results, share_served

COLUMNS = 10
"""Images in a row of a grid."""
ROWS = 4
GAP = 1
"""Pixels between two images."""
SCALE = {8: 3}
"""How many pixels of the picture one of an image takes, by its side; 1 for larger ones."""


def grid(scores: Scores) -> str:
    """Images of one model, as the address of a PNG that holds them: `data:image/png;base64,...`."""
    from matplotlib.image import imsave

    sheet = _sheet(scores, ROWS)
    scale = SCALE.get(scores.images.shape[-1], 1)
    data = io.BytesIO()
    with styled():  # a matplotlibrc may turn images upside down
        imsave(data, sheet.repeat(scale, 0).repeat(scale, 1), cmap="gray", vmin=0, vmax=1, format="png")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


def samples_figure(results: Results) -> str:
    """Images of each model of the pool and of each scheme's first entrant, as SVG."""
    named = [(scores.model, scores) for scores in results.pool]
    named += [(f"entrant: {scheme}", results.of(scheme)[0].scores) for scheme in results.schemes()]
    across = 4
    with styled():
        figure = new_figure(11.0, 1.3 * -(-len(named) // across))
        panels = np.ravel(figure.subplots(-(-len(named) // across), across))
        for axes in panels:
            axes.set_axis_off()
        for axes, (name, scores) in zip(panels, named, strict=False):
            axes.imshow(_sheet(scores, 3), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(name)
    return svg(figure)


def _sheet(scores: Scores, rows: int) -> FloatArray:
    """So many rows of images beside each other, 0 for black to 1 for white."""
    images = scores.images[: COLUMNS * rows]
    side, rows = images.shape[-1], -(-len(images) // COLUMNS)
    sheet = np.ones((rows * (side + GAP) + GAP, COLUMNS * (side + GAP) + GAP))
    for index, image in enumerate(images):
        top, left = (GAP + place * (side + GAP) for place in divmod(index, COLUMNS))
        sheet[top : top + side, left : left + side] = (image + 1) / 2
    return sheet


def scores_figure(results: Results) -> str:
    """The score matrix of the pool and of each scheme's first entrant, as SVG."""
    market = results.market
    firsts = [results.of(scheme)[0] for scheme in results.schemes()]
    table = np.vstack([market.scores, *(entry.scores.scores for entry in firsts)])
    names = [*market.model_names, *(f"entrant: {entry.scheme}" for entry in firsts)]
    return svg(
        market_figure(table, market.masses, names, market.user_names, "Scores by model and user group (its mass)")
    )


def classes_figure(results: Results, class_names: tuple[str, ...]) -> str:
    """What each model draws: the mean class probabilities of the reward model, as SVG."""
    firsts = [results.of(scheme)[0] for scheme in results.schemes()]
    models = [*results.pool, *(entry.scores for entry in firsts)]
    with styled():
        figure = new_figure(2.8 + 0.6 * len(class_names), 1.0 + 0.24 * len(models))
        axes = figure.subplots()
        heat(axes, [model.class_shares for model in models], [model.model for model in models], class_names)
        axes.set_title("What each model draws: the share of each class in its images")
    return svg(figure)


def schemes_figure(results: Results) -> str:
    """F and the share served for each number of platforms, by scheme: means, intervals, and a point a seed; as SVG."""
    schemes = results.schemes()
    panels: list[tuple[str, Callable[[OneEntrant], float]]] = [("F", lambda entry: entry.objective)]
    for index, count in enumerate(results.platforms):
        panels.append((f"share served, N = {count}", share_served(index)))
    with styled():
        figure = new_figure(2.2 + 2.0 * len(panels), 1.0 + 0.32 * len(schemes))
        for axes, (title, value) in zip(figure.subplots(1, len(panels), sharey=True), panels, strict=True):
            for row, scheme in enumerate(schemes):
                _interval(axes, row, results, scheme, value)
            axes.set_title(title)
            axes.set_xlim(0, None if title == "F" else 1)
            axes.grid(axis="x", alpha=0.3)
        figure.axes[0].set_yticks(range(len(schemes)), schemes)
        figure.axes[0].invert_yaxis()
    return svg(figure)


def traces_figure(results: Results) -> str | None:
    """F along the training of the schemes that estimate it, as SVG; None if none was run."""
    traced = [scheme for scheme in results.schemes() if results.of(scheme)[0].trace]
    if not traced:
        return None
    with styled():
        figure = new_figure(1.0 + 2.8 * len(traced), 2.2)
        for axes, scheme in zip(np.atleast_1d(figure.subplots(1, len(traced))), traced, strict=True):
            for entry in results.of(scheme):
                progress = np.arange(len(entry.trace)) / len(entry.trace)
                axes.plot(progress, [note["objective"] for note in entry.trace], color=DARK, marker=".", linewidth=1)
            axes.set_title(f"{scheme}: F while training")
            axes.set_xlabel("share of the batches")
            axes.grid(alpha=0.3)
    return svg(figure)


def _interval(axes: Any, row: int, results: Results, scheme: str, value: Callable[[OneEntrant], float]) -> None:
    estimate = results.estimate(scheme, value)
    axes.plot([estimate.low, estimate.high], [row, row], color=DARK, linewidth=1.5)
    axes.plot([estimate.mean], [row], "|", color=DARK, markersize=11, markeredgewidth=2, clip_on=False)
    values = [value(entry) for entry in results.of(scheme)]
    axes.plot(values, [row + 0.25] * len(values), "o", color=MID, markersize=3, clip_on=False)
