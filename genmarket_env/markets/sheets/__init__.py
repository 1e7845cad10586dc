"""Rectangular tables from files of many formats: columns, and rows that know their place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..disk import bytes_at, checked_path, decoded
from ..json_checks import decoded as json_decoded
from . import delimited, json_rows, parquet, workbook
from .record import Record

__all__ = ["OPTIONS", "SUFFIXES", "Record", "records_at", "records_of_json"]

TEXT_SUFFIXES: Mapping[str, str | None] = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": None}
SUFFIXES = (*TEXT_SUFFIXES, ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet")
"""What the names of tables end in; a table of any other name is read as text."""

_FOREIGN = {".xls", ".ods", ".pkl", ".pickle", ".feather", ".arrow", ".npz", ".npy", ".h5", ".zip", ".gz", ".pdf"}

OPTIONS = {
    "separator": "of the columns of a text: comma, semicolon or tab; by default as the rows say",
    "decimal": "the mark before the decimals of a text: comma or point; by default as the numbers say",
    "sheet": "of a workbook with several sheets, the one to read",
}


def records_at(
    path: str | os.PathLike[str],
    *,
    separator: str | None = None,
    decimal: str | None = None,
    sheet: str | None = None,
) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of the table at `path`; see `OPTIONS`.

    Raises:
        ValueError: there is no such file, it cannot be read, it has no rows, a column occurs twice, a row is longer
            than the header, or an option is needed or unknown.
        ImportError: the format needs a library that is not installed.
        TypeError: `path` is neither a string nor a path.
    """
    file_path, where = checked_path(path)
    suffix = file_path.suffix.lower()
    if suffix in _FOREIGN and file_path.is_file():
        of_users = "; one row a user is for markets.open_users and genmarket users" if suffix == ".npy" else ""
        raise ValueError(
            f"{where}: {suffix} files are not read; save the table as CSV, .xlsx, .parquet or JSON{of_users}"
        )
    data = bytes_at(file_path)
    found = _records(data, suffix, where, separator, decimal, sheet)
    if not found[1]:
        raise ValueError(f"{where}: the table has no rows, one for each model, below the names of its columns")
    return found


def records_of_json(content: Any, where: str) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of what a JSON text holds.

    Raises:
        ValueError: it is no list of records, or an empty one.
    """
    found = json_rows.records(content, where)
    if not found[1]:
        raise ValueError(f"{where}: the table has no rows")
    return found


def _records(
    data: bytes, suffix: str, where: str, separator: str | None, decimal: str | None, sheet: str | None
) -> tuple[tuple[str, ...], list[Record]]:
    if suffix == ".xlsx":
        return workbook.records(data, where, sheet)
    if suffix == ".parquet":
        return parquet.records(data, where)
    text = decoded(data, where)
    if suffix == ".json":
        return json_rows.records(json_decoded(text, where), where)
    if suffix in (".jsonl", ".ndjson"):
        return json_rows.records(json_rows.lines(text, where), where)
    by_suffix = TEXT_SUFFIXES.get(suffix)
    return delimited.records(text, where, separator=separator, decimal=decimal, by_suffix=by_suffix)
