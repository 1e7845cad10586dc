"""The rows of a downloaded table, each with the place that errors name: CSV with a header, or JSON with `rows`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...messages import shown
from .. import csv_format
from ..files import named, text_at
from ..json_checks import a_list, an_object, decoded


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

    def number(self, column: str, low: float, high: float, remedy: str = "") -> float:
        """The number of a column, in [low, high]; `remedy` is what to do if it is out of range.

        Raises:
            ValueError: it is empty, not a number, or out of range.
        """
        what = f"{self.where}: the column {column!r}"
        number = csv_format.number_of(self.text(column), what)
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


def records_at(path: str | os.PathLike[str]) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of the table at `path`.

    A path that ends in .json holds an object with `rows`, a list of objects, or of objects with one in `row` (as the
    dataset viewer of Hugging Face gives them). Any other path is CSV with a header.

    Raises:
        ValueError: there is no such file, it cannot be read, it has no rows, a column occurs twice, or a row is longer
            than the header.
        TypeError: `path` is neither a string nor a path.
    """
    text = text_at(path)
    where = named(path)
    columns, records = (_json if Path(path).suffix.lower() == ".json" else _csv)(text, where)
    if not records:
        raise ValueError(f"{where}: the table has no rows")
    return columns, records


def _csv(text: str, where: str) -> tuple[tuple[str, ...], list[Record]]:
    rows = csv_format.rows_of(text, where)
    line, header = next(rows, (0, []))
    if not header:
        raise ValueError(f"{where}: the file is empty")
    csv_format.check_separator(header, f"{where}, line {line}")
    for column, times in Counter(header).items():
        if times > 1:
            raise ValueError(f"{where}, line {line}: the column {shown(column)} occurs more than once")
    records = []
    for line, cells in rows:
        if len(cells) > len(header):
            raise ValueError(f"{where}, line {line}: {len(cells)} cells for {len(header)} columns")
        cells += [""] * (len(header) - len(cells))
        records.append(Record(f"{where}, line {line}", dict(zip(header, cells, strict=True))))
    return tuple(header), records


def _json(text: str, where: str) -> tuple[tuple[str, ...], list[Record]]:
    rows = a_list(an_object(decoded(text, where), where).get("rows"), f"{where}: rows")
    places, contents = [], []
    for i, row in enumerate(rows):
        at = f"{where}: rows[{i}]"
        content = an_object(row, at)
        places.append(at)
        contents.append(an_object(content.get("row", content), at))
    columns = tuple(dict.fromkeys(key for content in contents for key in content))
    cells = [{key: _cell(content.get(key)) for key in columns} for content in contents]
    return columns, [Record(at, row) for at, row in zip(places, cells, strict=True)]


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()
