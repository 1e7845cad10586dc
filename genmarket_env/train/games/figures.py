"""The figures of a comparison on a game: curves over time, one panel a learner. Readable in greyscale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genmarket_env import pictures
from genmarket_env.pictures import DARK, MID, new_figure, styled

from .summary import GameComparison, GameRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 5


def distance_figure(comparison: GameComparison) -> Figure:
    """The distance from equilibrium over time, and that of the policies averaged over time where there is one."""
    curves = [("nash_conv", "-", DARK, "current policies"), ("nash_conv_average", "--", MID, "average over time")]
    return _panels(comparison, curves, comparison.theory.distance, {}, from_zero=True)


def welfare_figure(comparison: GameComparison) -> Figure:
    """Welfare over the best welfare over time, with that of the reference."""
    theory = comparison.theory
    lines = {"best": 1.0}
    welfare = (theory.figures or {}).get(theory.welfare_name or "")
    if welfare is not None:
        lines["exact answer"] = float(theory.welfare_ratio(welfare))  # type: ignore[arg-type]  # there is a ratio
    return _panels(comparison, [("welfare_ratio", "-", DARK, "learners")], "welfare / best welfare", lines)


def _panels(
    comparison: GameComparison,
    curves: list[tuple[str, str, str, str]],
    label: str,
    lines: dict[str, float],
    *,
    from_zero: bool = False,
) -> Figure:
    rows = comparison.rows
    across = min(COLUMNS, len(rows))
    down = -(-len(rows) // across)
    with styled():
        figure = new_figure(max(0.6 + 2.1 * across, pictures.PLACE_FOR_TITLE), 1.1 + 1.8 * down)
        panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        named: dict[str, Any] = {}
        for axes, row in zip(panels.flat, rows, strict=False):
            for name, style, colour, words in curves:
                _curve(axes, row, name, style, colour, words)
            for (words, value), style in zip(lines.items(), (":", "--"), strict=False):
                axes.axhline(value, color="black" if style == ":" else MID, linestyle=style, linewidth=1, label=words)
            axes.set_title(row.learner)
            axes.grid(alpha=0.3)
            handles, words_of = axes.get_legend_handles_labels()
            named.update(zip(words_of, handles, strict=True))
        for axes in panels.flat[len(rows) :]:
            axes.set_visible(False)
        if from_zero:
            panels.flat[0].set_ylim(bottom=0)
        for column in range(across):
            lowest = panels.flat[max(i for i in range(len(rows)) if i % across == column)]
            lowest.set_xlabel("rounds")
            lowest.tick_params(labelbottom=True)
        figure.supylabel(label, fontsize=9)
        figure.suptitle(f"{label}: IQM over seeds with 95% interval")
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _curve(axes: Any, row: GameRow, name: str, style: str, colour: str, label: str) -> None:
    if name not in row.curves:
        return
    curve = row.curves[name]
    axes.fill_between(row.rounds, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(row.rounds, curve.iqm, style, color=colour, label=label, linewidth=1.4)
