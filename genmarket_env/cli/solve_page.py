"""The report of `genmarket solve`: what its page shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import pictures
from ..analysis.welfare_by_type import WelfareByType
from .page import rendered, write_page
from .solve_sections import SolvedMarket, solve_sections
from .solve_several import SeveralSolved, page_sections, titled

DOCUMENT = "solve.json"

SCORES = "Scores in [0, 1] by model and user type (its mass in %)"

WHO_LOSES = "What each user type (its mass in %) gets"

MAX_MOVES = 24
"""The most moves of a path that are drawn."""


def write_report(solved: SolvedMarket | SeveralSolved, document: str, folder: Path) -> Path:
    """Write solve.json, which holds `document`, and report.html into a folder; returns the path of the page.

    Each file appears whole or not at all. Without matplotlib the page has no pictures, and says so.
    """
    return write_page(folder, page_text(solved), DOCUMENT, document)


def page_text(solved: SolvedMarket | SeveralSolved) -> str:
    """The page, as HTML."""
    if isinstance(solved, SolvedMarket):
        return rendered(solve_sections(solved), solved.about, lambda: _pictures(solved), DOCUMENT)
    return rendered(page_sections(solved), solved.about, lambda: _pictures_of_all(solved), DOCUMENT)


def _pictures_of_all(several: SeveralSolved) -> dict[str, str]:
    """Those of each answer; the scores once."""
    found: dict[str, str] = {}
    for title, solved in titled(several):
        pictures_of_one = _pictures(solved)
        if found:
            pictures_of_one.pop(SCORES, None)
        found |= {
            caption if caption == SCORES else f"{title}: {caption}": picture
            for caption, picture in pictures_of_one.items()
        }
    return found


def _pictures(solved: SolvedMarket) -> dict[str, str]:
    """The pictures by their captions, as SVG elements."""
    answer, market = solved.answer, solved.market.market
    shown = [found.profile for found in (*answer.equilibria, answer.least, answer.planner)]
    deployed = {model for profile in [*shown, *(step.profile for step in answer.path.steps)] for model in profile}
    names = market.model_names, market.user_names
    found = {SCORES: pictures.market_figure(market.scores, market.masses, *names, SCORES, first=deployed)}
    found[WHO_LOSES] = _who_loses(answer.by_type)
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


def _who_loses(found: WelfareByType) -> Any:
    """A picture of the types that lose the most, in the order of the market."""
    most = np.sort(np.argsort(-np.round(found.lost, 12), kind="stable")[: pictures.MOST_USERS])

    def of(values: Sequence[Any]) -> list[Any]:
        return [values[user] for user in most]

    return pictures.user_figure(
        of(found.gets), of(found.best), of(found.planner), of(found.masses), of(found.user_names), WHO_LOSES
    )
