"""Market tables as CSV: a header `model,<user type>...`, then one row a model.

The first row, and no other, may be named `masses`: it holds the masses of the user types, which sum to 1.

```
model,chat,code
masses,0.75,0.25
poet,0.9,0.1
coder,0.2,0.8
```

CSV has no place for standard errors, sources and notes: such a market is saved as JSON.

UTF-8 (with or without a byte order mark), comma as separator, quotes as in RFC 4180, blank lines ignored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import fields

from ..messages import shown
from .table import Table, check_names

HEADER = "model"
MASSES = "masses"
LIKE_MASSES = ("mass", "share", "shares", "market share", "market shares", "weight", "weights", "segment shares")
"""What the first row may be called by somebody who means the masses; no model is."""


def parse(text: str, where: str) -> Table:
    """The table in `text`.

    Raises:
        ValueError: the header or a cell is missing, a cell is not a number, a row has the wrong length, a name
            is empty or occurs twice, or `masses` is not the first row; the message names `where`, the line and the
            column.
    """
    rows = rows_of(text, where)
    line, header = next(rows, (0, []))
    if not header:
        raise ValueError(f"{where}: the file is empty; its first line must be 'model,<user type>,...'")
    check_separator(header, f"{where}, line {line}")
    if header[0] != HEADER or len(header) < 2:
        raise ValueError(f"{where}, line {line}: the header must be 'model,<user type>,...'; got {shown(header)}")
    users = tuple(header[1:])
    check_names(users, "user", where)
    names: list[str] = []
    scores: list[tuple[float, ...]] = []
    masses = None
    for line, (name, *cells) in rows:
        numbers = _numbers(cells, users, f"{where}, line {line} ({shown(name)})")
        if not names and masses is None and name.lower() in LIKE_MASSES:
            raise ValueError(f"{where}, line {line}: name the row {shown(name)} 'masses' if it holds the masses")
        if name.lower() != MASSES:
            names.append(name)
            scores.append(numbers)
        elif names or masses is not None:
            raise ValueError(f"{where}, line {line}: the row 'masses' must be the only one and follow the header")
        else:
            masses = numbers
    if not names:
        raise ValueError(f"{where}: the pool is empty; after the header there must be one row a model")
    check_names(tuple(names), "model", where)
    return Table(where, tuple(names), users, tuple(scores), masses)


def text_of(table: Table) -> str:
    """A table as CSV, its masses in the first row.

    Every number is written so that reading it gives the same float64.

    Raises:
        ValueError: the table holds what CSV has no place for, such as standard errors, or a model named `masses`.
    """
    for name in table.models:
        if name.lower() == MASSES:
            raise ValueError(
                f"no model of a CSV may be named {name!r}, which is a row of its own; save the market as .json"
            )
    kept = Table(table.where, table.models, table.users, table.scores, table.masses)
    for field in fields(Table):
        if getattr(table, field.name) != getattr(kept, field.name):
            what = field.name.replace("_", " ")
            raise ValueError(f"CSV has no place for {what}; save the market as .json, or leave them out")
    out = io.StringIO()
    # The reader also ends a line at a lone \r: with both characters here the writer quotes a name that holds one.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((HEADER, *table.users))
    if table.masses is not None:
        writer.writerow((MASSES, *map(repr, table.masses)))
    writer.writerows((name, *map(repr, row)) for name, row in zip(table.models, table.scores, strict=True))
    return out.getvalue()


def check_separator(header: list[str], where: str) -> None:
    """Check that the columns of a header are not separated by something else than commas.

    Raises:
        ValueError: there is one column, with semicolons or tabs in its name.
    """
    if len(header) == 1:
        for separator, name in ((";", "semicolons"), ("\t", "tabs")):
            if separator in header[0]:
                raise ValueError(
                    f"{where}: the columns are separated by {name}; save the file with commas between them"
                )


def rows_of(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text that are not blank: the line in which each ends, and its cells without blanks around them.

    Raises:
        ValueError: the text is not CSV; the message names `where` and the line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise ValueError(f"{where}, line {reader.line_num}: not readable as CSV ({error})") from None


def _numbers(cells: list[str], users: tuple[str, ...], row: str) -> tuple[float, ...]:
    if len(cells) > len(users):
        raise ValueError(f"{row}: {len(cells)} numbers for {len(users)} user types; a row needs one a column")
    numbers = []
    for index, user in enumerate(users):
        cell = cells[index] if index < len(cells) else ""
        if not cell:
            raise ValueError(f"{row}: the cell of column {user!r} is missing; give a number")
        numbers.append(number_of(cell, f"{row}: the cell of column {user!r}"))
    return tuple(numbers)


def number_of(cell: str, what: str) -> float:
    """The number in a cell, NaN and infinities included.

    Raises:
        ValueError: it is not a number; the message names `what`.
    """
    try:
        # float() also takes 1_000, which no other reader of CSV does.
        return float(cell.replace("_", "?"))
    except ValueError:
        raise ValueError(f"{what} is {shown(cell)}, not a number") from None
