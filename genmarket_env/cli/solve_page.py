"""The report of `genmarket solve`: one page that needs nothing else, and the numbers as JSON."""

from __future__ import annotations

from importlib import resources
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .. import pictures
from ..atomic import write_whole
from .solve_sections import Solved, solve_sections

TEMPLATE = "solve.html.jinja"
MAX_PICTURED = (60, 20)
"""The most models and user types whose scores are drawn."""

MAX_MOVES = 24
"""The most moves of a path that are drawn."""


def write_report(solved: Solved, document: str, folder: Path) -> Path:
    """Write solve.json, which holds `document`, and report.html into a folder; returns the path of the page.

    Each file appears whole or not at all. Without matplotlib the page has no pictures, and says so.
    """
    page = folder / "report.html"
    text = page_text(solved)
    write_whole(folder / "solve.json", document.encode())
    write_whole(page, text.encode())
    return page


def page_text(solved: Solved) -> str:
    """The page, as HTML."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    drawn = _pictures(solved) if pictures.have_matplotlib() else None
    return template.render(
        sections=solve_sections(solved),
        source=solved.market.source,
        pictures={} if drawn is None else drawn,
        without_matplotlib=drawn is None,
        version=version("genmarket_env"),
    )


def _pictures(solved: Solved) -> dict[str, str]:
    """The pictures by their captions, as SVG elements."""
    answer, market = solved.answer, solved.market.market
    found = {}
    if market.num_models <= MAX_PICTURED[0] and market.num_users <= MAX_PICTURED[1]:
        caption = "Scores in [0, 1] by model and user type (its mass in %)"
        found[caption] = pictures.market_figure(
            market.scores, market.masses, market.model_names, market.user_names, caption
        )
    path = answer.path
    if 0 < len(path.cycle) <= MAX_MOVES and answer.num_platforms <= MAX_MOVES:
        caption = "The cycle of best responses (bold: the platform that has moved)"
        profiles = np.array([step.profile for step in path.cycle])
        found[caption] = pictures.path_figure(profiles, answer.model_names, caption, closed=True)
    elif 0 < len(path.steps) <= MAX_MOVES and answer.num_platforms <= MAX_MOVES:
        caption = "Best responses from everybody on one model (bold: the platform that has moved)"
        profiles = np.array([path.start, *(step.profile for step in path.steps)])
        found[caption] = pictures.path_figure(profiles, answer.model_names, caption, closed=False)
    return {caption: pictures.inline(pictures.svg(figure)) for caption, figure in found.items()}
