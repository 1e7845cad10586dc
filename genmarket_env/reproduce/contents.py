"""What a section of the report consists of: claims, pictures, and the numbers behind them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ..analysis.structure_probabilities import MarketStructure
from ..number_format import NONE, number
from ..tolerances import EQUAL

DIGITS = 10
"""The significant digits of numbers in files: solvers agree on them whichever way they compute."""

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Claim:
    """One claim, what was measured of it, and whether it holds.

    Attributes:
        statement: what is claimed, in one sentence.
        source: who claims it: the paper, a report of it, or this project (derived).
        measured: what the run found.
        holds: the verdict; None if the run does not decide the claim.
    """

    statement: str
    source: str
    measured: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return "undecided" if self.holds is None else "holds" if self.holds else "does not hold"


def for_all(statement: str, source: str, counterexamples: int, instances: int, what: str) -> Claim:
    """A claim about all instances: it holds if there were some, and no counterexample among them.

    Example:
        >>> for_all("W <= V", "paper", 0, 10, "random markets").measured
        '0 counterexamples in 10 random markets'
        >>> for_all("W <= V", "paper", 0, 0, "random markets").verdict
        'undecided'
    """
    holds = None if instances == 0 else counterexamples == 0
    return Claim(statement, source, f"{counterexamples:,} counterexamples in {instances:,} {what}", holds)


def there_is(statement: str, source: str, found: int, instances: int, what: str) -> Claim:
    """A claim that something happens: it holds if it was found at least once; not to find it decides nothing.

    Example:
        >>> there_is("W falls", "paper", 0, 10, "random markets").verdict
        'undecided'
    """
    return Claim(statement, source, f"found in {found:,} of {instances:,} {what}", True if found else None)


@dataclass(frozen=True)
class Numbers:
    """A table of numbers, which becomes a CSV file.

    Attributes:
        name: of the file, without its suffix.
        title: what it holds, with units.
        header: the names of the columns.
        rows: the cells; None is an empty one.
        shown: whether the page shows it too.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: bool = False

    @classmethod
    def of_records(cls, name: str, title: str, records: Sequence[dict[str, Any]], *, shown: bool = False) -> Numbers:
        """A table whose columns are the keys of the records, which all have the same."""
        header = tuple(records[0]) if records else ()
        return cls(name, title, header, tuple(tuple(record[key] for key in header) for record in records), shown)

    @property
    def people_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows as the page shows them: platforms count from 1, as in texts and pictures, in the file from 0."""
        counted = [name == "platform" for name in self.header]
        return tuple(
            tuple(
                cell + 1 if platform and isinstance(cell, int) else cell
                for cell, platform in zip(row, counted, strict=True)
            )
            for row in self.rows
        )

    def csv(self) -> str:
        """The table as CSV (RFC 4180)."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows([_written(cell) for cell in row] for row in self.rows)
        return text.getvalue()


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        name: of the SVG file, without its suffix.
        caption: what is to be seen, and the name of the CSV file with its numbers.
        svg: the picture as the text of an SVG file.
    """

    name: str
    caption: str
    svg: str


@dataclass(frozen=True)
class Chapter:
    """A section of the report.

    Attributes:
        title: its heading.
        sentences: what was done and found.
        pictures: its figures.
        numbers: the tables behind them.
        claims: what it has to say of the paper's claims.
    """

    title: str
    sentences: tuple[str, ...]
    pictures: tuple[Picture, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    claims: tuple[Claim, ...] = ()


def difference(value: float) -> str:
    """A difference that should be none: on rounding machines need not agree, so that its size is not shown.

    Example:
        >>> difference(3e-16), difference(0.0), difference(0.0123)
        ('below 1e-12', 'below 1e-12', '1.2e-02')
    """
    return f"below {EQUAL:.0e}" if value < EQUAL else f"{value:.1e}"


def shown_cell(cell: Cell) -> str:
    """A cell as the page shows it: four decimals, "-" for an empty one.

    Example:
        >>> shown_cell(0.84), shown_cell(3), shown_cell(None), shown_cell(True), shown_cell(-1e-18)
        ('0.8400', '3', '-', 'yes', '0.0000')
    """
    if cell is None:
        return NONE
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return number(cell)
    return str(cell).replace("_", " ") if cell in get_args(MarketStructure) else str(cell)


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        # Adding 0 turns a negative zero, which rounding leaves, into a plain one.
        return f"{round(cell, DIGITS + 2) + 0.0:.{DIGITS}g}"
    return str(cell)
