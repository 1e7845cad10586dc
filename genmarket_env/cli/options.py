"""What several commands take, under the same names and with the same meaning."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import markets
from ..about import About, masses_in_words
from ..choice import ChoiceRule, HardMax, Logit, OutsideOption
from ..command_line import asked, number_or_text, settings_of, warnings_as_notes
from ..equilibrium.checks import MAX_MIXED_PLATFORMS
from ..market import Market
from ..markets import Entry, files
from ..markets.files import is_path
from ..markets.table import UNIFORM
from ..messages import printable, shown
from ..number_format import percent

MarketName = Annotated[
    str, typer.Argument(metavar="MARKET", help="A market of the catalogue, or a file of scores.", show_default=False)
]
Masses = Annotated[
    str | None,
    typer.Option(
        metavar="SCHEME|TYPE=SHARE,...",
        help="The mass scheme of a market that has several, for example uniform; or shares of user types, which are "
        "divided by their sum: those not named have none.",
    ),
]
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
PlatformNumbers = Annotated[
    list[str] | None,
    typer.Option(
        "-n",
        "--platforms",
        metavar="N|FROM:TO",
        help="How many platforms, which a market needs; again, or as a range such as 2:6, for several answers and one "
        "table over them.",
        callback=lambda given: platform_numbers(given or ()),
        show_default=False,
    ),
]
Temperature = Annotated[
    float | None, typer.Option(help="Users choose by Logit with this temperature; by HardMax without it.")
]
Reservation = Annotated[
    float | None, typer.Option(min=0, max=1, help="Users stay away from scores below this; without it nobody does.")
]
Effort = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="TIMES",
        help="How many times the work of some seconds each part of the answer may take; what takes more is left out.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Draws whatever is random.")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write a report page and the numbers into it.")]
Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="Also write the tables of the answer into a file: .csv, .tex or .xlsx.",
        callback=lambda path: _checked_export(path),
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def _checked_export(path: Path | None) -> Path | None:
    if path is not None:
        from ..report.export import check_export

        check_export(path)
        if any(_same_file(path, word.partition("=")[2] or word) for word in shlex.split(asked())):
            raise ValueError(f"--export {shown(str(path))} is a file that this command reads; choose another place")
    return path


def _same_file(path: Path, word: str) -> bool:
    try:
        return path.samefile(word)
    except (OSError, ValueError):  # one of the two is no file
        return False


ALL_MASSES = "all"
"""What `--masses` asks for all schemes with."""

MAX_ANSWERS = 100
"""The most numbers of platforms in one range."""

OTHER_MASSES = "The notes above are of other masses than these, which were given with the command."


@dataclass(frozen=True)
class NamedMarket:
    """A market and where it comes from.

    Attributes:
        name: as it was asked for: a name of the catalogue, or a path.
        entry: what is known of it.
        options: with which options it was built, by name; the mass scheme is among them where there are several.
        market: the market.
        masses: where the masses of the user types come from, in words.
        left_out: the models that were left out on request.
    """

    name: str
    entry: Entry
    options: dict[str, str]
    market: Market
    masses: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What people call it: a name of the catalogue, or that of a file without its folder and suffix."""
        return Path(self.name).stem if files.is_path(self.name) else self.name

    @property
    def title(self) -> str:
        """What it is, in one line; of a file without a title its name."""
        return self.entry.title or self.label

    @property
    def source(self) -> str:
        """What to cite, "" if that is not known."""
        return self.entry.source

    @property
    def heading(self) -> str:
        """The name and what the market is; a file without a title has only its name."""
        return self.label if self.title == self.label else f"{self.label}: {self.title}"

    @property
    def about(self) -> About:
        """What stands beside every answer about it, with the command line that asks."""
        others = {name: value for name, value in self.options.items() if name not in {"masses", "without"}}
        return About.of_entry(
            self.entry,
            command=asked(),
            market=self.label,
            masses=self.masses,
            options=others,
            left_out=self.left_out,
        )


def load(
    name: str, masses: str | None, settings: Sequence[str] | None, without: Sequence[str] | None = None
) -> NamedMarket:
    """The market that a command line names.

    Raises:
        ValueError: there is no such market, it does not take such options, has no such user type to give a share to,
            or no such model to leave out.
    """
    options = settings_of(settings)
    if masses is not None:
        if "masses" in options:
            raise ValueError("--masses and --set masses are both given; give one of them")
        options["masses"] = masses
    # Options of files are read as text there: a name may look like a number.
    is_file = name not in markets.names() and is_path(name)
    values = {key: text if is_file or key == "masses" else number_or_text(text) for key, text in options.items()}
    given, others = options.get("masses", ""), {key: value for key, value in values.items() if key != "masses"}
    shares = shares_of(given) if "=" in given and given not in _schemes(name, others) else None
    with warnings_as_notes():
        entry = markets.describe(name, **(values if shares is None else others))
        if shares is None:
            market = entry.build(**entry.of_build(values))
        else:
            entry, market = _weighted(entry, others, shares)
    if entry.default_masses is not None:
        options = {"masses": entry.default_masses, **options}
    if without:
        market = markets.without(market, without)
        options = {**options, "without": ", ".join(without)}
    # JSON and pages have no place for the bytes of a name that is not UTF-8.
    shown_name = printable(name)
    words = masses_in_words(entry, options.get("masses")) if shares is None else _given_in_words(market)
    return NamedMarket(shown_name, entry, options, market, words, tuple(without or ()))


def _schemes(name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shown when the market is read for good
        return markets.describe(name, **values).mass_schemes


def _weighted(entry: Entry, values: Mapping[str, Any], shares: Mapping[str, float]) -> tuple[Entry, Market]:
    """The market with these shares of user types; what is said of the masses of its own is not said of them."""
    # Where no masses are asked of the market itself, none are missing.
    neutral = {**values, "masses": UNIFORM} if "masses" in entry.options else values
    market = markets.weighted(entry.build(**entry.of_build(neutral)), shares)
    of_masses = entry.mass_schemes[entry.default_masses].source if entry.default_masses else ""
    return replace(
        entry,
        source=entry.source.removesuffix(f"; masses: {of_masses}"),
        notes=(*entry.notes, OTHER_MASSES) if entry.notes else (),
    ), market


def _given_in_words(market: Market) -> str:
    named = zip(market.user_names, market.masses.tolist(), strict=True)
    return f"given with the command; {', '.join(f'{user} {percent(mass)}' for user, mass in named)}"


_SHARE = re.compile(r"\s*(?P<user>.+?)\s*=\s*(?P<share>[^=,]+?)\s*(?:,|$)")


def shares_of(text: str) -> dict[str, float]:
    """The shares of user types that `--masses` gives; a name may hold commas and signs of equality.

    Raises:
        ValueError: a share is no number, or a name occurs twice.

    Example:
        >>> shares_of("chat=3, A, B=1")
        {'chat': 3.0, 'A, B': 1.0}
    """
    found: dict[str, float] = {}
    end = 0
    while end < len(text.rstrip()):
        part = _SHARE.match(text, end)
        if part is None:
            raise ValueError(f"--masses takes TYPE=SHARE,TYPE=SHARE,...; got {shown(text[end:])}")
        user, share, end = part["user"], part["share"], part.end()
        if user in found:
            raise ValueError(f"--masses: the share of {shown(user)} is given twice")
        try:
            found[user] = float(share)
        except ValueError:
            raise ValueError(f"--masses: the share of {shown(user)} is {shown(share)}, not a number") from None
    return found


def load_all(
    name: str, masses: str | None, settings: Sequence[str] | None, without: Sequence[str] | None = None
) -> list[NamedMarket]:
    """As `load`; `--masses all` asks for the market under all of its mass schemes.

    Raises:
        ValueError: as `load`; also if the market has no schemes to choose from.
    """
    if masses != ALL_MASSES or masses in markets.describe(name).mass_schemes:
        return [load(name, masses, settings, without)]
    entry = markets.describe(name)
    if "masses" not in entry.options:
        raise ValueError(f"--masses {ALL_MASSES}: {files.named(name)} has no mass schemes to choose from")
    of_the_file = entry.default_masses is None and not entry.options["masses"].startswith(UNIFORM)
    first = [None] if of_the_file else [entry.default_masses or UNIFORM]
    schemes = dict.fromkeys([*first, *entry.mass_schemes, UNIFORM])
    return [load(name, scheme, settings, without) for scheme in schemes]


def platform_numbers(given: Sequence[str]) -> list[str]:
    """The numbers of platforms that words such as `2` and `2:6` name, each once, as words.

    Raises:
        typer.BadParameter: a word is neither a number nor a range, or one is out of range.

    Example:
        >>> platform_numbers(["3", "2:4"])
        ['3', '2', '4']
    """
    found: dict[int, None] = {}
    for word in given:
        ends = word.split(":")
        if len(ends) > 2 or not all(end.strip().isdecimal() for end in ends):
            raise typer.BadParameter(f"{shown(word)} is neither a number, such as 3, nor a range, such as 2:6")
        low, high = int(ends[0]), int(ends[-1])
        if not 1 <= low <= high <= MAX_MIXED_PLATFORMS:
            raise typer.BadParameter(f"{shown(word)} is not in 1 to {MAX_MIXED_PLATFORMS}, the lower end first")
        if high - low >= MAX_ANSWERS:
            raise typer.BadParameter(f"{shown(word)} asks for more than {MAX_ANSWERS} answers; ask for fewer at once")
        found.update(dict.fromkeys(range(low, high + 1)))
    return [str(count) for count in found]


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
