"""What several commands take, under the same names and with the same meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import markets
from ..choice import ChoiceRule, HardMax, Logit, OutsideOption
from ..command_line import warnings_as_notes
from ..equilibrium.checks import MAX_MIXED_PLATFORMS
from ..market import Market
from ..markets import Entry
from ..messages import shown

MarketName = Annotated[
    str, typer.Argument(metavar="MARKET", help="A market of the catalogue, or a CSV or JSON file.", show_default=False)
]
Masses = Annotated[str | None, typer.Option(help="The mass scheme of a market that has several, for example uniform.")]
Without = Annotated[
    list[str] | None, typer.Option(metavar="MODEL", help="Leave this model out of the market; again for more.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another option of the market, as `markets show` lists them."),
]
Platforms = Annotated[
    int,
    typer.Option("-n", "--platforms", min=1, max=MAX_MIXED_PLATFORMS, help="How many platforms.", show_default=False),
]
Temperature = Annotated[
    float | None, typer.Option(help="Users choose by Logit with this temperature; by HardMax without it.")
]
Reservation = Annotated[
    float | None, typer.Option(min=0, max=1, help="Users stay away from scores below this; without it nobody does.")
]
Seed = Annotated[int, typer.Option(min=0, help="Draws whatever is random.")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write a report page and the numbers into it.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


@dataclass(frozen=True)
class NamedMarket:
    """A market and where it comes from.

    Attributes:
        name: as it was asked for: a name of the catalogue, or a path.
        entry: what is known of it.
        options: with which options it was built, by name; the mass scheme is among them where there are several.
        market: the market.
    """

    name: str
    entry: Entry
    options: dict[str, str]
    market: Market

    @property
    def title(self) -> str:
        """What it is, in one line; of a file without a title its name."""
        return self.entry.title or self.name

    @property
    def source(self) -> str:
        """What to cite, "" if that is not known."""
        return self.entry.source

    @property
    def heading(self) -> str:
        """The name and what the market is; a file without a title has only its name."""
        return self.name if self.title == self.name else f"{self.name}: {self.title}"


def load(
    name: str, masses: str | None, settings: Sequence[str] | None, without: Sequence[str] | None = None
) -> NamedMarket:
    """The market that a command line names.

    Raises:
        ValueError: there is no such market, it does not take such options, or has no such model to leave out.
    """
    options = settings_of(settings)
    if masses is not None:
        if "masses" in options:
            raise ValueError("--masses and --set masses are both given; give one of them")
        options["masses"] = masses
    values = {key: number_or_text(text) for key, text in options.items()}
    with warnings_as_notes():
        entry = markets.describe(name, **values)
        market = entry.build(**values)
    if entry.default_masses is not None:
        options = {"masses": entry.default_masses, **options}
    if without:
        market = markets.without(market, without)
        options = {**options, "without": ", ".join(without)}
    return NamedMarket(name, entry, options, market)


def settings_of(settings: Sequence[str] | None, option: str = "--set") -> dict[str, str]:
    """The `NAME=VALUE` words of an option as a dict.

    Raises:
        ValueError: a word has no `=`, or a name occurs twice.

    Example:
        >>> settings_of(["seed=3", "users=100"])
        {'seed': '3', 'users': '100'}
    """
    found: dict[str, str] = {}
    for setting in settings or ():
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise ValueError(f"{option} takes NAME=VALUE; got {shown(setting)}")
        if name in found:
            raise ValueError(f"{option} {name} is given twice")
        found[name] = value
    return found


def choice_rule(temperature: float | None, reservation: float | None) -> ChoiceRule:
    """The users' choice rule that a command line asks for."""
    rule = HardMax() if temperature is None else Logit(temperature)
    return rule if reservation is None else OutsideOption(rule, reservation)


def choice_in_words(temperature: float | None, reservation: float | None) -> str:
    """The same, as a reader sees it.

    Example:
        >>> choice_in_words(0.1, 0.5)
        'users choose by Logit at temperature 0.1, and stay away from scores below 0.5'
    """
    words = (
        "users choose the best score"
        if temperature is None
        else f"users choose by Logit at temperature {temperature:g}"
    )
    return words if reservation is None else f"{words}, and stay away from scores below {reservation:g}"


def number_or_text(text: str) -> Any:
    """A number where `text` is one, else the text."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
