"""The folder that a leaderboard leaves: one self-contained page, the raw numbers, the tables as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import genmarket_env
from genmarket_env.command_line import write_texts
from genmarket_env.pictures import heat, inline, new_figure, styled, svg
from genmarket_env.report import page

from ..games.learners import titled
from .instances import KINDS, SUITE
from .leaderboard import Leaderboard, Table
from .make import FOUND
from .runs import copies_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = Path(__file__).with_name("suite.html.jinja")
MOST_SHADED = 1.1
"""Gaps above it are shaded alike; their numbers are written."""


def write(board: Leaderboard, folder: Path) -> Path:
    """Write report.html, results.json, results.csv, table.md and gaps.svg into `folder`; returns the page's path.

    All files appear, or none does; those of an earlier run are replaced.
    """
    picture = svg(gap_figure(board))
    tables = (board.overall_table(), board.kind_table(), board.instance_table())
    files = {
        "results.json": board.results_json(),
        "results.csv": board.results_csv(),
        "table.md": "\n".join(map(markdown, tables)),
        "gaps.svg": picture,
        "report.html": _page(board, picture),
    }
    write_texts(folder, files)
    return folder / "report.html"


def markdown(table: Table) -> str:
    """A table as Markdown text.

    Example:
        >>> markdown((("learner", "gap"), ("ppo", "0.1")))
        '| learner | gap |\\n| --- | --- |\\n| ppo | 0.1 |\\n'
    """
    lines = (table[0], ("---",) * len(table[0]), *table[1:])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def brief(board: Leaderboard) -> str:
    """Who finds most, in a sentence."""
    first = board.learners[0]
    found, played = board.found(first)
    few = " of those that play half of the instances or more" if len(board.learners) > 1 else ""
    return f"{first} finds {found} of the {played} answers that it is asked for, the largest share{few}."


def brief_by_kind(board: Leaderboard) -> list[str]:
    """Who finds the answer in each kind, in sentences."""
    sentences = []
    for kind in board.kinds:
        within = [one for one in board.instances if one.kind == kind]
        gaps = {name: board.gap(name, lambda one, kind=kind: one.kind == kind) for name in board.learners}  # type: ignore[misc]
        at_rest = [name for name, gap in gaps.items() if gap is not None and gap.high < FOUND]
        told = f"found by {', '.join(at_rest)}" if at_rest else "found by no learner"
        sentences.append(f"{kind.capitalize()} ({len(within)}): {told}.")
    return sentences


def gap_figure(board: Leaderboard) -> Figure:
    """The gaps of all learners in all kinds, dark for far from equilibrium."""
    table = np.full((len(board.kinds), len(board.learners)), np.nan)
    for row, kind in enumerate(board.kinds):
        for column, learner in enumerate(board.learners):
            gap = board.gap(learner, lambda one, kind=kind: one.kind == kind)  # type: ignore[misc]
            if gap is not None:
                table[row, column] = gap.mean
    with styled():
        figure = new_figure(2.4 + 0.5 * max(len(board.learners), 4), 2.1 + 0.27 * len(board.kinds))
        axes = figure.subplots()
        heat(axes, np.minimum(table, MOST_SHADED), board.kinds, board.learners, lightest=0.0, blank=np.inf)
        axes.set_xticks(range(len(board.learners)), board.learners, fontsize=8, rotation=40, ha="right")
        for (row, column), gap in np.ndenumerate(table):
            if np.isfinite(gap):
                colour = "white" if gap > 0.65 else "black"
                axes.text(column, row, f"{gap:.2f}", ha="center", va="center", fontsize=6.5, color=colour)
        axes.set_title("distance from equilibrium / that of random play\n(0 exact, 1 as random; empty: does not fit)")
    return figure


def _page(board: Leaderboard, picture: str) -> str:
    titles = [(name, titled(name, board.libraries(name))) for name in board.learners]
    return page(
        TEMPLATE,
        board.about,
        suite=SUITE,
        arguments=board.arguments,
        count=len(board.instances),
        brief=brief(board),
        brief_by_kind=brief_by_kind(board),
        overall=board.overall_table(),
        by_kind=board.kind_table(),
        by_instance=board.instance_table(intervals=False),
        kinds=[(kind, KINDS[kind]) for kind in board.kinds],
        titles=titles,
        picture=inline(picture),
        level=FOUND,
        copies={name: copies_of(name) for name in board.learners},
        version=genmarket_env.__version__,
    )
