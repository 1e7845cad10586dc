"""Files on disk, with errors that name them: paths checked, sizes bounded, UTF-8."""

from __future__ import annotations

import os
from pathlib import Path

from ..messages import shown

MAX_BYTES = 64 * 2**20
"""Larger files are refused before they are read: far beyond any market, so most likely another file."""

MAX_NAMED = 200
"""So many characters of a path are shown in errors."""


def text_at(path: str | os.PathLike[str], kind: str = "market") -> str:
    """The text of the file at `path`; errors call it a file of that kind.

    Raises:
        ValueError: there is no such file, it is too large or not UTF-8, or it cannot be read.
        TypeError: `path` is neither a string nor a path.
    """
    return decoded(bytes_at(path, kind), named(path))


def bytes_at(path: str | os.PathLike[str], kind: str = "market") -> bytes:
    """The content of the file at `path`; errors call it a file of that kind.

    Raises:
        ValueError: there is no such file, it is too large, or it cannot be read.
        TypeError: `path` is neither a string nor a path.
    """
    file_path, where = checked_path(path, kind)
    try:
        if file_path.is_dir():
            raise ValueError(f"{where} is a folder, not a {kind} file")
        if not file_path.exists():
            raise ValueError(f"{where}: there is no such file")
        if not file_path.is_file():  # to read a pipe or a device could take for ever
            raise ValueError(f"{where} is not a regular file; write what a pipe gives into a file first")
        with file_path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{where} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise ValueError(f"{where} is larger than {MAX_BYTES // 2**20} MiB; that is not a {kind} file")
    return data


def decoded(data: bytes, where: str) -> str:
    """The text of a file, without its byte order mark.

    Raises:
        ValueError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{where} is not UTF-8 text (byte {error.start}); save it as CSV or JSON, in UTF-8") from None


def checked_path(path: str | os.PathLike[str], kind: str = "market") -> tuple[Path, str]:
    """The path, and how errors name it.

    Raises:
        ValueError: it has a null character in it.
        TypeError: it is neither a string nor a path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the path of a {kind} file must be a string or a path; got {shown(path)}")
    file_path = Path(path)
    if "\0" in str(file_path):
        raise ValueError(f"{named(file_path)}: no path has a null character in it")
    return file_path, named(file_path)


def named(path: str | os.PathLike[str]) -> str:
    """The path as errors show it."""
    return shown(os.fspath(path), MAX_NAMED)
