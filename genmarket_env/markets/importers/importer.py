"""What an importer is, and what it says of the masses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..table import Table


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
