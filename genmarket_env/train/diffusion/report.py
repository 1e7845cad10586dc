"""The table of a run and its page."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import genmarket_env
from genmarket_env.command_line import write_texts
from genmarket_env.entry import Span
from genmarket_env.intervals import MeanEstimate
from genmarket_env.pictures import inline
from genmarket_env.report import page
from genmarket_env.runner.provenance import versions

from . import figures
from .outcome import deployed, dynamics, planner_welfare
from .pipeline import OneEntrant, Results, share_served
from .store import LIBRARIES

TEMPLATE = Path(__file__).with_name("report.html.jinja")
RESOLUTION = 5e-4
"""Smaller differences are not shown."""


def write(results: Results, folder: Path) -> Path:
    """Write report.html, results.json, table.md and the figures into `folder`, all or none; returns the page's path.

    Files of an earlier run are replaced.
    """
    pictures = {
        "samples": figures.samples_figure(results),
        "scores": figures.scores_figure(results),
        "classes": figures.classes_figure(results, results.class_names),
        "schemes": figures.schemes_figure(results),
        "traces": figures.traces_figure(results),
    }
    drawn = {name: picture for name, picture in pictures.items() if picture is not None}
    files = {f"{name}.svg": picture for name, picture in drawn.items()}
    files |= {"table.md": text(results) + "\n", "results.json": results.as_json()}
    files["report.html"] = _page(results, {name: inline(picture) for name, picture in drawn.items()})
    write_texts(folder, files)
    return folder / "report.html"


def text(results: Results) -> str:
    """The entrants by scheme, as a table in Markdown.

    Figures are means over the seeds, with Student's 95% intervals, within [0, 1].
    """
    lines = [f"| {' | '.join(cells)} |" for cells in rows(results)]
    lines.insert(1, "|" + " --- |" * len(rows(results)[0]))
    return "\n".join(lines)


def rows(results: Results) -> list[list[str]]:
    """The cells of the table, its head first."""
    head = ["scheme", "F", "F by neighbours", *(f"share served, N = {count}" for count in results.platforms)]
    shown: list[Callable[[OneEntrant], float]] = [
        lambda entry: entry.objective,
        lambda entry: entry.audit_objective,
        *(share_served(index) for index in range(len(results.platforms))),
    ]
    return [
        head,
        *([scheme, *(interval(results.estimate(scheme, figure)) for figure in shown)] for scheme in results.schemes()),
    ]


def interval(estimate: MeanEstimate) -> str:
    """An estimate with its interval.

    Example:
        >>> interval(MeanEstimate(0.25, 0.2, 0.3, 9)), interval(MeanEstimate(0.25, math.nan, math.nan, 1))
        ('0.250 [0.200, 0.300]', '0.250')
    """
    if math.isnan(estimate.low):
        return f"{estimate.mean:.3f}"
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def before_and_after(results: Results, index: int) -> list[list[str]]:
    """The markets with one number of platforms: before entry, then with each entrant; the head first.

    Args:
        results: all of them.
        index: of the number of platforms.
    """
    names, count = results.market.model_names, results.platforms[index]
    table = [["market", "deployed", "share served", "welfare", "of the planner's", "coverage", "model HHI", "dynamics"]]
    markets = [("before", results.market, results.before[index], "")]
    for entry in results.entries:
        outcome = entry.outcomes[index]
        markets.append((entry.scores.model, outcome.market, outcome.after, _span(outcome.share)))
    for name, market, rest, share in markets:
        part = rest.welfare.mean / planner_welfare(market, count)
        spans = (_span(span) for span in (rest.coverage, rest.model_hhi))
        told = deployed(rest.rests, [*names, "THE ENTRANT"])
        table.append([name, told, share, _span(rest.welfare), f"{part:.1%}", *spans, dynamics(market, count)])
    return table


def _span(span: Span) -> str:
    """The mean over equilibria, or over cycles, and the range where they differ."""
    differ = span.max - span.min > RESOLUTION
    return f"{span.mean:.3f}" + (f" ({span.min:.3f} to {span.max:.3f})" if differ else "")


def _page(results: Results, pictures: dict[str, str]) -> str:
    from accelerate import Accelerator

    return page(
        TEMPLATE,
        results.about,
        results=results,
        pictures=pictures,
        rows=rows(results),
        grid=figures.grid,
        preferences=lambda group: preferences(results, group),
        before_and_after=lambda index: before_and_after(results, index),
        version=genmarket_env.__version__,
        libraries=", ".join(f"{name} {found}" for name, found in versions(LIBRARIES).items()),
        device=str(Accelerator().device),
    )


def preferences(results: Results, group: int) -> str:
    """What a user group likes, as `class: share` for each class."""
    shares = zip(results.class_names, results.groups.preferences[group], strict=True)
    return ", ".join(f"{name}: {share:.2f}" for name, share in shares if share > 0)
