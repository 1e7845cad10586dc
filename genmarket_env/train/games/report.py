"""The folder that a comparison on a game leaves: raw results, one self-contained page, and the figures as SVG."""

from __future__ import annotations

from pathlib import Path

import genmarket_env
from genmarket_env.command_line import write_texts
from genmarket_env.pictures import inline, svg
from genmarket_env.report import page

from ..summary import number_shown
from . import figures
from .evaluation import IN_WORDS
from .learners import KNOWN, titled
from .self_play import COPIES
from .summary import GameComparison, brief, caption, columns, learner_rows, markdown, reference_row

TEMPLATE = Path(__file__).with_name("report.html.jinja")

EXPLAINED = {
    "exact": "The sum over players of what each could gain by its best deviation, exact for mixed policies.",
    "interim": "The sum over players of what each, knowing its own type, could gain by the action that is best on "
    "average over the types of the others; the mean over its types. Actions of a Box are on a grid, so it is a lower "
    "bound but for the chance of the draws.",
    "grid": "The sum over players of what each could gain by its best deviation, of a Box the best of a grid, or the "
    "exact best reply where the game knows it: a lower bound.",
    "ex post": "The sum over players of what each could gain by the best action in each state, had it known all of it: "
    "more than it can gain by what it knows.",
}
"""What is summed, by the way of `Evaluator.distance`."""


def write(comparison: GameComparison, folder: Path) -> Path:
    """Write results.json, results.csv, table.md, report.html and the figures into `folder`; returns the page's path.

    All files appear, or none does; those of an earlier run are replaced.
    """
    pictures = {"distance": svg(figures.distance_figure(comparison))}
    if any("welfare_ratio" in row.end for row in comparison.rows):
        pictures["welfare"] = svg(figures.welfare_figure(comparison))
    files = {
        "results.json": comparison.results_json(),
        "results.csv": comparison.results_csv(),
        "table.md": markdown(comparison),
        **{f"{name}.svg": picture for name, picture in pictures.items()},
        "report.html": _page(comparison, pictures),
    }
    write_texts(folder, files)
    return folder / "report.html"


def _page(comparison: GameComparison, pictures: dict[str, str]) -> str:
    theory = comparison.theory
    way = next(way for way, words in IN_WORDS.items() if words == theory.distance)
    widths = [series["nash_conv_half_width"][-1] for series in (result["series"] for _, result in comparison.cells)]
    given = {name: value for name, value in comparison.arguments.items() if value and name != "learner"}
    return page(
        TEMPLATE,
        comparison.about,
        filters={"number": number_shown},
        comparison=comparison,
        theory=theory,
        brief=brief(comparison),
        columns=columns(comparison),
        reference=reference_row(comparison),
        rows=learner_rows(comparison),
        caption=caption(comparison),
        pictures={name: inline(picture) for name, picture in pictures.items()},
        settings=", ".join(f"{name} {value}" for name, value in given.items()),
        learners="; ".join(
            f"{row.learner}: {titled(row.learner, comparison.libraries(row.learner))}" for row in comparison.rows
        ),
        distance_explained=EXPLAINED[way],
        half_width=max(widths, default=0.0),
        networks=any(row.learner in KNOWN and KNOWN[row.learner].is_network for row in comparison.rows),
        copies=COPIES,
        version=genmarket_env.__version__,
    )
