"""The published tables of the segment auction: its scenarios, and the means and standard errors of 500 runs."""

from __future__ import annotations

from typing import Literal, NamedTuple

Q = (0.36, 0.87, 0.31, 0.26)
"""The relevance of four ads, rounded to two digits, as it is published."""

Q_11 = (*Q, 0.21, 0.36, 0.38, 0.28, 0.33, 0.34, 0.33)
"""Of eleven."""

Selection = Literal["relevance", "naive"]


class SegmentRow(NamedTuple):
    """A row of a table: three segments, a scenario and a mechanism.

    Attributes:
        scenario: its number.
        name: of the mechanism.
        q: the relevance of the ads.
        bids: of the advertisers.
        replacement: whether an ad may be shown again.
        selection: what a winner is drawn by.
        published: welfare, prices and relevance, each as a share of the most there could be.
        errors: their standard errors.
    """

    scenario: int
    name: str
    q: tuple[float, ...]
    bids: tuple[int, ...]
    replacement: bool
    selection: Selection
    published: tuple[float, float, float]
    errors: tuple[float, float, float]


_SCENARIOS: tuple[tuple[tuple[float, ...], tuple[int, ...]], ...] = (
    (Q, (3, 3, 2, 2)),
    (Q, (2, 1, 3, 3)),
    (Q_11, (1,) * 11),
)
_MECHANISMS: tuple[tuple[str, bool, Selection], ...] = (
    ("with replacement", True, "relevance"),
    ("without replacement", False, "relevance"),
    ("naive II", True, "naive"),
)
_PUBLISHED = (
    (
        ((0.660, 0.371, 0.688), (0.0091, 0.0070, 0.0082)),
        ((0.521, 0.333, 0.565), (0.0025, 0.0060, 0.0021)),
        ((0.508, 0.379, 0.552), (0.0085, 0.0065, 0.0076)),
    ),
    (
        ((0.898, 0.347, 0.527), (0.0022, 0.0071, 0.0077)),
        ((0.896, 0.317, 0.521), (0.0013, 0.0060, 0.0040)),
        ((0.897, 0.378, 0.418), (0.0023, 0.0069, 0.0053)),
    ),
    (
        ((0.507, 0.482, 0.507), (0.0068, 0.0070, 0.0068)),
        ((0.489, 0.481, 0.489), (0.0048, 0.0074, 0.0048)),
        ((0.423, 0.495, 0.423), (0.0049, 0.0071, 0.0049)),
    ),
)

TABLES = tuple(
    SegmentRow(scenario, name, q, bids, replacement, selection, *_PUBLISHED[scenario][place])
    for scenario, (q, bids) in enumerate(_SCENARIOS)
    for place, (name, replacement, selection) in enumerate(_MECHANISMS)
)
"""Three scenarios of three mechanisms each."""
