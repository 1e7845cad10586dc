"""The figures of a comparison, as SVG text. Readable in greyscale: shade, line style and text carry the meaning."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from genmarket_env.market import FloatArray, IntArray

from .summary import Comparison, Row
from .theory import Theory

# Text stays text, and the ids do not depend on the day or the process: same numbers, same file.
# A "$" in the name of a model is a "$".
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "genmarket",
    "text.parse_math": False,
    "font.size": 9,
    "axes.titlesize": 9,
}
DARK, MID = "#1b3a5c", "#8a5a00"
COLUMNS = 5
LINE = 12
"""The characters of a name that fit in a column."""
FEW_MODELS = 8
"""Up to so many models all are in the picture of who deploys what."""
DEPLOYED_LEAST = 0.05
"""Of more, those that everybody deploys less often are left out."""


def svg(figure: Figure) -> str:
    """A figure as SVG text."""
    text = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def market_figure(comparison: Comparison) -> Figure:
    """The market: the score of each model for each user type, and the masses."""
    market = comparison.market
    users = [f"{_folded(name, ' ')}\n{mass:.1%}" for name, mass in zip(market.user_names, market.masses, strict=True)]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.8 + 0.95 * market.num_users, 1.3 + 0.24 * market.num_models), layout="constrained")
        axes = figure.subplots()
        _heat(axes, market.scores, market.model_names, users)
        axes.set_title(f"{comparison.title}: scores in [0, 1] by model and user type (its mass in %)")
    return figure


def curves_figure(comparison: Comparison, answer: Theory, kind: str) -> Figure:
    """Learning curves, one panel a learner: the interquartile mean over seeds and its 95 % interval.

    Args:
        comparison: all of it.
        answer: the theory of the number of platforms to show.
        kind: `"nash_conv"` (current policies solid, time average dashed) or `"welfare_ratio"`.
    """
    rows = _rows(comparison, answer)
    columns = min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(0.6 + 2.1 * columns, 0.9 + 1.8 * lines), layout="constrained")
        panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes, row in zip(panels.flat, rows, strict=False):
            _curve(axes, row, kind, "-", DARK, "current policies" if kind == "nash_conv" else "play")
            if kind == "nash_conv":
                _curve(axes, row, "nash_conv_average", "--", MID, "average over time")
            else:
                _theory_lines(axes, answer)
            axes.set_title(row.learner)
            axes.grid(alpha=0.3)
        for axes in panels.flat[len(rows) :]:
            axes.set_visible(False)
        label = "NashConv (units of the score)" if kind == "nash_conv" else "welfare / planner's optimum"
        figure.supylabel(label)
        if kind == "nash_conv":
            # The panels share the axis: set earlier, it would stay at what the first ones need.
            panels.flat[0].set_ylim(bottom=0)
        # As labels of the lowest panels: a label of the figure would lie on the legend.
        for column in range(columns):
            lowest = max(index for index in range(len(rows)) if index % columns == column)
            panels.flat[lowest].set_xlabel("rounds")
        figure.suptitle(f"N = {answer.num_platforms}: {label}, IQM over seeds with 95 % interval")
        handles, labels = panels.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def deployed_figure(comparison: Comparison, answer: Theory) -> Figure:
    """Who deploys what: the share of platforms on each model in the last quarter, with theory on top."""
    rows = _rows(comparison, answer)
    mixture = np.array(answer.mixture)
    named = [("theory: mixed equilibrium", mixture)]
    for equilibrium in answer.equilibria[:3]:
        share = np.bincount(equilibrium["profile"], minlength=len(mixture)) / answer.num_platforms
        named.append(("theory: pure equilibrium", share))
    theory_rows = len(named)
    named += [(row.learner, np.array(row.deployed)) for row in rows]
    shares = np.array([share for _, share in named])
    shown = _models_shown(shares, theory_rows)
    models = [comparison.market.model_names[j] for j in shown]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.2 + 0.95 * len(shown), 1.6 + 0.28 * len(named)), layout="constrained")
        axes = figure.subplots()
        _heat(axes, shares[:, shown], [name for name, _ in named], [_folded(model) for model in models])
        axes.set_title(
            f"N = {answer.num_platforms}: share of platforms on each model, last quarter of the rounds"
            + ("" if len(shown) == len(mixture) else "\n(models that hardly anybody deploys are left out)")
        )
    return figure


def cycle_figure(comparison: Comparison, answer: Theory) -> Figure:
    """The cycle of sequential best responses: what each platform deploys after each move, the mover in bold."""
    assert answer.orbit is not None
    orbit = np.array(answer.orbit)
    names = comparison.market.model_names
    models = np.unique(orbit)
    shade = np.searchsorted(models, orbit.T) / max(1, len(models) - 1)
    moved = orbit != np.roll(orbit, 1, axis=0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.5 + 1.15 * len(orbit), 0.9 + 0.6 * answer.num_platforms), layout="constrained")
        axes = figure.subplots()
        axes.imshow(0.12 + 0.3 * shade, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        for (step, platform), model in np.ndenumerate(orbit):
            axes.text(step, platform, _folded(names[model]), ha="center", va="center", fontsize=7,
                      weight="bold" if moved[step, platform] else "normal")  # fmt: skip
        axes.set_xticks(range(len(orbit)), [str(step + 1) for step in range(len(orbit))])
        axes.set_yticks(range(answer.num_platforms), [f"platform {i}" for i in range(answer.num_platforms)])
        axes.set_xlabel("move (the last leads back to the first)")
        axes.set_title(f"N = {answer.num_platforms}: the cycle of best responses (bold: the platform that has moved)")
    return figure


def _models_shown(shares: FloatArray, theory_rows: int) -> IntArray:
    """The models to show of `shares`, `(rows, models)`, whose first rows are those of theory."""
    models = shares.shape[1]
    if models <= FEW_MODELS:
        return np.arange(models)
    # A learner that plays all models alike would otherwise bring in every one.
    least = np.full(len(shares), max(DEPLOYED_LEAST, 1.5 / models))
    least[:theory_rows] = DEPLOYED_LEAST
    return np.flatnonzero((shares >= least[:, None]).any(axis=0))


def _rows(comparison: Comparison, answer: Theory) -> list[Row]:
    return [row for row in comparison.rows if row.num_platforms == answer.num_platforms]


def _curve(axes: Any, row: Row, name: str, line: str, colour: str, label: str) -> None:
    curve = row.curves[name]
    axes.fill_between(row.rounds, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(row.rounds, curve.iqm, line, color=colour, label=label, linewidth=1.4)


def _theory_lines(axes: Any, answer: Theory) -> None:
    axes.axhline(1, color="black", linestyle=":", linewidth=1, label="planner's optimum")
    if answer.equilibria:
        value, label = answer.equilibria[0]["welfare"] / answer.planner_value, "pure equilibrium"
    else:
        value, label = answer.mixture_welfare / answer.planner_value, "mixed equilibrium"
    axes.axhline(value, color=MID, linestyle="--", linewidth=1, label=label)


def _heat(axes: Any, values: FloatArray, rows: Sequence[str], columns: Sequence[str]) -> None:
    """A table of shaded numbers in [0, 1], dark for large."""
    # Black would hide what is written on it.
    image = axes.imshow(values, cmap="Greys", vmin=min(0.3, float(values.min())), vmax=1.15, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if value >= 0.005:
            colour = "white" if image.norm(value) > 0.6 else "black"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns, fontsize=8)


def _folded(name: str, separator: str = "-") -> str:
    """A long name over several lines, broken at its separators."""
    lines = [""]
    for part in name.split(separator):
        longer = f"{lines[-1]}{separator}{part}" if lines[-1] else part
        if len(longer) > LINE and lines[-1]:
            lines[-1] += separator.strip()
            lines.append(part)
        else:
            lines[-1] = longer
    return "\n".join(lines)
