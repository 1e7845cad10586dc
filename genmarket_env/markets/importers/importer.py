"""What an importer is, and what it says of things it leaves out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...messages import listed, one_line, shown
from ..table import Table


class LeftOutWarning(UserWarning):
    """An import leaves out models or columns of the file; the message names them."""


class DividedMassesWarning(UserWarning):
    """The masses in a file do not sum to 1 and are divided by their sum."""


class OverlappingUsersWarning(UserWarning):
    """The user types of an import may overlap, so that its masses are no shares of users."""


@dataclass(frozen=True)
class Importer:
    """A layout that can be read.

    Attributes:
        title: what the layout is, in one line.
        options: what each keyword argument of `read` takes, by its name.
        read: the path and the options as keyword arguments -> the table.
        required: the names of the options that must be given.
    """

    title: str
    options: Mapping[str, str]
    read: Callable[..., Table] = field(repr=False)
    required: tuple[str, ...] = ()


def chosen(cells: Mapping[str, Mapping[str, Any]], asked: str | Sequence[str] | None, where: str) -> tuple[str, ...]:
    """The user types of a table by model and user type: those asked for, or all in the order of the file.

    Raises:
        TypeError: `asked` are not names.
        ValueError: one is not in the table, or occurs twice.
    """
    known = tuple(dict.fromkeys(user for row in cells.values() for user in row))
    if asked is None:
        return known
    names = names_of("categories", asked)
    for name in names:
        if name not in known:
            raise ValueError(f"{where} has no category {shown(name)}; known: {listed(known)}")
    return names


def complete_models(
    scores: Mapping[str, Mapping[str, Any]], users: Sequence[str], where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The models with a score for each of `users`, in the order of the file, and the notes on those left out.

    Warns:
        LeftOutWarning: models are left out.

    Raises:
        ValueError: no model has all scores.
    """
    missing = {model: [user for user in users if user not in row] for model, row in scores.items()}
    kept = tuple(model for model in scores if not missing[model])
    if not kept:
        raise ValueError(f"{where}: no model has a score for each of {listed(users)}; choose fewer user types")
    left_out = [f"{model} (no {', '.join(gaps)})" for model, gaps in missing.items() if gaps]
    return kept, noted("models without a score for each user type", left_out, where, stacklevel=5)


def noted(what: str, left_out: Sequence[str], where: str, *, stacklevel: int = 4) -> tuple[str, ...]:
    """The notes on what an import leaves out: none or one.

    With the default `stacklevel` the warning is shown at the call of `import_table` if `read` calls this function.

    Warns:
        LeftOutWarning: something is left out.
    """
    if not left_out:
        return ()
    note = one_line(f"Left out at import, {what}: {'; '.join(left_out)}.")
    warnings.warn(f"{where}: {note}", LeftOutWarning, stacklevel=stacklevel)
    return (note,)


def names_of(name: str, value: Any) -> tuple[str, ...]:
    """An option that takes several names: a sequence of strings, or one string with commas between them.

    Raises:
        TypeError: it is neither.
        ValueError: it is empty, or a name occurs twice.

    Example:
        >>> names_of("categories", "math, coding")
        ('math', 'coding')
    """
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, Sequence) or not all(isinstance(part, str) for part in value):
        raise TypeError(
            f"{name} must be names, as a sequence of strings or with commas between them; got {shown(value)}"
        )
    names = tuple(value)
    if not names or "" in names or len(set(names)) < len(names):
        raise ValueError(f"{name} must be different names, at least one; got {shown(list(names))}")
    return names
