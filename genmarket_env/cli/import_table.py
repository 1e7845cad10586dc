"""`genmarket import`: a table in the layout of a leaderboard as a market file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..command_line import note, settings_of, warnings_as_notes
from ..markets import IMPORTERS, import_table, save

Layout = Annotated[
    str,
    typer.Option("--from", metavar="LAYOUT", help=f"One of {', '.join(IMPORTERS)}; csv is any plain table of scores."),
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The file in that layout.", show_default=False)]
MarketFile = Annotated[
    Path, typer.Option(metavar="FILE", help="The market file to write, .json or .csv.", show_default=False)
]
LayoutSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="An option of the layout; again for more. "
        + " ".join(
            f"{name}: {'; '.join(f'{option} ({takes})' for option, takes in importer.options.items())}."
            for name, importer in IMPORTERS.items()
        ),
    ),
]
Words = Annotated[str | None, typer.Option(help="Say it in the market file, in place of the importer's own words.")]

PriceFile = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        metavar="FILE",
        help="A table of the models' prices and costs: a column model, and price [UNIT], cost [UNIT] or both. Models "
        "without them are left out and named.",
    ),
]
PriceColumn = Annotated[
    str | None,
    typer.Option("--price", metavar="COLUMN=UNIT", help="The column of prices in that table, and what one is."),
]
CostColumn = Annotated[
    str | None, typer.Option("--cost", metavar="COLUMN=UNIT", help="The column of costs, and what one is.")
]


def register(app: typer.Typer) -> None:
    """Add `import` to the app."""
    app.command("import")(import_file)


def import_file(
    file: File,
    out: MarketFile,
    layout: Layout = "csv",
    settings: LayoutSettings = None,
    prices: PriceFile = None,
    price: PriceColumn = None,
    cost: CostColumn = None,
    title: Words = None,
    source: Words = None,
    licence: Words = None,
) -> None:
    """Turn a downloaded table into a market file that every command takes; sources and left-out rows stay in it."""
    if out.exists() and file.exists() and out.samefile(file):
        raise ValueError(f"--out {out} is the file that is imported; write the market into another one")
    with warnings_as_notes():
        words: dict[str, Any] = {"title": title, "source": source, "licence": licence}
        words |= {"amounts": prices, "price": price, "cost": cost}
        table = import_table(layout, file, **words, **settings_of(settings))
    save(table, out)
    note(f"{out}: {len(table.models)} models by {len(table.users)} user types")
