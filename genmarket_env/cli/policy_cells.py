"""How `genmarket policy` shows figures, their changes, and tables of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..number_format import number, percent, signed
from ..policy import Change
from ..policy.outcome import ENTRANT_ROUNDS
from .sections import Section

TITLES = {
    "user_value": "user value",
    "best": "the planner's best user value",
    "served": "users served",
    "profit": "platforms' profit",
    "consumer_surplus": "users' surplus, in money",
    "government": "government",
    "total": "total, in money",
    "hhi": "HHI of platforms",
    "model_hhi": "HHI of models",
    "price": "price paid on average",
    "entrant": f"users of a late entrant after {ENTRANT_ROUNDS} rounds",
}
"""The figures as a reader sees them."""

POINTS = {"hhi", "model_hhi"}
"""Those on the scale from 0 to 10,000."""

SHARES = {"served", "entrant"}
"""Those that are shares of users."""


def change_cells(change: Change, name: str = "") -> tuple[str, ...]:
    """A change of the figure of that name; after it, of redrawn markets, its range and how often it falls and rises."""
    cells = (shown_change(name, change.measured),)
    if change.low is None or change.high is None or change.falls is None or change.rises is None:
        return cells
    return (
        *cells,
        f"{_shown_end(name, change.low)} to {_shown_end(name, change.high)}",
        percent(change.falls.probability, 0),
        percent(change.rises.probability, 0),
    )


def changes_section(
    title: str,
    sentences: tuple[str, ...],
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    draws: int,
    texts: int,
) -> Section:
    """A table whose rows end in `change_cells`.

    Args:
        title: of the section.
        sentences: above the table.
        header: of the columns before the change.
        rows: the cells.
        draws: how many markets were redrawn.
        texts: how many of the first columns are text.
    """
    header = (*header, "change", *(("5% to 95%", "falls in", "rises in") if draws else ()))
    return Section(title, sentences, header, tuple(rows), len(header) - texts)


def shown_figure(name: str, value: float) -> str:
    """The figure of that name."""
    if name in POINTS:
        return f"{value:,.0f}"
    return percent(value) if name in SHARES else number(value)


def shown_change(name: str, value: float) -> str:
    """The change of a figure as `_shown` shows the figure, with its sign; of a share in points of per cent."""
    if name in POINTS:
        return f"{value:+,.0f}".replace("-0", "+0") if round(value) == 0 else f"{value:+,.0f}"
    return f"{signed(100 * value, 1)}%" if name in SHARES else signed(value)


def _shown_end(name: str, value: float) -> str:
    """An end of the range of a change."""
    if name in POINTS:
        return f"{round(value) + 0:,}"
    return shown_figure(name, value)
