"""Market files: read in any format that tables have, written as CSV or JSON by the suffix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from ..atomic import write_whole
from ..market import Market
from ..messages import shown
from . import csv_format, json_checks, json_format, score_table, sheets
from .disk import checked_path, decoded, named, text_at
from .sheets.json_rows import LISTS, is_of_columns
from .table import Table, check_names

__all__ = ["FORMATS", "OPTIONS", "decoded", "is_path", "named", "read", "save", "text_at"]

OPTIONS = score_table.OPTIONS
"""What `read` takes for tables of other formats than ours."""


class Format(Protocol):
    """What a module of one file format offers."""

    def text_of(self, table: Table) -> str:
        """The table as text that reads back bit for bit."""


FORMATS: dict[str, Format] = {".csv": csv_format, ".json": json_format}
"""The formats in which markets are saved, by suffix."""


def is_path(name: str | os.PathLike[str]) -> bool:
    """Whether `name` is a path: it ends as those of tables do, or there is a file of that name."""
    if isinstance(name, os.PathLike) or Path(name).suffix.lower() in sheets.SUFFIXES:
        return True
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):  # no name of a file
        return False


def read(path: str | os.PathLike[str], **options: Any) -> Table:
    """The table in the file at `path`, `options` those of `OPTIONS`; a JSON file of our own format takes none.

    Warns:
        LeftOutWarning: models or user types with gaps are left out.

    Raises:
        ValueError: there is no such file, it is too large or not UTF-8, its content is not a market table or may be
            read in several ways, or an option is unknown.
        ImportError: the format needs a library that is not installed.
        TypeError: an argument has another type.
    """
    file_path, where = checked_path(path)
    if file_path.suffix.lower() != ".json":
        return score_table.read(path, **options)
    text = text_at(path)
    content = json_checks.decoded(text, where)
    if _is_table(content):
        return score_table.of_json(content, where, **options)
    if isinstance(content, dict) and "format" not in content:
        raise ValueError(
            f'{where}: neither a market, which has a "format", nor a table: give a list of records such as '
            f'[{{"model": "poet", "chat": 0.9, "code": 0.1}}]'
        )
    if options:
        raise ValueError(f"unknown option {shown(next(iter(options)))} of {where}; known: masses")
    return json_format.parse(text, where)


def _is_table(content: Any) -> bool:
    if not isinstance(content, dict):
        return isinstance(content, list)
    return "format" not in content and (bool(set(LISTS) & set(content)) or is_of_columns(content))


def save(market: Market | Table, path: str | os.PathLike[str]) -> None:
    """Write one market to `path`, as CSV or JSON by its suffix, so that `load` gives it back bit for bit.

    JSON keeps the standard errors, and of a table also where its numbers come from. CSV has no place for them and
    refuses such a market: nothing is lost without a word.

    The file appears whole or not at all: it is written beside its place and renamed.

    Args:
        market: one market, not a batch; or the table of an import.
        path: ends in .csv or .json; a file there is replaced, its folder must exist.

    Raises:
        ValueError: the market is a batch, a name is empty or has blanks around it, the suffix is another one, the
            format has no place for something that the market holds (in CSV, a model named `masses` too), or the
            place cannot be written.
        TypeError: `market` is neither a Market nor a Table, or `path` neither a string nor a path.

    Example:
        >>> import tempfile
        >>> from genmarket_env import Market, markets
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     markets.save(Market([[0.9, 0.1]], [0.6, 0.4]), f"{folder}/mine.csv")
        ...     print(Path(folder, "mine.csv").read_text())
        model,user_0,user_1
        masses,0.6,0.4
        model_0,0.9,0.1
    """
    table = market if isinstance(market, Table) else Table.of(market)
    table.check()
    file_path, where = checked_path(path)
    text_of = _format(file_path).text_of
    check_names(table.models, "model", where)
    check_names(table.users, "user", where)
    try:
        data = text_of(table).encode()
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    try:
        write_whole(file_path, data)
    except OSError as error:
        raise ValueError(f"{where} cannot be written: {error.strerror}") from None


def _format(path: Path) -> Format:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"{named(path)}: a market file ends in {' or '.join(FORMATS)}") from None
