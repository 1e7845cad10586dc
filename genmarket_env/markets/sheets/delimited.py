"""Tables as text: columns separated by commas, semicolons or tabs, numbers with decimal points or commas.

What the separator is the first rows say, and whether commas are decimal the columns that hold nothing but numbers.
Where both readings are possible an error names the option that decides.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from ...messages import listed, shown
from ..cells import is_gap
from ..roles import MODEL, USER, key_of
from .record import Record, check_size

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_SEPARATOR_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", **{mark: mark for mark in SEPARATORS}}
_DECIMALS = {"comma": ",", "point": ".", ",": ",", ".": "."}

_SAMPLE = 50
"""So many rows are looked at to find the separator."""

_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+ ?%?")
_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d*)\.\d+(?:[eE][+-]?\d+)? ?%?")
_WHOLE = re.compile(r"[+-]?\d+ ?%?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+ ?%?")


def records(
    text: str, where: str, *, separator: str | None = None, decimal: str | None = None, by_suffix: str | None = None
) -> tuple[tuple[str, ...], list[Record]]:
    """The columns and the rows of a text.

    Args:
        text: of the file.
        where: the file, as errors name it.
        separator: of the columns: comma, semicolon or tab, or the mark itself; as the text says by default.
        decimal: the mark before the decimals, comma or point; as the text says by default.
        by_suffix: the separator that the name of the file promises, taken where the text leaves it open.

    Raises:
        ValueError: the text is not a table, a column occurs twice, a row is longer than the header, or the separator
            or the decimal mark is open.
    """
    mark = _chosen("separator", separator, _SEPARATOR_WORDS) or _separator(text, where, by_suffix)
    rows = rows_of(text, where, mark)
    line, header = next(rows, (0, []))
    if not header:
        raise ValueError(f"{where}: the file is empty; its first line must name the columns, 'model,<user type>,...'")
    lines, cells = [], []
    for line_of, row in rows:
        if len(row) > len(header) and not any(row[len(header) :]):
            row = row[: len(header)]
        if len(row) > len(header):
            raise ValueError(f"{where}, line {line_of}: {len(row)} cells for {len(header)} columns")
        lines.append(line_of)
        cells.append(row + [""] * (len(header) - len(row)))
        check_size(len(cells), len(header), where)
    columns = [list(column) for column in zip(*cells, strict=True)] or [[] for _ in header]
    header, columns = _without_empty(header, columns)
    for column in header:
        if header.count(column) > 1:
            raise ValueError(f"{where}, line {line}: the column {shown(column)} occurs more than once")
    columns = _with_points(header, columns, _chosen("decimal", decimal, _DECIMALS), mark, where)
    rows_again = zip(*columns, strict=True)
    return tuple(header), [
        Record(f"{where}, line {line_of}", dict(zip(header, row, strict=True)))
        for line_of, row in zip(lines, rows_again, strict=True)
    ]


def rows_of(text: str, where: str, separator: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows of a text that are not blank: the line in which each ends, and its cells without blanks around them.

    Raises:
        ValueError: the quotes are not those of CSV; the message names `where` and the line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise ValueError(f"{where}, line {reader.line_num}: not readable as CSV ({error})") from None


def _chosen(option: str, word: str | None, known: dict[str, str]) -> str | None:
    if word is None:
        return None
    if not isinstance(word, str) or word not in known:
        raise ValueError(f"{option} is {shown(word)}; it must be one of {listed(known)}")
    return known[word]


def _separator(text: str, where: str, by_suffix: str | None) -> str:
    """The separator that gives all of the first rows as many cells as the header, more than one."""
    widths = {}
    for mark in SEPARATORS:
        try:
            found = [len(cells) for _, cells in islice(rows_of(text, where, mark), _SAMPLE)]
        except ValueError:
            continue
        if found and found[0] > 1:
            widths[mark] = found
    even = [mark for mark, found in widths.items() if len(set(found)) == 1]
    if by_suffix in even or (by_suffix in widths and not even):
        return by_suffix or ","
    if len(even) > 1:
        names = " or ".join(SEPARATORS[mark] for mark in even)
        raise ValueError(
            f"{where}: the columns may be separated by {names}: say which, separator=comma, semicolon or tab (on the "
            f"command line --set separator=...)"
        )
    return next(iter(even or widths), ",")


def _without_empty(header: list[str], columns: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Without the columns that have neither a name nor a cell, such as a last separator of each line makes."""
    kept = [i for i, name in enumerate(header) if name or any(columns[i])]
    return [header[i] for i in kept], [columns[i] for i in kept]


def _with_points(
    header: list[str], columns: list[list[str]], decimal: str | None, separator: str, where: str
) -> list[list[str]]:
    """The columns with decimal points in those that hold nothing but numbers."""
    if not any("," in cell for column in columns for cell in column):
        return columns
    numeric = [
        i
        for i, column in enumerate(columns)
        if not (i == 0 and key_of(header[0]) in MODEL | USER)
        and (decimal or all(is_gap(cell) or _is_number(cell) for cell in column))
    ]
    cells = [cell for i in numeric for cell in columns[i] if _is_number(cell)]
    commas = [cell for cell in cells if "," in cell]
    if not commas:
        return columns
    decimal = decimal or _decimal(cells, commas, separator, where)
    out = list(columns)
    for i in numeric:
        out[i] = [_with_point(cell, decimal) if "," in cell and _is_number(cell) else cell for cell in columns[i]]
    return out


def _decimal(cells: list[str], commas: list[str], separator: str, where: str) -> str:
    """Whether the commas in numbers are decimal or stand for thousands."""
    points = any(_POINT.fullmatch(cell) for cell in cells)
    thousands = all(_THOUSANDS.fullmatch(cell) for cell in commas)
    if (points and not thousands) or (thousands and not points and separator == ","):
        raise ValueError(
            f"{where}: the comma of {commas[0]!r} may be a decimal comma or stand for thousands: say decimal=comma or "
            f"decimal=point (on the command line --set decimal=...)"
        )
    return "." if points else ","


def _with_point(cell: str, decimal: str) -> str:
    return cell.replace(".", "").replace(",", ".") if decimal == "," else cell.replace(",", "")


def _is_number(cell: str) -> bool:
    return any(pattern.fullmatch(cell) for pattern in (_WHOLE, _POINT, _COMMA, _THOUSANDS))
