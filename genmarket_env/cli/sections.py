"""Answers as sections of text and tables: what the terminal and the report page both show."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PLAIN_WIDTH = 120
"""The width where nobody looks at a terminal: a log should not wrap tables more than it must."""


@dataclass(frozen=True)
class Section:
    """A title, some sentences, and a table.

    Attributes:
        title: what the section says, in a few words.
        sentences: the text.
        header: the titles of the columns; empty for no table.
        rows: the cells.
        numbers: how many of the last columns hold numbers, which are aligned to the right.
    """

    title: str
    sentences: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: int = 0


def print_sections(sections: Iterable[Section]) -> None:
    """Print sections on standard output, as wide as the terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False, markup=False)
    ended_by_table = True
    for section in sections:
        if not ended_by_table:  # a table ends in a blank line of its own
            console.print()
        ended_by_table = bool(section.rows)
        console.print(Text(section.title, style="bold"))
        for sentence in section.sentences:
            console.print(Text(sentence))
        if section.rows:
            console.print(_table(section))


def _table(section: Section) -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="")
    first_number = len(section.header) - section.numbers
    for index, title in enumerate(section.header):
        right = index >= first_number
        table.add_column(title, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in section.rows:
        table.add_row(*map(Text, row))
    return table


def number(value: float | None, digits: int = 4) -> str:
    """A number as tables show it; "-" for none.

    Example:
        >>> number(0.84999), number(-1e-17), number(None), number(float("inf"))
        ('0.8500', '0.0000', '-', 'inf')
    """
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    # Rounding leaves a sign on what is zero.
    return text.lstrip("-") if float(text) == 0 else text


def deployed(profile: Sequence[int], names: Sequence[str]) -> str:
    """A profile in words: each model once, with how many platforms deploy it.

    Example:
        >>> deployed([0, 1, 0], ["poet", "coder"])
        '2 x poet, coder'
    """
    counts = {model: list(profile).count(model) for model in profile}
    return ", ".join(names[model] if count == 1 else f"{count} x {names[model]}" for model, count in counts.items())
