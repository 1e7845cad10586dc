"""The report of `genmarket entry`: what its page shows."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from .. import pictures
from ..number_format import percent
from .entry_sections import Entered, entry_sections
from .page import rendered, write_page

DOCUMENT = "entry.json"


def write_report(entered: Entered, document: str, folder: Path) -> Path:
    """Write entry.json, which holds `document`, and report.html into a folder; returns the path of the page.

    Each file appears whole or not at all. Without matplotlib the page has no pictures, and says so.
    """
    return write_page(folder, page_text(entered), DOCUMENT, document)


def page_text(entered: Entered) -> str:
    """The page, as HTML."""
    return rendered(entry_sections(entered), entered.market.about, lambda: _pictures(entered), DOCUMENT)


def _pictures(entered: Entered) -> dict[str, str]:
    """The pictures by their captions, as SVG elements."""
    caption = "The entrant beside the best incumbent of each user type (bars: the share of the type that it serves)"
    return {caption: pictures.inline(pictures.svg(entry_figure(entered, caption)))}


def entry_figure(entered: Entered, title: str) -> Any:
    """The scores of the entrant and of the incumbents, above the share of each user type that the entrant serves.

    Args:
        entered: what was asked and found.
        title: what stands above.
    """
    market, entry = entered.answer.market, entered.answer.entry
    expected = entered.expected
    of_user = entry.outcome.share_of_user if expected is None else expected.share_of_user.mean(axis=0)
    users = pictures.largest(market.masses)
    places = np.arange(len(users))
    if len(users) < market.num_users:
        title = f"{title}, the {len(users)} largest of {market.num_users:,} user types"
    labels = [f"{pictures.folded(market.user_names[k], ' ')}\n{percent(market.masses[k])}" for k in users]
    with pictures.styled():
        figure = pictures.new_figure(2.0 + 0.95 * len(users), 4.2)
        scores, served = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        spread = {"linestyle": "none", "markersize": 4, "markeredgecolor": "0.6", "markerfacecolor": "none"}
        for number, model in enumerate(market.scores[:, users]):
            scores.plot(places, model, "o", label="incumbents" if number == 0 else None, **spread)
        scores.plot(places, entry.scores[users], "D", color=pictures.DARK, label="entrant")
        best = market.scores.max(axis=0)[users]
        scores.hlines(best, places - 0.3, places + 0.3, color=pictures.MID, label="best incumbent")
        scores.set_ylabel("score")
        scores.set_title("\n".join(wrap(title, max(30, 13 * len(users)))))
        scores.legend(fontsize=7)
        served.bar(places, of_user[users], width=0.6, color=pictures.DARK)
        served.set_ylim(0, 1)
        served.set_ylabel("share served" if expected is None else "expected share\nserved")
        served.set_xticks(places, labels, fontsize=8)
    return figure
