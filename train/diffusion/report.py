"""The table of a run and its page."""

from __future__ import annotations

from pathlib import Path

import jinja2

import genmarket_env
from genmarket_env.atomic import write_whole
from genmarket_env.pictures import inline

from ..statistics import Estimate
from . import figures
from .outcome import Outcome
from .pipeline import Results

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def write(results: Results, folder: Path) -> Path:
    """Write report.html, table.md and the figures into `folder`; returns the page's path.

    Every file appears whole or not at all; files of an earlier run are replaced.
    """
    pictures = {
        "scores": figures.scores_figure(results),
        "classes": figures.classes_figure(results, results.class_names),
        "schemes": figures.schemes_figure(results),
        "traces": figures.traces_figure(results),
    }
    drawn = {name: picture for name, picture in pictures.items() if picture is not None}
    for name, picture in drawn.items():
        write_whole(folder / f"{name}.svg", picture.encode())
    write_whole(folder / "table.md", (text(results) + "\n").encode())
    page = folder / "report.html"
    write_whole(page, _page(results, {name: inline(picture) for name, picture in drawn.items()}).encode())
    return page


def text(results: Results) -> str:
    """The entrants by scheme, as a table in Markdown.

    Figures are interquartile means over the seeds, with 95 % bootstrap intervals.
    """
    lines = [f"| {' | '.join(cells)} |" for cells in rows(results)]
    lines.insert(1, "|" + " --- |" * len(rows(results)[0]))
    return "\n".join(lines)


def rows(results: Results) -> list[list[str]]:
    """The cells of the table, its head first."""
    counts = [before.num_platforms for before in results.before]
    head = ["scheme", "F", "F, second classifier", *(f"adoption, N = {count}" for count in counts)]
    table = [head]
    for scheme in results.schemes():
        shown = [results.figure(scheme, name) for name in ("objective", "audit_objective")]
        shown += [results.figure(scheme, "expected_adoption", index) for index in range(len(counts))]
        table.append([scheme, *(interval(figure) for figure in shown)])
    return table


def interval(estimate: Estimate) -> str:
    """An estimate with its interval.

    Example:
        >>> from train.statistics import estimate
        >>> interval(estimate([0.25]))
        '0.250 [0.250, 0.250]'
    """
    return f"{float(estimate.iqm):.3f} [{float(estimate.low):.3f}, {float(estimate.high):.3f}]"


def deployed(results: Results, outcome: Outcome, entrant: str = "") -> str:
    """What platforms deploy in the limit set of a market, in words."""
    names = [*results.market.model_names, entrant]
    profiles = ["; ".join([", ".join(names[model] for model in profile)]) for profile in outcome.profiles]
    if outcome.kind == "cycle":
        return f"no pure equilibrium; best responses cycle through {len(profiles)} profiles: {' → '.join(profiles)}"
    return " or ".join(profiles)


def _page(results: Results, pictures: dict[str, str]) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["interval"] = interval
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        results=results,
        pictures=pictures,
        rows=rows(results),
        grid=figures.grid,
        deployed=lambda outcome, entrant="": deployed(results, outcome, entrant),
        version=genmarket_env.__version__,
    )
