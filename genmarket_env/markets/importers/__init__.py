"""Importers: tables in the layouts in which people download them, read into a `Table`.

To add a layout, write a module with an `IMPORTER` and add a line to `IMPORTERS`; the contract tests run over all.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from ...messages import shown
from ..price_files import with_amounts
from ..table import Table
from . import livebench, lmarena, plain_csv
from .importer import Importer

__all__ = ["IMPORTERS", "Importer", "import_table"]

IMPORTERS: dict[str, Importer] = {
    "csv": plain_csv.IMPORTER,
    "livebench": livebench.IMPORTER,
    "lmarena": lmarena.IMPORTER,
}
"""The layouts by name."""

OF_AMOUNTS = ("amounts", "price", "cost")
"""The options that all layouts take, see `price_files.with_amounts`."""


def import_table(
    layout: str,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    source: str | None = None,
    licence: str | None = None,
    **options: Any,
) -> Table:
    """The table in a file of another project's layout: `.market()` makes a market of it, `save` writes it.

    Args:
        layout: one of `IMPORTERS`.
        path: the file.
        title: what the market is, in one line, in place of the importer's own words; so for the two that follow.
        source: what to cite.
        licence: what is known of the terms of the numbers.
        options: those of the layout, as `IMPORTERS[layout].options` lists them; numbers and lists may also be given as
            text, as a command line has them. All layouts take `amounts`, a file of the models' prices and costs, with
            `price` and `cost`, its columns as `COLUMN=UNIT`, where they are not called `price [UNIT]`, `cost [UNIT]`.

    Warns:
        LeftOutWarning: models or columns of the file are left out; the notes of the table name them too.

    Raises:
        ValueError: the layout or an option is unknown, an option is missing, or the file is missing or not of the
            layout; one line that names the file and, where there is one, the line in it.
        TypeError: an argument has another type.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from genmarket_env import markets
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "mine.csv").write_text("model,chat,code\\npoet,90,10\\ncoder,20,80\\n")
        ...     table = markets.import_table("csv", f"{folder}/mine.csv", scale=100, source="a survey")
        ...     markets.save(table, f"{folder}/mine.json")
        ...     markets.load(f"{folder}/mine.json", masses="uniform").scores.tolist()
        [[0.9, 0.1], [0.2, 0.8]]
    """
    if not isinstance(layout, str):
        raise TypeError(f"a layout has a string as its name; got {shown(layout)}")
    if layout not in IMPORTERS:
        raise ValueError(f"unknown layout {shown(layout)}; known: {', '.join(IMPORTERS)}")
    importer = IMPORTERS[layout]
    amounts, price, cost = (options.pop(name, None) for name in OF_AMOUNTS)
    for option in options:
        if option not in importer.options:
            known = ", ".join(importer.options)
            raise ValueError(f"unknown option {shown(option)} of the layout {layout!r}; known: {known}")
    for option in importer.required:
        if option not in options:
            raise ValueError(f"the layout {layout!r} needs the option {option!r}: {importer.options[option]}")
    texts: dict[str, Any] = {"title": title, "source": source, "licence": licence}
    for name, text in texts.items():
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{name} must be a string; got {shown(text)}")
    table = importer.read(path, **options)
    if amounts is not None:
        table = with_amounts(table, amounts, price=price, cost=cost)
    elif price is not None or cost is not None:
        raise ValueError("price and cost are columns of the file of amounts, which is missing: give it, --prices FILE")
    table = dataclasses.replace(table, **{name: text for name, text in texts.items() if text is not None})
    table.check()
    return table
