"""Market tables as CSV: a header `model,<user type>...`, then one row a model.

The first row, and no other, may be named `masses`: it holds the masses of the user types, which sum to 1.

```
model,chat,code
masses,0.75,0.25
poet,0.9,0.1
coder,0.2,0.8
```

Prices and costs stand in columns that name their unit, `price [USD per query]`, before those of the user types.

CSV has no place for standard errors, sources and notes: such a market is saved as JSON.

UTF-8, comma as separator, quotes as in RFC 4180; `score_table` reads it back, and much else.
"""

from __future__ import annotations

import csv
import io
from dataclasses import fields

from . import amounts, roles
from .shapes import MASSES
from .table import Table

HEADER = "model"


def text_of(table: Table) -> str:
    """A table as CSV, its masses in the first row.

    Every number is written so that reading it gives the same float64.

    Raises:
        ValueError: the table holds what CSV has no place for, such as standard errors, a model named `masses`, or a
            user type named `model` or like an average of the others.
    """
    for name in table.users:
        if name == HEADER or roles.is_summary(name) or amounts.named_in(name):
            raise ValueError(
                f"no user type of a CSV may be named {name!r}, which reads as no user; save the market as .json"
            )
    for name in table.models:
        if name.lower() == MASSES:
            raise ValueError(
                f"no model of a CSV may be named {name!r}, which is a row of its own; save the market as .json"
            )
    sold = {name: one for name, one in table.amounts.items() if one is not None}
    kept = Table(
        table.where,
        table.models,
        table.users,
        table.scores,
        table.masses,
        prices=_unsourced(table.prices),
        costs=_unsourced(table.costs),
    )
    for field in fields(Table):
        if getattr(table, field.name) != getattr(kept, field.name):
            what = f"the source of {field.name}" if field.name in sold else field.name.replace("_", " ")
            raise ValueError(f"CSV has no place for {what}; save the market as .json, or leave them out")
    out = io.StringIO()
    # The reader also ends a line at a lone \r: with both characters here the writer quotes a name that holds one.
    writer = csv.writer(out, lineterminator="\r\n")
    headers = [amounts.header_of(name, one) for name, one in sold.items()]
    for name, one, header in zip(sold, sold.values(), headers, strict=True):
        if amounts.named_in(header) != (name, one.unit):
            raise ValueError(
                f"the unit {one.unit!r} cannot be read back from the head of a column; save the market as .json"
            )
    writer.writerow((HEADER, *headers, *table.users))
    if table.masses is not None:
        writer.writerow((MASSES, *[""] * len(sold), *map(repr, table.masses)))
    for j, (name, row) in enumerate(zip(table.models, table.scores, strict=True)):
        writer.writerow((name, *(repr(one.values[j]) for one in sold.values()), *map(repr, row)))
    return out.getvalue()


def _unsourced(one: amounts.Amounts | None) -> amounts.Amounts | None:
    return None if one is None else amounts.Amounts(one.values, one.unit)
