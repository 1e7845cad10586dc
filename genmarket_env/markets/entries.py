"""What the catalogue knows of a market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..market import Market
from .amounts import Amounts
from .table import UNIFORM, MassScheme, Table


@dataclass(frozen=True)
class Entry:
    """What is known of a market before it is built.

    Attributes:
        title: what the market is, in one line.
        source: what to cite, for the masses too.
        licence: what is known of the terms of the numbers.
        notes: what a reader must know of the selection and of modelling choices.
        options: what each keyword argument of `build` takes, by its name.
        build: the options as keyword arguments -> the market.
        mass_schemes: the mass schemes that can be chosen, with their sources, by name.
        default_masses: the name of the one that is taken when none is asked for; None if there are none.
        model_sources: where the scores of each model come from, by the model's name, where it has a source of its own.
        unit: what a score is, for example "win rate against gpt-4"; "" if that is not known.
        prices: the prices of the models with their unit, source and licence; None if they are not known.
        costs: the same, what they cost to serve.
    """

    title: str
    source: str
    licence: str
    notes: tuple[str, ...]
    options: Mapping[str, str]
    build: Callable[..., Market] = field(repr=False)
    mass_schemes: Mapping[str, MassScheme] = field(default_factory=dict)
    default_masses: str | None = None
    model_sources: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    prices: Amounts | None = None
    costs: Amounts | None = None

    @classmethod
    def of_table(cls, table: Table, masses: str | None = None) -> Entry:
        """What a table says of its market, with the masses that are asked for."""
        default = table.default_scheme or (UNIFORM if table.masses is None else "those of the file")
        offered = dict.fromkeys((default, *table.scheme_names))
        chosen = table.schemes.get(masses if isinstance(masses, str) else default)
        of_masses = f"masses: {chosen.source}" if chosen is not None else ""
        notes = table.notes
        if notes and masses not in (None, default):
            notes = (*notes, f"The notes above are of other masses ({default}) than these ({masses}).")
        return cls(
            table.title,
            "; ".join(source for source in (table.source, of_masses) if source),
            table.licence,
            notes,
            {"masses": ", ".join(f"{name} (default)" if name == default else name for name in offered)},
            table.market,
            table.schemes,
            table.default_scheme,
            {model: source for model, source in zip(table.models, table.model_sources, strict=False) if source},
            table.unit,
            table.prices,
            table.costs,
        )

    def of_build(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the options that `build` takes; a file took the others when it was read."""
        return {name: value for name, value in options.items() if name in self.options}

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"{what}: {text}" for what, text in self.facts if text)])

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What a reader should know beside the title and the models' own sources, as pairs of what and text."""
        return [
            ("scores", self.unit),
            ("source", self.source),
            ("licence", self.licence),
            ("prices", str(self.prices or "")),
            ("costs", str(self.costs or "")),
            *(("note", note) for note in self.notes),
            *((f"option {name}", takes) for name, takes in self.options.items()),
            *((f"masses {name}", scheme.source) for name, scheme in self.mass_schemes.items()),
        ]
