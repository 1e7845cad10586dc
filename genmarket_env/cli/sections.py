"""Answers as sections of text and tables: what the terminal and the report page both show."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import wrap

from ..about import TITLE, About
from ..command_line import note
from ..messages import printable
from ..number_format import number as number

PLAIN_WIDTH = 120
"""The width where nobody looks at a terminal: a log should not wrap tables more than it must."""

PLACE_FOR_NAMES = 40
"""The characters of a line that are kept for the columns of text, where titles above numbers are long."""

FIRST_TEXT, FURTHER_TEXT, GAP = 20, 6, 3
"""The least width of the first column of text and of each further one, and what stands between columns."""

LEAST_TITLE = 14
"""So many characters of a title above numbers are never broken over lines, unless the terminal is too narrow."""


@dataclass(frozen=True)
class Section:
    """A title, some sentences, and a table.

    Attributes:
        title: what the section says, in a few words.
        sentences: the text.
        header: the titles of the columns; empty for no table.
        rows: the cells.
        numbers: how many of the last columns hold numbers, which are aligned to the right.
        part: whether it begins an answer of its own, on a page that holds several.
        code: whether the sentences are lines of code.
    """

    title: str
    sentences: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: int = 0
    part: bool = False
    code: bool = False


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
        console.print(Text(printable(section.title), style="bold"))
        for sentence in section.sentences:
            console.print(Text(printable(sentence)))
        if section.rows:
            for part in _parts(section, console.width):
                console.print(_table(part, console.width))


def _parts(section: Section, width: int) -> Iterator[Section]:
    """The table in as many parts below each other as keep the numbers whole, each with the columns of text."""
    texts = len(section.header) - section.numbers
    place = width - FIRST_TEXT - FURTHER_TEXT * (texts - 1)
    groups: list[list[int]] = [[]]
    taken = 0
    for column in range(texts, len(section.header)):
        needed = max(min(len(section.header[column]), LEAST_TITLE), *(len(row[column]) for row in section.rows)) + GAP
        if groups[-1] and taken + needed > place:
            groups.append([])
            taken = 0
        groups[-1].append(column)
        taken += needed
    for group in groups:
        columns = [*range(texts), *group]
        header, *rows = (tuple(row[column] for column in columns) for row in (section.header, *section.rows))
        yield replace(section, header=header, rows=tuple(rows), numbers=len(group))


def _table(section: Section, width: int) -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="")
    first_number = len(section.header) - section.numbers
    # A number is not wrapped; a long title above numbers is, or it would take the place of the other columns.
    most = max(LEAST_TITLE, (width - PLACE_FOR_NAMES) // max(1, section.numbers))
    for index, title in enumerate(section.header):
        right = index >= first_number
        title = "\n".join(wrap(printable(title), most)) if right else printable(title)
        # Nor is the name that a row begins with, while it is short: it is there to be typed.
        whole = right or (index == 0 and all(len(printable(row[0])) <= FIRST_TEXT for row in section.rows))
        table.add_column(title, justify="right" if right else "left", no_wrap=whole, overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def about_section(about: About, *, page: bool = True) -> Section:
    """Where an answer comes from, in short, for who reads it in a terminal; JSON says all, and a `page` if any."""
    known = dict(about.facts)
    shown = ("source", "scores", "masses", "left out on request")
    more = f"Licence, notes, what is not modelled, and the command: --json{', or the page of --out' if page else ''}."
    return Section(TITLE, (*(f"{what}: {known[what]}" for what in shown if what in known), more))


def export_sections(sections: Iterable[Section], about: About, path: Path | None) -> None:
    """Write the tables of sections where `--export` says; nowhere if it says nothing.

    Raises:
        ValueError: the file cannot be written.
    """
    if path is not None:
        from ..report.export import Table, export

        tables = [Table(one.title, one.header, one.rows, one.numbers) for one in sections]
        export(tables, about, path)
        note(f"tables: {path}")


def deployed(profile: Sequence[int], names: Sequence[str]) -> str:
    """A profile in words: each model once, with how many platforms deploy it.

    Example:
        >>> deployed([0, 1, 0], ["poet", "coder"])
        '2 x poet, coder'
    """
    counts = {model: list(profile).count(model) for model in profile}
    return ", ".join(names[model] if count == 1 else f"{count} x {names[model]}" for model, count in counts.items())


def in_order(profile: Sequence[int], names: Sequence[str]) -> str:
    """A profile of platforms that differ in words: the model of each.

    Example:
        >>> in_order([0, 1, 0], ["poet", "coder"])
        'poet, coder, poet'
    """
    return ", ".join(names[model] for model in profile)


def words(name: str) -> str:
    """A name of the code as a reader sees it.

    Example:
        >>> words("fully_differentiated")
        'fully differentiated'
    """
    return name.replace("_", " ")


def in_the_json(count: int, one: str, many: str) -> str:
    """That so many things are not shown.

    Example:
        >>> in_the_json(1, "more equilibrium", "more equilibria")
        '1 more equilibrium is in the JSON.'
    """
    return f"{counted(count, one, many)} {'is' if count == 1 else 'are'} in the JSON."


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number of things in words.

    Example:
        >>> counted(1, "move"), counted(2, "move")
        ('1 move', '2 moves')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
