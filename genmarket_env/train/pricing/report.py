"""The folder that a run leaves: raw results, one self-contained page, and its picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from genmarket_env import pictures
from genmarket_env.command_line import write_texts
from genmarket_env.report import page

from .cells import SHOWN
from .settings import ALPHAS
from .summary import CAPTION, HEADER, Row, Summary, grouped, markdown

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def write(summary: Summary, folder: Path) -> Path:
    """Write results.json, table.md, pricing.svg and report.html into `folder`; returns the page's path.

    All files appear, or none does; those of an earlier run are replaced.
    """
    picture = pictures.svg(pricing_figure(summary))
    files = {
        "results.json": summary.results_json(),
        "table.md": markdown(summary),
        "pricing.svg": picture,
        "report.html": _page(summary, picture),
    }
    write_texts(folder, files)
    return folder / "report.html"


def _page(summary: Summary, picture: str) -> str:
    return page(
        TEMPLATE,
        summary.about,
        verdict=summary.verdict,
        header=HEADER,
        groups={title: [row.cells for row in rows] for title, rows in grouped(summary).items()},
        caption=CAPTION,
        picture=pictures.inline(picture),
        settings=", ".join(f"{name} {value}" for name, value in summary.arguments.items()),
    )


def pricing_figure(summary: Summary) -> Any:
    """The gains of the sessions, those over the grid, and what follows a price cut."""
    (published,) = summary.of_group("published")
    with pictures.styled():
        figure = pictures.new_figure(10.4, 3.6)
        gains, grid, cut = figure.subplots(1, 3)
        _draw_gains(gains, published)
        _draw_grid(grid, [published, *summary.of_group("grid")])
        _draw_cut(cut, published)
    return figure


def _draw_gains(axes: Any, row: Row) -> None:
    low = min(-0.1, float(np.min(row.gains)))
    axes.hist(row.gains, bins=np.linspace(low, max(1.1, float(np.max(row.gains))), 25), color="0.6")
    axes.axvline(float(np.mean(row.gains)), color="black", linestyle="--")
    for value in (0.0, 1.0):
        axes.axvline(value, color="0.3", linestyle=":")
    axes.set(xlabel="profit gain (0: one-shot, 1: monopoly)", ylabel="sessions")
    axes.set_title(f"{row.sessions:,} sessions at alpha .15,\nbeta 4e-6 (dashed: their mean)", loc="left")


def _draw_grid(axes: Any, rows: list[Row]) -> None:
    for alpha, style, shade, aside in zip(
        ALPHAS, ("o-", "s--", "^:"), ("black", "0.35", "0.6"), (0.97, 1.0, 1.03), strict=True
    ):
        found = sorted((row.setting.beta, row.gain) for row in rows if row.setting.alpha == alpha and row.gain)
        if not found:
            continue
        betas, means = [beta for beta, _ in found], np.array([gain.mean for _, gain in found])
        reach = np.abs(np.array([[gain.low for _, gain in found], [gain.high for _, gain in found]]) - means)
        axes.errorbar(
            np.multiply(betas, aside),
            means,
            yerr=reach,
            fmt=style,
            color=shade,
            markersize=4,
            capsize=2,
            label=f"{alpha:g}",
        )
    axes.axhspan(0.7, 0.9, color="0.92")
    axes.set_xscale("log")
    betas = sorted({row.setting.beta for row in rows})
    axes.set_xticks(betas, [f"{beta:g}" for beta in betas])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="beta: how fast exploration ends", ylabel="mean profit gain", ylim=(0.5, 1.0))
    axes.set_title("over the parameters\n(grey: published, .7 to .9)", loc="left")
    axes.legend(frameon=False, title="alpha", loc="lower left", ncols=3, fontsize=8)


def _draw_cut(axes: Any, row: Row) -> None:
    rounds = np.arange(-1, SHOWN + 1)
    named = ((0, "o-", "black", "who cuts its price"), (1, "s--", "0.45", "its rival"))
    for place, style, shade, name in named if row.changes else ():
        found = [pair[place] for pair in row.changes or ()]
        axes.plot(rounds, [each.mean for each in found], style, color=shade, markersize=3.5, label=name)
        axes.fill_between(rounds, [each.low for each in found], [each.high for each in found], color=shade, alpha=0.2)
    axes.axhline(0, color="0.6", linestyle=":")
    axes.set(xlabel="rounds after the cut", ylabel="price, less that without the cut")
    axes.set_title("what follows a price cut in one round\n(mean of these sessions, 95% interval)", loc="left")
    if row.changes:
        axes.legend(frameon=False, fontsize=8, loc="lower right")
