"""What every comparison tells at its end: its table or its JSON, and where its pages are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console, RenderableType

WIDTH = 180
"""The width where nobody looks at a terminal: a log should not wrap the table."""


class Summary(Protocol):
    """What was found."""

    def summary_json(self) -> str:
        """It as JSON."""


def show(
    summary: Summary,
    table: Callable[[int], RenderableType],
    *pages: Path,
    console: Console,
    as_json: bool,
) -> None:
    """Print the table on standard output, or JSON, and the paths of the pages on the console.

    Args:
        summary: what was found.
        table: makes its table for so many characters a line.
        pages: the pages that were written.
        console: where progress is told.
        as_json: whether JSON is asked for.
    """
    if as_json:
        typer.echo(summary.summary_json())
    else:
        output = Console(width=None if sys.stdout.isatty() else WIDTH)
        output.print(table(output.width))
    for page in pages:
        console.print(f"report: {page}", soft_wrap=True, highlight=False, markup=False)
