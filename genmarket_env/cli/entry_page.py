"""The report of `genmarket entry`: what its page shows."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from .. import pictures
from .entry_sections import Entered, entry_sections
from .page import MAX_PICTURED, rendered, write_page

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
    market = entered.answer.market
    if market.num_users > MAX_PICTURED[1]:
        return {}
    caption = "The entrant beside the best incumbent of each user type (bars: the share of the type that it serves)"
    return {caption: pictures.inline(pictures.svg(entry_figure(entered, caption)))}


def entry_figure(entered: Entered, title: str) -> Any:
    """The scores of the entrant and of the incumbents, above the share of each user type that the entrant serves.

    Args:
        entered: what was asked and found.
        title: what stands above.
    """
    market, entry = entered.answer.market, entered.answer.entry
    places = np.arange(market.num_users)
    labels = [
        f"{pictures.folded(name, ' ')}\n{mass:.1%}" for name, mass in zip(market.user_names, market.masses, strict=True)
    ]
    with pictures.styled():
        figure = pictures.new_figure(2.0 + 0.95 * market.num_users, 4.2)
        scores, served = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        spread = {"linestyle": "none", "markersize": 4, "markeredgecolor": "0.6", "markerfacecolor": "none"}
        for number, model in enumerate(market.scores):
            scores.plot(places, model, "o", label="incumbents" if number == 0 else None, **spread)
        scores.plot(places, entry.scores, "D", color=pictures.DARK, label="entrant")
        best = market.scores.max(axis=0)
        scores.hlines(best, places - 0.3, places + 0.3, color=pictures.MID, label="best incumbent")
        scores.set_ylabel("score")
        scores.set_title("\n".join(wrap(title, max(30, 13 * market.num_users))))
        scores.legend(fontsize=7)
        served.bar(places, entry.outcome.share_of_user, width=0.6, color=pictures.DARK)
        served.set_ylim(0, 1)
        served.set_ylabel("share served")
        served.set_xticks(places, labels, fontsize=8)
    return figure
