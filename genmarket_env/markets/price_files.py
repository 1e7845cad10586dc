"""Prices and costs of models from a file of their own, for a table of scores that has none."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..messages import listed, shown
from .amounts import OF_MODEL, Amounts, columns_of
from .disk import named
from .left_out import noted, several
from .sheets import Record, records_at
from .table import Table

MODEL = "model"


def with_amounts(
    table: Table, path: str | os.PathLike[str], *, price: str | None = None, cost: str | None = None
) -> Table:
    """The table with the prices and costs of a file, of those of its models that the file has.

    Args:
        table: of scores.
        path: a file with a column `model`, as any table of text, .json, .xlsx or .parquet; rows of other models are
            not read. Columns of amounts are called `price [UNIT]` and `cost [UNIT]`, or named by what follows.
        price: `COLUMN=UNIT`, the column of prices and what one is, where it is called otherwise.
        cost: the same of costs.

    Warns:
        LeftOutWarning: models without an amount are left out.

    Raises:
        ValueError: the file cannot be read, has no column of models or amounts, an amount is no number of at least 0 or
            given twice, or it has none of the models.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from genmarket_env.markets import Table
        >>> table = Table("mine.csv", ("poet", "coder"), ("chat",), ((0.9,), (0.2,)))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "prices.csv")
        ...     _ = path.write_text("model,usd\\ncoder,2\\npoet,15\\n")
        ...     with_amounts(table, path, price="usd=USD per million tokens").prices
        Amounts(values=(15.0, 2.0), unit='USD per million tokens', source='', licence='')
    """
    columns, records = records_at(path)
    where = named(path)
    if MODEL not in columns:
        raise ValueError(f"{where} has no column {MODEL}; it has {listed(columns)}")
    asked = {"prices": price, "costs": cost}
    given = {name: _named(OF_MODEL[name], text, columns, where) for name, text in asked.items() if text is not None}
    wanted = given or columns_of(columns, where)
    if not wanted:
        raise ValueError(
            f"{where} has no column of prices or costs: call one price [UNIT] or cost [UNIT], or say which it is, "
            "--price COLUMN=UNIT, --cost COLUMN=UNIT"
        )
    for name in wanted:
        if getattr(table, name) is not None:
            raise ValueError(f"{table.where} has {name} already; leave those of {where} out")
    known: dict[str, dict[str, float]] = {name: {} for name in wanted}
    for record in records:
        model = record.cells[MODEL]
        if model in table.models:
            for name, (column, _) in wanted.items():
                _add(known[name], model, record, column, OF_MODEL[name])
    kept = [model for model in table.models if all(model in amounts for amounts in known.values())]
    if not kept:
        raise ValueError(
            f"{where} has none of the models of {table.where}, {listed(table.models)}; its own are "
            f"{listed([record.cells[MODEL] for record in records])}"
        )
    lacking = [model for model in table.models if model not in kept]
    if lacking:
        note = f"Left out at import, models without {' and '.join(wanted)} in {where}: {several(lacking)}."
        table = dataclasses.replace(_only(table, kept), notes=(*table.notes, *noted(note, table.where, stacklevel=3)))
    found: dict[str, Any] = {
        name: Amounts(tuple(known[name][model] for model in kept), unit) for name, (_, unit) in wanted.items()
    }
    return dataclasses.replace(table, **found)


def _named(one: str, text: str, columns: Sequence[str], where: str) -> tuple[str, str]:
    """The column and the unit of `COLUMN=UNIT`."""
    column, _, unit = text.partition("=")
    if column not in columns:
        raise ValueError(f"{where} has no column {shown(column)} of {one}s; it has {listed(columns)}")
    if not unit.strip():
        raise ValueError(f"--{one} {shown(text)}: the unit is missing; give it as COLUMN=UNIT")
    return column, unit.strip()


def _add(known: dict[str, float], model: str, record: Record, column: str, one: str) -> None:
    if not record.has(column):
        return
    what = f"{record.where} ({shown(model)}): the {one}"
    number = record.number(column, -math.inf, math.inf)
    if not 0 <= number < math.inf:
        raise ValueError(f"{what} is {number:g}; it must be finite and >= 0")
    if known.setdefault(model, number) != number:
        raise ValueError(f"{what} is {number:g}, but {known[model]:g} in a row before")


def _only(table: Table, models: list[str]) -> Table:
    """The table with some of its models alone."""
    rows = [table.models.index(model) for model in models]
    parts: Mapping[str, Any] = {
        name: value and tuple(value[row] for row in rows)
        for name in ("scores", "standard_errors", "common_errors", "model_sources")
        for value in (getattr(table, name),)
    }
    amounts: Mapping[str, Any] = {
        name: one and dataclasses.replace(one, values=tuple(one.values[row] for row in rows))
        for name, one in table.amounts.items()
    }
    return dataclasses.replace(table, models=tuple(models), **parts, **amounts)
