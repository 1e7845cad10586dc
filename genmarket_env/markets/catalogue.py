"""The catalogue: markets that load by name.

To add a market, put a JSON file in `data/`, or a function in a module that takes the options of the market and returns
its `Entry`, and add a line to `CATALOGUE`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from ..market import Market
from ..messages import shown
from . import answers, files, json_format, platform_markets, with_gaps
from .entries import Entry
from .packaged import packaged_text
from .paper import cifar_users, synthetic_catalogue


class UnknownMarketError(ValueError):
    """There is no market of that name."""


def load(name_or_path: str | os.PathLike[str], **options: Any) -> Market:
    """The market of that name in the catalogue, or in the file at that path.

    Args:
        name_or_path: one of `names()`, or the path of a table: CSV, TSV, JSON, .xlsx, .parquet.
        options: those of the entry, as `describe` lists them. A file takes `masses`, the name of one of its mass
            schemes or `"uniform"`; one that is not of our JSON format also those by which a table is read, such as
            `scale=100` for scores in per cent: see docs/markets.md.

    Warns:
        UniformMassesWarning: a file gives no masses, and `masses` was not given either.
        LeftOutWarning: models or user types of a table with gaps are left out.

    Raises:
        ValueError: the name or an option is unknown, or the file is missing or not a market; one line that names
            the file and, where there is one, the place in it.
        TypeError: `name_or_path` is neither a string nor a path.

    Example:
        >>> market = load("livebench-2026-06", masses="uniform")
        >>> market.model_names[0], market.user_names[:2]
        ('claude-fable-5-max-effort', ('Reasoning', 'Coding'))
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise TypeError(f"load takes a catalogue name or a path; got {type(name_or_path).__name__}")
    entry = describe(name_or_path, **options)
    return entry.build(**entry.of_build(options))


def names() -> list[str]:
    """The names of the catalogue, in alphabetical order.

    Example:
        >>> [name for name in names() if name.startswith("paper-fig")]
        ['paper-fig2-a', 'paper-fig2-b', 'paper-fig4-a', 'paper-fig4-b']
    """
    return sorted(CATALOGUE)


def describe(name: str | os.PathLike[str], **options: Any) -> Entry:
    """What is known of a market of the catalogue, or in a file: title, source, licence, notes and options.

    Args:
        name: one of `names()`, or the path of a table.
        options: as `load` takes them; it is then said of the market that they ask for.

    Raises:
        ValueError: the catalogue has no such name, the file is missing or not a market, or an option is unknown.
        TypeError: `name` is neither a string nor a path.

    Example:
        >>> describe("livebench-2026-06").options["masses"]
        'chatgpt (default), lmsys, uniform'
    """
    if not isinstance(name, (str, os.PathLike)):
        raise TypeError(f"a market has a catalogue name or a path; got {shown(name)}")
    if isinstance(name, os.PathLike) or (name not in CATALOGUE and files.is_path(name)):
        return _in_file(name, **options)
    known = _in_catalogue(name)
    entry = known()
    for option in options:
        if option not in entry.options:
            offered = ", ".join(entry.options) or "none"
            raise ValueError(f"unknown option {shown(option)} of {files.named(name)}; known: {offered}")
    return known(**options) if options else entry


def _in_file(path: str | os.PathLike[str], **options: Any) -> Entry:
    for option in options:
        if option != "masses" and option not in files.OPTIONS:
            known = ", ".join(("masses", *files.OPTIONS))
            raise ValueError(f"unknown option {shown(option)} of {files.named(path)}; known: {known}")
    table = files.read(path, **{option: value for option, value in options.items() if option != "masses"})
    return Entry.of_table(table, options.get("masses"))


def _in_catalogue(name: str) -> Callable[..., Entry]:
    if name not in CATALOGUE:
        raise UnknownMarketError(
            f"unknown market {shown(name)}; the catalogue has {', '.join(names())}; there is no file of that name"
        )
    return CATALOGUE[name]


def _data_file(name: str, masses: str | None = None) -> Entry:
    return Entry.of_table(json_format.parse(packaged_text(name), name), masses)


CATALOGUE: dict[str, Callable[..., Entry]] = {
    "alpacaeval-2": partial(_data_file, "alpacaeval-2"),
    "geneval-2025": partial(_data_file, "geneval-2025"),
    "livebench-2026-06": partial(_data_file, "livebench-2026-06"),
    "llmrouterbench-flagship": partial(with_gaps.entry, "llmrouterbench-flagship"),
    "lmarena-2026-08": partial(_data_file, "lmarena-2026-08"),
    "paper-cifar-users": cifar_users.entry,
    "paper-fig2-a": partial(_data_file, "paper-fig2-a"),
    "paper-fig2-b": partial(_data_file, "paper-fig2-b"),
    "paper-fig4-a": partial(_data_file, "paper-fig4-a"),
    "paper-fig4-b": partial(_data_file, "paper-fig4-b"),
    "paper-no-pne": partial(_data_file, "paper-no-pne"),
    "paper-synthetic": synthetic_catalogue.entry,
    **{name: partial(answers.entry, name) for name in answers.KNOWN},
}

for _base in ("livebench-2026-06", "llmrouterbench-flagship", "lmarena-2026-08"):
    CATALOGUE[platform_markets.PREFIX + _base] = partial(platform_markets.entry, _base, CATALOGUE[_base])
