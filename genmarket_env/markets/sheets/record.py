"""One row of a table, with the place that errors name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..cells import is_gap, number_of

MAX_CELLS = 20_000_000
"""The most cells of a table, gaps included: a file of few bytes can claim many."""

MAX_UNPACKED = 512 * 2**20
"""The most bytes of a packed file when unpacked, as the file says."""


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        where: the file and the place in it, as errors name it.
        cells: the text of each column, "" where the row has none.
    """

    where: str
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The text of a column.

        Raises:
            ValueError: it is empty, or there is no such column.
        """
        text = self.cells.get(column, "")
        if not text:
            raise ValueError(f"{self.where}: the column {column!r} is missing or empty")
        return text

    def has(self, column: str) -> bool:
        """Whether the column has something else than a gap."""
        return not is_gap(self.cells.get(column, ""))

    def number(self, column: str, low: float, high: float, remedy: str = "") -> float:
        """The number of a column, in [low, high]; `remedy` is what to do if it is out of range.

        Raises:
            ValueError: it is empty, not a number, or out of range.
        """
        what = f"{self.where}: the column {column!r}"
        number = number_of(self.text(column), what)
        if not low <= number <= high:
            raise ValueError(f"{what} is {number:g}; it must be in [{low:g}, {high:g}]{remedy and f': {remedy}'}")
        return number

    def count(self, column: str, high: int) -> int:
        """The whole number of a column, in 1 to `high`.

        Raises:
            ValueError: it is empty, not a whole number, or out of range.
        """
        number = self.number(column, 1, high)
        if number != int(number):
            raise ValueError(f"{self.where}: the column {column!r} is {number:g}; it must be a whole number")
        return int(number)


def check_size(rows: int, columns: int, where: str) -> None:
    """Raise ValueError if a table has more than `MAX_CELLS` cells."""
    if rows * columns > MAX_CELLS:
        raise ValueError(f"{where} has more than the {MAX_CELLS:,} cells that are read; that is not a market file")


def check_unpacked(size: int, where: str) -> None:
    """Raise ValueError if a file says that it unpacks to more than `MAX_UNPACKED` bytes."""
    if size > MAX_UNPACKED:
        raise ValueError(f"{where} unpacks to more than {MAX_UNPACKED // 2**20} MiB; that is not a market file")


def text_of(value: object) -> str:
    """The text of a cell that a file holds as a value."""
    return "" if value is None else str(value).strip()
