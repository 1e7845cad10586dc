"""`genmarket phase-diagram`: a market over numbers of platforms, temperatures and weightings of the users."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Annotated, Any

import typer

from .. import pictures
from ..analysis.phase_diagram import PhaseDiagram, PhasePoint, phase_diagram
from ..analysis.phase_picture import LETTERS, phase_figure
from ..command_line import check_folder, note
from ..compiled import asked_once
from ..messages import shown
from ..number_format import number
from ..runner.options import Running
from ..status import Status
from .market_options import MarketOptions
from .option_groups import with_option_groups
from .options import Export, Json, MarketName, NamedMarket, Out, PlatformNumbers
from .page import rendered, write_page
from .progress import progress
from .sections import Section, about_section, counted, export_sections, print_sections, words
from .weightings import about_of_all, weighting_of

DOCUMENT = "phase-diagram.json"

PLATFORMS = ("1", "2", "3", "4")

TEMPERATURES = "0,0.003,0.01,0.03,0.1,0.3"

CAPTION = "Structure of the pure equilibria, by shade and letter"

Temperatures = Annotated[
    str, typer.Option(metavar="T,T,...", help="The temperatures of users who choose by Logit, rising; 0 is HardMax.")
]


@dataclass(frozen=True)
class Drawn:
    """What was asked and what was found.

    Attributes:
        markets: the market under each weighting of its users.
        diagram: a point for each weighting, number of platforms and temperature.
    """

    markets: tuple[NamedMarket, ...]
    diagram: PhaseDiagram

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        first = self.markets[0]
        return {
            "market": first.name,
            "options": {name: value for name, value in first.options.items() if name != "masses"},
            "title": first.title,
            "about": about_of_all(self.markets).as_dict(),
            "version": version("genmarket_env"),
            "weightings": list(self.diagram.weightings),
            "platforms": list(self.diagram.platforms),
            "temperatures": list(self.diagram.temperatures),
            "points": [{**asdict(point), "status": point.status.name.lower()} for point in self.diagram.points],
        }


def register(app: typer.Typer) -> None:
    """Add `phase-diagram` to the app."""
    app.command("phase-diagram")(with_option_groups(draw_phases))


def draw_phases(
    name: MarketName,
    platforms: PlatformNumbers = None,
    temperatures: Temperatures = TEMPERATURES,
    market_options: MarketOptions = MarketOptions(),
    running: Running = Running(),
    out: Out = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Solve a market for every number of platforms and temperature, and with --masses all for every weighting of users.

    By default for 1 to 4 platforms. Prints a table for each weighting, or JSON; with --out it also writes report.html,
    a page with the picture that needs nothing else, and phase-diagram.json.
    """
    named = tuple(market_options.load_all(name))
    asked = [_temperature(word) for word in temperatures.split(",")]
    if out is not None:
        check_folder(out)
    with running.carrying() as runner, progress() as tell, asked_once():
        tell("numbers of platforms and temperatures")
        found = phase_diagram(
            named[0].market,
            platforms=[int(count) for count in platforms or PLATFORMS],
            temperatures=asked,
            masses={weighting_of(market): market.market.masses for market in named},
            runner=runner,
        )
    drawn, about = Drawn(named, found), about_of_all(named)
    document = json.dumps(drawn.as_dict(), indent=2, allow_nan=False) + "\n"
    sections = _sections(drawn)
    if out is not None:
        page = rendered(sections, about, lambda: _pictures(found), DOCUMENT, pictures_first=True)
        note(f"report: {write_page(out, page, DOCUMENT, document)}")
    export_sections(sections, about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*sections, about_section(about)])


def _temperature(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"--temperatures: {shown(word)} is not a number; give them as {TEMPERATURES}") from None


def _pictures(diagram: PhaseDiagram) -> dict[str, str]:
    return {CAPTION: pictures.inline(pictures.svg(phase_figure(diagram)))}


def _sections(drawn: Drawn) -> list[Section]:
    first, diagram = drawn.markets[0], drawn.diagram
    occurring = {point.structure for point in diagram.points}
    meant = "; ".join(f"{letter} {words(name)}" for name, letter in LETTERS.items() if name in occurring)
    options = "".join(f", {name} {value}" for name, value in first.options.items() if name != "masses")
    size = f"{counted(first.market.num_models, 'model')}, {counted(first.market.num_users, 'user type')}{options}."
    explained = (
        size,
        f"At each temperature T of users' choice (0: HardMax) the pure Nash equilibria, {meant}; then the welfare and "
        "the HHI of the models, means over these or, where there is none, of the symmetric mixed equilibrium.",
        *_unfinished(diagram),
    )
    header = ("platforms", *(f"T {temperature:g}" for temperature in diagram.temperatures))
    tables = [
        Section(
            f"Users weighted by: {weighting}",
            (),
            header,
            tuple(
                (str(row[0].num_platforms), *(_cell(point) for point in row)) for row in diagram.of_weighting(weighting)
            ),
            len(diagram.temperatures),
        )
        for weighting in diagram.weightings
    ]
    return [Section(first.heading, explained), *tables]


def _cell(point: PhasePoint) -> str:
    return f"{LETTERS[point.structure]} {number(point.welfare, 3)} {number(point.model_hhi, 2)}"


def _unfinished(diagram: PhaseDiagram) -> list[str]:
    count = sum(point.status is not Status.CONVERGED for point in diagram.points)
    return [f"Of {counted(count, 'point')} the mixed equilibrium was not found to its tolerance."] if count else []
