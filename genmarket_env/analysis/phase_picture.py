"""The picture of a phase diagram. matplotlib is imported by the function that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..pictures import new_figure, styled
from .phase_diagram import PhaseDiagram, PhasePoint
from .structure_probabilities import MarketStructure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_LEAST_WIDTH = 4.5
"""In inches: what the title of the horizontal axis takes."""


class _Mark(NamedTuple):
    """How a structure is drawn: lightness and hatching tell them apart without colour, the letter in any print."""

    letter: str
    shade: str
    hatch: str
    text: str
    label: str


_MARKS: dict[MarketStructure, _Mark] = {
    "homogeneous": _Mark("H", "0.35", "", "white", "homogeneous"),
    "partially_differentiated": _Mark("P", "0.65", "", "black", "partially differentiated"),
    "fully_differentiated": _Mark("F", "0.88", "", "black", "fully differentiated"),
    "several": _Mark("S", "0.88", "xx", "black", "pure equilibria of several structures"),
    "none": _Mark("N", "1.0", "////", "black", "no pure equilibrium (mixed play)"),
}

LETTERS = {structure: mark.letter for structure, mark in _MARKS.items()}
"""The letter of each structure, in pictures and tables."""


def phase_figure(diagram: PhaseDiagram) -> Figure:
    """A phase diagram as a figure: a panel for each weighting, a cell for each temperature and number of platforms.

    A cell shows the structure of the pure equilibria by shade, hatching and letter, and below it the welfare and the
    HHI of the models. Those that do not occur are left out of the legend.

    Raises:
        ImportError: matplotlib is not installed.
    """
    rows, columns, panels = len(diagram.platforms), len(diagram.temperatures), len(diagram.weightings)
    width = max(_LEAST_WIDTH, 1.2 + 0.62 * panels * max(columns, 4))
    legend_columns = 1 if width < 2 * _LEAST_WIDTH else 2
    with styled():
        handles = _handles(diagram)
        figure = new_figure(width, 1.2 + 0.55 * rows + 0.2 * len(handles) / legend_columns)
        every = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
        for axes, weighting in zip(every, diagram.weightings, strict=True):
            _draw_panel(axes, diagram, weighting)
        every[0].set_ylabel("number of platforms")
        figure.supxlabel("temperature of user choice (units of the score; 0: HardMax)", fontsize=9)
        figure.legend(handles=handles, loc="outside upper center", ncols=legend_columns, frameon=False, fontsize=8)
    return figure


def _draw_panel(axes: Any, diagram: PhaseDiagram, weighting: str) -> None:
    for row, points in enumerate(diagram.of_weighting(weighting)):
        for column, point in enumerate(points):
            _draw_cell(axes, row, column, point)
    axes.set_xlim(-0.5, len(diagram.temperatures) - 0.5)
    axes.set_ylim(-0.5, len(diagram.platforms) - 0.5)
    axes.set_xticks(range(len(diagram.temperatures)), [f"{value:g}" for value in diagram.temperatures], fontsize=8)
    axes.set_yticks(range(len(diagram.platforms)), [str(count) for count in diagram.platforms])
    axes.set_title(f"users weighted by: {weighting}")


def _draw_cell(axes: Any, row: int, column: int, point: PhasePoint) -> None:
    from matplotlib.patches import Rectangle

    mark = _MARKS[point.structure]
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=mark.shade, hatch=mark.hatch, edgecolor="0.7", linewidth=0)
    )
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="white", linewidth=1.5))
    box = {"facecolor": mark.shade, "edgecolor": "none", "pad": 1.0} if mark.hatch else None
    text = f"{mark.letter}\n{point.welfare:.3f}\n{point.model_hhi:.2f}"
    axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=mark.text, bbox=box, linespacing=1.05)


def _handles(diagram: PhaseDiagram) -> list[Any]:
    from matplotlib.patches import Patch

    occurring = {point.structure for point in diagram.points}
    found = [
        Patch(facecolor=mark.shade, hatch=mark.hatch, edgecolor="0.5", label=f"{mark.letter}: {mark.label}")
        for structure, mark in _MARKS.items()
        if structure in occurring
    ]
    return [*found, Patch(alpha=0, label="below: welfare (units of the score), HHI of models")]
