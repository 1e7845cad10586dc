"""The folder that a comparison of entry leaves: raw results, one self-contained page, and its picture."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from genmarket_env import pictures
from genmarket_env.command_line import write_texts
from genmarket_env.report import page

from .summary import CAPTION, EntryComparison, cells_of, grouped, header, markdown

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def write(comparison: EntryComparison, folder: Path) -> Path:
    """Write results.json, results.csv, table.md, entry.svg and report.html into `folder`; returns the page's path.

    All files appear, or none does; those of an earlier run are replaced.
    """
    picture = pictures.svg(regret_figure(comparison))
    files = {
        "results.json": comparison.results_json(),
        "results.csv": comparison.results_csv(),
        "table.md": markdown(comparison),
        "entry.svg": picture,
        "report.html": _page(comparison, picture),
    }
    write_texts(folder, files)
    return folder / "report.html"


def _page(comparison: EntryComparison, picture: str) -> str:
    return page(
        TEMPLATE,
        comparison.about,
        header=header(),
        groups={title: [cells_of(row) for row in rows] for title, rows in grouped(comparison).items()},
        caption=CAPTION,
        picture=pictures.inline(picture),
        settings=", ".join(f"{name} {value}" for name, value in comparison.arguments.items() if value is not None),
    )


def regret_figure(comparison: EntryComparison) -> Any:
    """The regret of each method with its interval, a panel a group of markets."""
    groups = grouped(comparison)
    with pictures.styled():
        most = max(map(len, groups.values()), default=1)
        figure = pictures.new_figure(4.4 * max(1, len(groups)), 1.2 + 0.24 * most)
        panels = np.ravel(figure.subplots(1, max(1, len(groups)), squeeze=False))
        for axes, (title, rows) in zip(panels, groups.items(), strict=False):
            places = np.arange(len(rows))[::-1]
            found = [row.figures["regret"] for row in rows]
            means = np.array([one.mean for one in found])
            reach = np.abs(np.array([[one.low for one in found], [one.high for one in found]]) - means)
            axes.errorbar(means, places, xerr=reach, fmt="o", color=pictures.DARK, markersize=4, capsize=2)
            axes.set_yticks(places, [row.method for row in rows])
            axes.set_xlabel("regret to the best release found\n(user value served)")
            axes.set_title("\n".join(wrap(title, 38)))
            axes.set_xlim(left=-0.01)
            axes.grid(axis="x", color="0.9")
    return figure
