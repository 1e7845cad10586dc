"""Tables as JSON: a list of records, an object with `rows` or `data`, one of columns, or one record a line."""

from __future__ import annotations

from typing import Any

from ..json_checks import a_list, an_object, decoded
from ..roles import MODEL, USER, key_of
from .record import Record, check_size, text_of

LISTS = ("rows", "data", "records")
"""The keys under which an object may have its records."""


def records(content: Any, where: str) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of what a JSON text holds.

    That is a list of objects, perhaps under one of the keys `LISTS`, each of which may have its cells in `row`, as the
    dataset viewer of Hugging Face gives them; or an object of columns, each a list, or an object by row as pandas
    writes them.

    Raises:
        ValueError: it is neither.
    """
    name = ""
    if is_of_columns(content):
        content = _rows_of(content)
    if not isinstance(content, list):
        name = next((name for name in LISTS if name in an_object(content, where)), LISTS[0])
        content = content.get(name)
    rows = a_list(content, f"{where}: {name}" if name else where)
    places = [f"{where}: {name}[{i}]" for i in range(len(rows))]
    objects = [an_object(row, at) for row, at in zip(rows, places, strict=True)]
    contents = [
        an_object(row.get("row", row), at) if "row" in row else row for row, at in zip(objects, places, strict=True)
    ]
    columns = tuple(dict.fromkeys(key for content in contents for key in content))
    check_size(len(contents), len(columns), where)
    cells = [{key: text_of(content.get(key)) for key in columns} for content in contents]
    return columns, [Record(at, row) for at, row in zip(places, cells, strict=True)]


def is_of_columns(content: Any) -> bool:
    """Whether it is an object of columns, with one of models or user types: lists of one length, or objects by row."""
    if not isinstance(content, dict) or not any(key_of(name) in MODEL | USER for name in content):
        return False
    columns = list(content.values())
    if all(isinstance(column, list) for column in columns):
        return len({len(column) for column in columns}) == 1
    return all(isinstance(column, dict) and column.keys() == columns[0].keys() for column in columns)


def _rows_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    columns = [column if isinstance(column, list) else list(column.values()) for column in _in_order(content)]
    return [dict(zip(content, row, strict=True)) for row in zip(*columns, strict=True)]


def _in_order(content: dict[str, Any]) -> list[Any]:
    """The columns, those by row in the order of the first."""
    columns = list(content.values())
    if not isinstance(columns[0], dict):
        return columns
    return [{row: column[row] for row in columns[0]} for column in columns]


def lines(text: str, where: str) -> list[Any]:
    """The records of a text with one a line.

    Raises:
        ValueError: a line is not JSON.
    """
    numbered = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not numbered:
        raise ValueError(f"{where}: the file is empty")
    return [decoded(line, f"{where}, line {i}") for i, line in numbered]
