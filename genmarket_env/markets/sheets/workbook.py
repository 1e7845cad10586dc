"""Tables as Excel workbooks, .xlsx, by openpyxl: the values of cells as they were last computed, nothing else."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from ...messages import listed, shown
from .record import Record, check_size, check_unpacked, text_of


def records(data: bytes, where: str, sheet: str | None = None) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of the sheet of that name, or of the only one that is not empty.

    Raises:
        ImportError: openpyxl is not installed.
        ValueError: the file is no workbook or too large, there is no such sheet, several have content, or a column has
            no name or occurs twice.
    """
    try:
        import openpyxl
    except ImportError:
        raise ImportError(f"{where}: .xlsx needs openpyxl: pip install 'genmarket_env[xlsx]'") from None
    _check_parts(data, where)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        tables = {found.title: _rows(found, where) for found in book.worksheets if sheet in (None, found.title)}
    except ValueError:
        raise
    except Exception as error:  # whatever a damaged part makes of it
        raise ValueError(f"{where}: not readable as an .xlsx workbook ({type(error).__name__})") from None
    tables = {title: rows for title, rows in tables.items() if rows}
    if not tables:
        named = f" of the name {shown(sheet)}" if sheet is not None else ""
        raise ValueError(f"{where}: the workbook has no sheet{named} with content; it has {listed(book.sheetnames)}")
    if len(tables) > 1:
        raise ValueError(
            f"{where}: several sheets have content, {listed(tables)}: say which, sheet=... (on the command line --set "
            f"sheet=...)"
        )
    (title,) = tables
    return _records(tables[title], f"{where}, sheet {shown(title)}")


def _check_parts(data: bytes, where: str) -> None:
    """Refuse what unpacks to too much, or defines entities, before a parser sees it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_unpacked(sum(part.file_size for part in archive.infolist()), where)
            for part in archive.infolist():
                with archive.open(part) as file:
                    if b"<!DOCTYPE" in file.read(4096):
                        raise ValueError(f"{where}: a part of the workbook defines entities; that is not read")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise ValueError(f"{where}: not readable as an .xlsx workbook") from None


def _rows(sheet: Any, where: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, with their numbers."""
    if not hasattr(sheet, "reset_dimensions"):  # a sheet of charts
        return []
    sheet.reset_dimensions()  # a file may claim any
    rows, cells = [], 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells += len(row) or 1
        check_size(cells, 1, where)
        texts = [text_of(value) for value in row]
        if any(texts):
            rows.append((number, texts))
    return rows


def _records(rows: list[tuple[int, list[str]]], where: str) -> tuple[tuple[str, ...], list[Record]]:
    (line, header), *body = rows
    used = [i for i in range(max(len(row) for _, row in rows)) if any(i < len(row) and row[i] for _, row in rows)]
    columns = [header[i] if i < len(header) else "" for i in used]
    for column in columns:
        if columns.count(column) > 1:
            raise ValueError(f"{where}, row {line}: the column {shown(column)} occurs more than once")
    return tuple(columns), [
        Record(
            f"{where}, row {number}",
            {column: row[i] if i < len(row) else "" for column, i in zip(columns, used, strict=True)},
        )
        for number, row in body
    ]
