"""How the report draws: each figure a picture, in the common style."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import pictures
from .contents import Picture


def picture(
    name: str,
    caption: str,
    size: tuple[float, float],
    grid: tuple[int, int],
    draw: Callable[[Any], None],
    **shared: Any,
) -> Picture:
    """A picture whose panels `draw` fills in.

    Args:
        name: of the file.
        caption: what is to be seen.
        size: width and height in inches.
        grid: the rows and columns of panels.
        draw: takes the panels, an array `(rows, columns)` of axes.
        shared: what else `Figure.subplots` takes, such as `sharey`.
    """
    with pictures.styled():
        figure = pictures.new_figure(*size)
        draw(figure.subplots(*grid, squeeze=False, **shared))
    return Picture(name, caption, pictures.svg(figure))


def grid_lines(axes: Any) -> None:
    """Light lines behind the data."""
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
