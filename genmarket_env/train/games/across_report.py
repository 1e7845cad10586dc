"""The folder that a comparison on all games leaves: its summary, one self-contained page, and the figure as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import genmarket_env
from genmarket_env.command_line import write_texts
from genmarket_env.pictures import DARK, heat, inline, new_figure, styled, svg
from genmarket_env.report import page

from .across_summary import (
    BASELINE,
    FOUND,
    KINDS,
    KINDS_IN_WORDS,
    AcrossComparison,
    best_rows,
    caption,
    found_caption,
    found_rows,
    is_told,
    kind_rows,
    markdown,
)
from .evaluation import IN_WORDS
from .learners import KNOWN, titled
from .report import EXPLAINED
from .self_play import COPIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = Path(__file__).with_name("across.html.jinja")

MOST_SHADED = 1.1
"""Gaps above it are shaded alike; their numbers are written."""


def write(comparison: AcrossComparison, folder: Path) -> Path:
    """Write results.json, results.csv, table.md, gaps.svg and report.html into `folder`; returns the page's path.

    All files appear, or none does; those of an earlier run are replaced.
    """
    picture = svg(gap_figure(comparison))
    files = {
        "results.json": comparison.results_json(),
        "results.csv": comparison.results_csv(),
        "table.md": markdown(comparison),
        "gaps.svg": picture,
        "report.html": _page(comparison, picture),
    }
    write_texts(folder, files)
    return folder / "report.html"


def brief(comparison: AcrossComparison) -> list[str]:
    """Who finds the answer in which kind of game, a sentence a kind, and who ends no nearer to it than random play."""
    sentences = []
    learning = [name for name in comparison.learners if KNOWN[name].learns]
    for kind in KINDS:
        games = comparison.of_kind(kind)
        if not games:
            continue
        counts = {name: comparison.found(name, kind) for name in learning}
        most = max((found for found, _ in counts.values()), default=0)
        first = [f"{name} ({found} of {played})" for name, (found, played) in counts.items() if found == most > 0]
        told = f"most often found by {', '.join(first)}" if first else "not found by any learner"
        sentences.append(f"{kind.capitalize()} ({len(games)} games): {told}.")
    for game in comparison.games:
        far = [name for name in learning if (gap := game.gap(name)) is not None and gap.low >= 1.0]
        if far:
            sentences.append(f"No nearer than random play in {game.name}: {', '.join(far)}.")
    return sentences


def gap_figure(comparison: AcrossComparison) -> Figure:
    """The gaps of all learners in all games, dark for far from equilibrium; games stand by kind."""
    games = [game for kind in KINDS for game in comparison.of_kind(kind)]
    learners = [name for name in comparison.learners if name != BASELINE]
    table = np.full((len(games), len(learners)), np.nan)
    for row, game in enumerate(games):
        for column, learner in enumerate(learners):
            gap = game.gap(learner)
            if gap is not None:
                table[row, column] = float(gap.iqm)
    with styled():
        figure = new_figure(3.2 + 0.5 * max(len(learners), 4), 2.1 + 0.27 * len(games))
        axes = figure.subplots()
        heat(axes, np.minimum(table, MOST_SHADED), [game.name for game in games], learners, lightest=0.0, blank=np.inf)
        axes.set_xticks(range(len(learners)), learners, fontsize=8, rotation=40, ha="right")
        for (row, column), gap in np.ndenumerate(table):
            if np.isfinite(gap):
                colour = "white" if gap > 0.65 else "black"
                axes.text(column, row, f"{gap:.2f}", ha="center", va="center", fontsize=6.5, color=colour)
        ends = np.cumsum([len(comparison.of_kind(kind)) for kind in KINDS])
        for end, kind in zip(ends, KINDS, strict=True):
            if comparison.of_kind(kind):
                axes.axhline(end - 0.5, color=DARK, linewidth=1)
                middle = end - 0.5 - len(comparison.of_kind(kind)) / 2
                words = kind.replace(" ", "\n", 1) if len(comparison.of_kind(kind)) > 1 else kind
                axes.text(len(learners) - 0.35, middle, words, va="center", fontsize=8)
        axes.set_title("distance from equilibrium / that of random play\n(0 exact, 1 as random; empty: does not fit)")
    return figure


def _page(comparison: AcrossComparison, picture: str) -> str:
    kinds = [kind for kind in KINDS if comparison.of_kind(kind)]
    distances = {
        way: [game.name for game in comparison.games if game.comparison.theory.distance == words]
        for way, words in IN_WORDS.items()
    }
    return page(
        TEMPLATE,
        comparison.about,
        comparison=comparison,
        brief=brief(comparison),
        found=found_rows(comparison),
        found_caption=found_caption(),
        best=best_rows(comparison),
        kinds=[(kind, KINDS_IN_WORDS[kind], kind_rows(comparison, kind)) for kind in kinds],
        caption=caption(comparison),
        picture=inline(picture),
        distances=[(IN_WORDS[way], EXPLAINED[way], names) for way, names in distances.items() if names],
        titles=[(name, titled(name, comparison.libraries(name)), is_told(name)) for name in comparison.learners],
        rounds=comparison.arguments["rounds"],
        level=FOUND,
        copies=COPIES,
        version=genmarket_env.__version__,
    )
