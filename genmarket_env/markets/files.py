"""Market files on disk: the suffix names the format, `.csv` or `.json`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from ..atomic import write_whole
from ..market import Market
from ..messages import shown
from . import csv_format, json_format
from .table import Table, check_names

MAX_BYTES = 64 * 2**20
"""Larger files are refused before they are read: far beyond any market, so most likely another file."""

MAX_NAMED = 200
"""So many characters of a path are shown in errors."""


class Format(Protocol):
    """What a module of one file format offers."""

    def parse(self, text: str, where: str) -> Table:
        """The table in `text`; errors name `where`."""

    def text_of(self, table: Table) -> str:
        """The table as text that `parse` reads back bit for bit."""


FORMATS: dict[str, Format] = {".csv": csv_format, ".json": json_format}


def is_path(name: str | os.PathLike[str]) -> bool:
    """Whether `name` names a file rather than an entry of the catalogue."""
    return isinstance(name, os.PathLike) or Path(name).suffix.lower() in FORMATS


def read(path: str | os.PathLike[str]) -> Table:
    """The table in the file at `path`.

    Raises:
        ValueError: there is no such file, its suffix is neither .csv nor .json, it is too large or not UTF-8,
            or its content is not a market table.
    """
    file_path, where = _checked_path(path)
    return _format(file_path).parse(text_at(file_path), where)


def text_at(path: str | os.PathLike[str], kind: str = "market") -> str:
    """The text of the file at `path`; errors call it a file of that kind.

    Raises:
        ValueError: there is no such file, it is too large or not UTF-8, or it cannot be read.
        TypeError: `path` is neither a string nor a path.
    """
    file_path, where = _checked_path(path, kind)
    try:
        if file_path.is_dir():
            raise ValueError(f"{where} is a folder, not a {kind} file")
        if not file_path.exists():
            raise ValueError(f"{where}: there is no such file")
        if not file_path.is_file():  # to read a pipe or a device could take for ever
            raise ValueError(f"{where} is not a regular file")
        with file_path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{where} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise ValueError(f"{where} is larger than {MAX_BYTES // 2**20} MiB; that is not a {kind} file")
    return decoded(data, where)


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
    file_path, where = _checked_path(path)
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


def decoded(data: bytes, where: str) -> str:
    """The text of a file, without its byte order mark.

    Raises:
        ValueError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{where} is not UTF-8 text (byte {error.start}); save it as CSV or JSON, in UTF-8") from None


def _format(path: Path) -> Format:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"{named(path)}: a market file ends in {' or '.join(FORMATS)}") from None


def _checked_path(path: str | os.PathLike[str], kind: str = "market") -> tuple[Path, str]:
    """The path, and how errors name it."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the path of a {kind} file must be a string or a path; got {shown(path)}")
    file_path = Path(path)
    if "\0" in str(file_path):
        raise ValueError(f"{named(file_path)}: no path has a null character in it")
    return file_path, named(file_path)


def named(path: str | os.PathLike[str]) -> str:
    """The path as errors show it."""
    return shown(os.fspath(path), MAX_NAMED)
