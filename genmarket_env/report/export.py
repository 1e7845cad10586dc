"""The tables of an answer as a file for other programs: .csv, .tex or .xlsx.

Every table has its title and its header; numbers stand as they are shown, per cent as shares in a workbook. What the
answer rests on is the last table.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..about import TITLE, About
from ..atomic import write_whole
from ..messages import printable, shown


@dataclass(frozen=True)
class Table:
    """A table with a title.

    Attributes:
        title: what it shows.
        header: the titles of its columns.
        rows: the cells, as they are shown.
        numbers: how many of the last columns hold numbers.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0


def check_export(path: Path) -> None:
    """Check, before any work, that tables can be written to the file.

    Raises:
        ValueError: it ends in none of the formats, or its folder is not there or cannot be written into.
        ImportError: the format needs a library that is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"--export {shown(os.fspath(path))}: the file must end in {', '.join(FORMATS)}")
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"--export {shown(os.fspath(path))} cannot be written: choose another place")
    if suffix == ".xlsx":
        try:
            import openpyxl  # noqa: F401
        except ImportError:
            raise ImportError("--export: .xlsx needs openpyxl: pip install 'genmarket_env[xlsx]'") from None


def export(tables: Sequence[Table], about: About, path: Path) -> None:
    """Write the tables and what they rest on to `path`, which appears whole or not at all.

    Raises:
        ValueError, ImportError: as `check_export`.
    """
    check_export(path)
    known = Table(TITLE, ("what", "text"), tuple(about.facts))
    kept = [table for table in tables if table.rows]
    try:
        write_whole(path, FORMATS[path.suffix.lower()]([_printable(table) for table in (*kept, known)]))
    except OSError as error:
        raise ValueError(f"--export {shown(os.fspath(path))} cannot be written: {error.strerror}") from None


def _printable(table: Table) -> Table:
    rows = tuple(tuple(printable(cell) for cell in row) for row in table.rows)
    return Table(printable(table.title), tuple(map(printable, table.header)), rows, table.numbers)


def csv_of(tables: Sequence[Table]) -> bytes:
    """The tables below each other, each after its title and before a blank line.

    Example:
        >>> csv_of([Table("Welfare", ("platforms", "value"), (("2", "0.8534"),), 1)]).decode()
        'Welfare\\r\\nplatforms,value\\r\\n2,0.8534\\r\\n\\r\\n'
    """
    out = io.StringIO()
    writer = csv.writer(out)
    for table in tables:
        writer.writerow([table.title])
        writer.writerow(table.header)
        writer.writerows(table.rows)
        writer.writerow([])
    return out.getvalue().encode()


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "\n": " ", "\r": " ",
}  # fmt: skip


def tex_of(tables: Sequence[Table]) -> bytes:
    """A `table` each, for any LaTeX without packages; of wide text, columns are paragraphs.

    Example:
        >>> print(tex_of([Table("R&D", ("model", "share"), (("a_b", "42.8%"),), 1)]).decode())
        \\begin{table}
        \\caption{R\\&D}
        \\begin{tabular}{lr}
        \\hline
        model & share \\\\
        \\hline
        a\\_b & 42.8\\% \\\\
        \\hline
        \\end{tabular}
        \\end{table}
        <BLANKLINE>
    """
    return "\n".join(map(_tex_table, tables)).encode()


def _tex_table(table: Table) -> str:
    texts = len(table.header) - table.numbers
    wide = [max(len(row[i]) for row in (table.header, *table.rows)) > 60 for i in range(texts)]
    columns = "".join("p{0.6\\textwidth}" if is_wide else "l" for is_wide in wide) + "r" * table.numbers
    lines = [
        "\\begin{table}",
        f"\\caption{{{_tex(table.title)}}}",
        f"\\begin{{tabular}}{{{columns}}}",
        "\\hline",
        _tex_row(table.header),
        "\\hline",
        *map(_tex_row, table.rows),
        "\\hline",
        "\\end{tabular}",
        "\\end{table}",
        "",
    ]
    return "\n".join(lines)


def _tex_row(cells: Sequence[str]) -> str:
    return f"{' & '.join(map(_tex, cells))} \\\\"


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)


def xlsx_of(tables: Sequence[Table]) -> bytes:
    """A workbook with a sheet for each table, its title in the first row; numbers are numbers, no text is a formula."""
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    book.remove(book.active)
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.title, book.sheetnames))
        texts = len(table.header) - table.numbers
        for i, row in enumerate(((table.title,), table.header, *table.rows), start=1):
            for k, text in enumerate(row, start=1):
                cell = sheet.cell(i, k)
                number = number_in(text) if i > 2 and k > texts else None
                if number is None:
                    cell.value, cell.data_type = text, "s"
                else:
                    cell.value, cell.number_format = number
                if i <= 2:
                    cell.font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<decimals>\.[0-9]+)?(?P<per_cent>%?)"
)


def number_in(text: str) -> tuple[float, str] | None:
    """The number that a cell shows, and the format of a workbook that shows it so; None if it shows none.

    Example:
        >>> number_in("42.8%"), number_in("1,234"), number_in("-0.25"), number_in("2 x poet")
        ((0.428, '0.0%'), (1234.0, '0'), (-0.25, '0.00'), None)
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    decimals = found["decimals"] or ""
    value = float(f"{found['sign']}{found['digits'].replace(',', '')}{decimals}")
    shown_as = f"0.{'0' * (len(decimals) - 1)}" if decimals else "0"
    return (round(value / 100, len(decimals) + 2), f"{shown_as}%") if found["per_cent"] else (value, shown_as)


def _sheet_name(title: str, taken: Sequence[str]) -> str:
    """A title as the name of a sheet: at most 31 characters, some not allowed, none twice."""
    name = re.sub(r"[\\/*?:\[\]]+", " ", title).strip(" '")[:31].strip(" '") or "table"
    known = {other.casefold() for other in taken}
    number = 1
    unused = name
    while unused.casefold() in known:
        number += 1
        unused = f"{name[: 30 - len(str(number))]} {number}"
    return unused


FORMATS: dict[str, Callable[[Sequence[Table]], bytes]] = {".csv": csv_of, ".tex": tex_of, ".xlsx": xlsx_of}
"""The formats by the suffix of the file."""
