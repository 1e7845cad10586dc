"""What reading a table leaves out, which names were asked for, and how both are said in a line or two."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from ..messages import listed, one_line, shown

MAX_NOTE = 400
"""So many characters of a list of names are shown in a notice and kept in the notes of a market."""

_MAX_NAME = 120


class LeftOutWarning(UserWarning):
    """Models, user types or columns of a file are left out; the message names them."""


def noted(note: str, where: str, *, stacklevel: int = 1) -> tuple[str, ...]:
    """A note on what is left out, shown as a warning too.

    Warns:
        LeftOutWarning: always.
    """
    note = one_line(note)
    warnings.warn(f"{where}: {note}", LeftOutWarning, stacklevel=stacklevel + 1)
    return (note,)


def several(names: Sequence[str]) -> str:
    """Names with semicolons between them; of a long list the beginning, and how many more there are.

    Example:
        >>> several(["chat", "code"])
        'chat; code'
    """
    kept: list[str] = []
    length = 0
    for name in names:
        name = name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 3]}..."
        length += len(name) + 2
        if kept and length > MAX_NOTE:
            return f"{'; '.join(kept)}; and {len(names) - len(kept):,} more"
        kept.append(name)
    return "; ".join(kept)


def chosen(
    known: Sequence[str], asked: str | Sequence[str] | None, option: str, what: str, where: str
) -> tuple[str, ...]:
    """Those of the known names that are asked for, in the order asked; all if none are.

    Raises:
        TypeError: `asked` are not names.
        ValueError: one is not known, or occurs twice.
    """
    if asked is None:
        return tuple(known)
    names = names_of(option, asked, known)
    for name in names:
        if name not in known:
            raise ValueError(f"{where} has no {what} {shown(name)}; known: {listed(known)}")
    return names


def names_of(option: str, value: Any, known: Iterable[str] = ()) -> tuple[str, ...]:
    """An option that takes several names: a sequence of strings, or one text.

    The text has commas between the names; names with commas in them are recognised if they are known, may stand in
    double quotes, or the text is a list in JSON.

    Raises:
        TypeError: it is neither.
        ValueError: it is empty, or a name occurs twice.

    Example:
        >>> names_of("categories", "math, coding")
        ('math', 'coding')
        >>> names_of("categories", "A, B, coding", ["A, B", "coding"])
        ('A, B', 'coding')
    """
    given = value
    if isinstance(value, str):
        value = _split(value.strip(), tuple(known))
    if not isinstance(value, Sequence) or not all(isinstance(part, str) for part in value):
        raise TypeError(
            f"{option} must be names, as a sequence of strings or with commas between them; got {shown(given)}"
        )
    names = tuple(value)
    if not names or "" in names or len(set(names)) < len(names):
        raise ValueError(f"{option} must be different names, at least one; got {shown(list(names))}")
    return names


def _split(text: str, known: tuple[str, ...]) -> Any:
    if text in known:
        return [text]
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return [text]
    try:
        ((*parts,),) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        parts = text.split(",")
    parts = [part.strip() for part in parts]
    if '"' in text or all(part in known for part in parts):
        return parts
    return _longest_known(parts, known)


def _longest_known(parts: list[str], known: tuple[str, ...]) -> list[str]:
    """Neighbouring parts joined where that gives a known name, the longest first."""
    of_parts = {tuple(part.strip() for part in name.split(",")): name for name in known if "," in name}
    names, at = [], 0
    while at < len(parts):
        lengths = (n for n in range(len(parts) - at, 1, -1) if tuple(parts[at : at + n]) in of_parts)
        length = next(lengths, 1)
        names.append(of_parts[tuple(parts[at : at + length])] if length > 1 else parts[at])
        at += length
    return names
