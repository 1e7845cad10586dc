"""Prices and costs of models in market files: one number a model, with a unit, and where they come from.

In JSON `"prices": {"unit": "USD per million output tokens", "source": "...", "licence": "..."}` stands beside the
models and `"price"` in each of them; so for `costs` and `cost`. In tables it is a column, `price [USD per query]`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..market_checks import AMOUNTS, EXAMPLE_UNIT, FloatArray
from ..messages import shown
from .cells import number_of
from .json_checks import a_string, keys, number_or_none
from .sheets import Record

OF_MODEL = {name: name[:-1] for name in AMOUNTS}
"""What a single one is called: the price of a model, its cost."""

_HEADER = re.compile(r"(price|cost)s?\s*(?:\[(.*)\]|\((.*)\))", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Amounts:
    """Prices or costs: one a model, what one of them is in words, what to cite, and the terms of the numbers."""

    values: tuple[float, ...]
    unit: str
    source: str = ""
    licence: str = ""

    @classmethod
    def of(cls, values: FloatArray | None, unit: str) -> Amounts | None:
        """Those of a market; None where it has none."""
        return None if values is None else cls(tuple(values.tolist()), unit)

    def __str__(self) -> str:
        """What is known of them, in one line."""
        return "; ".join(text for text in (self.unit, self.source, self.licence) if text)


def arguments(amounts: Mapping[str, Amounts | None]) -> dict[str, Any]:
    """Prices and costs as a `Market` takes them."""
    found: dict[str, Any] = {}
    for name, one in amounts.items():
        if one is not None:
            found |= {name: one.values, AMOUNTS[name]: one.unit}
    return found


def in_document(
    head: Any, cells: Sequence[Mapping[str, float]], models: Sequence[str], name: str, where: str
) -> Amounts | None:
    """The prices or costs of a JSON document.

    Args:
        head: what the document says of them; None if nothing.
        cells: of each model the number by `OF_MODEL[name]`, where it has one.
        models: the names of the models.
        name: `prices` or `costs`.
        where: what errors name.

    Raises:
        ValueError: the unit is missing, or only some models have one.
    """
    one = OF_MODEL[name]
    without = next((model for model, row in zip(models, cells, strict=True) if one not in row), None)
    if head is None:
        if any(one in row for row in cells):
            raise ValueError(f"{where}: models have a {one}, but its unit is missing: {_example(name)}")
        return None
    content = keys(head, f"{where}: {name}", (), ("unit", "source", "licence"))
    unit = a_string(content.get("unit", ""), f"{where}: {name}: unit")
    if not unit.strip():
        raise ValueError(f"{where}: {name}: the unit is missing: {_example(name)}")
    if without is not None:
        raise ValueError(f"{where}: model {shown(without)} has no {one}; give one for each model, or leave out {name}")
    texts = {key: a_string(content.get(key, ""), f"{where}: {name}: {key}") for key in ("source", "licence")}
    return Amounts(tuple(row[one] for row in cells), unit, **texts)


def of_row(row: Mapping[str, Any], where: str) -> dict[str, float]:
    """The price and the cost in the row of a model of a JSON document, those that it has.

    Raises:
        ValueError: one is not a number.
    """
    found: dict[str, float] = {}
    for one in OF_MODEL.values():
        if one in row:
            number = number_or_none(row[one])
            if number is None:
                raise ValueError(f"{where}: the {one} is {shown(row[one])}, not a number")
            found[one] = number
    return found


def head_of(amounts: Amounts) -> dict[str, str]:
    """What a JSON document says of prices or costs beside the models."""
    texts = {"unit": amounts.unit, "source": amounts.source, "licence": amounts.licence}
    return {key: text for key, text in texts.items() if text}


def _example(name: str) -> str:
    return f'"{name}": {{"unit": "{EXAMPLE_UNIT}"}}'


def header_of(name: str, amounts: Amounts) -> str:
    """The name of their column in a table.

    Example:
        >>> header_of("prices", Amounts((1.0,), "USD per query"))
        'price [USD per query]'
    """
    return f"{OF_MODEL[name]} [{amounts.unit}]"


def named_in(header: str) -> tuple[str, str] | None:
    """Whether the name of a column is that of prices or costs with their unit: which, and the unit.

    Example:
        >>> named_in("Price (USD per query)"), named_in("price"), named_in("pricey [x]")
        (('prices', 'USD per query'), None, None)
    """
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        return None
    return f"{found[1].lower()}s", (found[2] or found[3] or "").strip()


def columns_of(columns: Sequence[str], where: str) -> dict[str, tuple[str, str]]:
    """The columns of prices and costs of a table, each with its unit, by `prices` and `costs`.

    Raises:
        ValueError: there are two of one kind, or one has no unit.
    """
    found: dict[str, tuple[str, str]] = {}
    for column in columns:
        known = named_in(column)
        if known is None:
            continue
        name, unit = known
        if not unit:
            raise ValueError(
                f"{where}: the column {shown(column)} has no unit: name it {OF_MODEL[name]} [{EXAMPLE_UNIT}]"
            )
        if name in found:
            raise ValueError(
                f"{where}: {shown(found[name][0])} and {shown(column)} are both columns of {name}; leave one out: "
                f"--set drop={column}"
            )
        found[name] = column, unit
    return found


def in_records(
    columns: Mapping[str, tuple[str, str]], records: Sequence[Record], model: str, models: Collection[str]
) -> dict[str, Amounts]:
    """The prices and costs in such columns; rows of one model hold the same ones.

    Args:
        columns: as `columns_of` gives them.
        records: the rows.
        model: the column of the models' names.
        models: those of the market, in its order.

    Raises:
        ValueError: a number is missing, is none or is another one than in the row before.
    """
    found: dict[str, dict[str, float]] = {name: {} for name in columns}
    for record in records:
        name_of = record.cells[model]
        if name_of not in models:
            continue
        for name, (column, _) in columns.items():
            what = f"{record.where} ({shown(name_of)}): the {OF_MODEL[name]}"
            if not record.has(column):
                raise ValueError(
                    f"{what} is missing; leave the model out, --set drop={name_of}, or the column, --set drop={column}"
                )
            if record.cells[column].endswith("%"):
                raise ValueError(f"{what} is {shown(record.cells[column])}, a share and no sum of money")
            number = number_of(record.cells[column], what)
            if found[name].setdefault(name_of, number) != number:
                raise ValueError(f"{what} is {number:g}, but {found[name][name_of]:g} in a row before")
    return {name: Amounts(tuple(found[name][one] for one in models), unit) for name, (_, unit) in columns.items()}
