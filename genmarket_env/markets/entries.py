"""What the catalogue knows of a market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..market import Market


@dataclass(frozen=True)
class Entry:
    """What is known of a market before it is built.

    Attributes:
        title: what the market is, in one line.
        source: what to cite.
        licence: what is known of the terms of the numbers.
        notes: what a reader must know of the selection and of modelling choices.
        options: what each keyword argument of `build` takes, by its name.
        build: the options as keyword arguments -> the market.
    """

    title: str
    source: str
    licence: str
    notes: tuple[str, ...]
    options: Mapping[str, str]
    build: Callable[..., Market] = field(repr=False)

    def __str__(self) -> str:
        options = [f"option {name}: {takes}" for name, takes in self.options.items()]
        return "\n".join([self.title, f"source: {self.source}", f"licence: {self.licence}", *self.notes, *options])
