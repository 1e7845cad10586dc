"""The report of `genmarket policy`: what its page shows."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from .. import pictures
from ..number_format import percent
from .page import rendered, write_page
from .policy_sections import Asked, policy_sections

DOCUMENT = "policy.json"

TITLE_WIDTH = 60
"""So many characters of the caption are on a line above the bars, which a phone shows whole."""

CAPTION = "Who gains and who loses: the change of the score that a user of each type gets"
MONEY_CAPTION = "Who gains and who loses: the change of what users have of being served, after paying"


def write_report(asked: Asked, document: str, folder: Path) -> Path:
    """Write policy.json, which holds `document`, and report.html into a folder; returns the path of the page.

    Each file appears whole or not at all. Without matplotlib the page has no pictures, and says so.
    """
    return write_page(folder, page_text(asked), DOCUMENT, document)


def page_text(asked: Asked) -> str:
    """The page, as HTML."""

    def draw() -> dict[str, str]:
        return {_caption(asked): pictures.inline(pictures.svg(change_figure(asked)), shrinks=True)}

    return rendered(policy_sections(asked), asked.about, draw, DOCUMENT, pictures_first=True)


def _caption(asked: Asked) -> str:
    return MONEY_CAPTION if asked.found.surplus_by_type else CAPTION


def change_figure(asked: Asked) -> Any:
    """Bars of what changes for each user type, with the range of redrawn markets.

    Args:
        asked: what was asked and found.
    """
    found, market = asked.found, asked.found.baseline.market
    users = pictures.largest(market.masses)
    changes = [(found.surplus_by_type or found.by_type)[k] for k in users]
    places = np.arange(len(users))
    labels = [f"{pictures.shortened(market.user_names[k])} ({percent(float(market.masses[k]))})" for k in users]
    with pictures.styled():
        figure = pictures.new_figure(4.8, 2.0 + 0.3 * len(users))
        axes = figure.subplots()
        axes.barh(places, [change.measured for change in changes], height=0.6, color="0.75", label="as measured")
        if found.draws:
            low, high = ([getattr(change, end) for change in changes] for end in ("low", "high"))
            axes.hlines(places, low, high, color="black", linewidth=1.5, label="5% to 95% of redrawn markets")
            axes.plot([change.mean for change in changes], places, "o", color="black", markersize=4, label="their mean")
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(places, labels)
        axes.invert_yaxis()
        axes.set_xlabel(f"change in {found.baseline.money_unit}" if found.surplus_by_type else "change of the score")
        figure.suptitle(fill(_caption(asked), TITLE_WIDTH), fontsize=pictures.STYLE["axes.titlesize"])
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
