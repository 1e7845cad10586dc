"""The figures of a comparison, as SVG text. Readable in greyscale: shade, line style and text carry the meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genmarket_env import pictures
from genmarket_env.market import FloatArray, IntArray
from genmarket_env.pictures import DARK, MID, folded, heat, new_figure, styled

from .summary import Comparison, Row
from .theory import Theory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 5
FEW_MODELS = 8
"""Up to so many models all are in the picture of who deploys what."""
DEPLOYED_LEAST = 0.05
"""Of more, those that everybody deploys less often are left out."""


def market_figure(comparison: Comparison) -> Figure:
    """The market: the score of each model for each user type, and the masses."""
    market = comparison.market
    title = f"{comparison.title}: scores in [0, 1] by model and user type (its mass in %)"
    profiles = [answer.planner_profile for answer in comparison.theory]
    profiles += [found["profile"] for answer in comparison.theory for found in answer.equilibria]
    deployed = {model for profile in profiles for model in profile}
    names = market.model_names, market.user_names
    return pictures.market_figure(market.scores, market.masses, *names, title, first=deployed)


def curves_figure(comparison: Comparison, answer: Theory, kind: str) -> Figure:
    """Learning curves, one panel a learner: the interquartile mean over seeds and its 95% interval.

    Args:
        comparison: all of it.
        answer: the theory of the number of platforms to show.
        kind: `"nash_conv"` (current policies solid, time average dashed) or `"welfare_ratio"`.
    """
    rows = _rows(comparison, answer)
    columns = min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    with styled():
        figure = new_figure(max(0.6 + 2.1 * columns, pictures.PLACE_FOR_TITLE), 0.9 + 1.8 * lines)
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
        figure.suptitle(f"N = {answer.num_platforms}: {label}, IQM over seeds with 95% bootstrap interval")
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
    with styled():
        figure = new_figure(4.2 + 0.95 * len(shown), 1.6 + 0.28 * len(named))
        axes = figure.subplots()
        heat(axes, shares[:, shown], [name for name, _ in named], [folded(model) for model in models])
        axes.set_title(
            f"N = {answer.num_platforms}: share of platforms on each model, last quarter of the rounds"
            + ("" if len(shown) == len(mixture) else "\n(models that hardly anybody deploys are left out)")
        )
    return figure


def cycle_figure(comparison: Comparison, answer: Theory) -> Figure:
    """The cycle of sequential best responses: what each platform deploys after each move, the mover in bold."""
    assert answer.orbit is not None
    title = f"N = {answer.num_platforms}: the cycle of best responses (bold: the platform that has moved)"
    return pictures.path_figure(answer.orbit, comparison.market.model_names, title, closed=True)


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
