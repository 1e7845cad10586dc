"""`genmarket solve`: everything the theory says of one market with so many platforms."""

from __future__ import annotations

import json

import typer

from ..analysis.answer import solve
from ..analysis.structure_probabilities import structure_probabilities
from ..command_line import check_folder, note
from .noise import Draws, MassConcentration, SharedError, Uncertainty, redrawn
from .options import (
    Json,
    MarketName,
    Masses,
    Out,
    Platforms,
    Reservation,
    Seed,
    Settings,
    Temperature,
    Without,
    choice_in_words,
    choice_rule,
    load,
)
from .redrawn import Redrawn
from .sections import about_section, print_sections
from .solve_sections import Solved, solve_sections


def register(app: typer.Typer) -> None:
    """Add `solve` to the app."""
    app.command("solve")(solve_market)


def solve_market(
    name: MarketName,
    platforms: Platforms,
    masses: Masses = None,
    settings: Settings = None,
    without: Without = None,
    temperature: Temperature = None,
    reservation: Reservation = None,
    uncertainty: Uncertainty = False,
    draws: Draws = None,
    shared_error: SharedError = None,
    mass_concentration: MassConcentration = None,
    seed: Seed = 0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Solve a market: equilibria, cycles, mixed and correlated play, the planner's optimum, prices of anarchy.

    Prints tables, or JSON; with --out it also writes report.html, a page that needs nothing else, and solve.json.
    """
    choice = choice_rule(temperature, reservation)
    market = load(name, masses, settings, without)
    if out is not None:
        check_folder(out)
    batches = redrawn(
        market.market,
        uncertainty=uncertainty,
        draws=draws,
        shared_error=shared_error,
        mass_concentration=mass_concentration,
        seed=seed,
    )
    found = tuple(
        Redrawn(noise, structure_probabilities(batch, platforms, choice, reference=market.market))
        for noise, batch in batches
    )
    solved = Solved(
        market, choice_in_words(temperature, reservation), solve(market.market, platforms, choice), found, seed
    )
    document = json.dumps(solved.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .solve_page import write_report

        note(f"report: {write_report(solved, document, out)}")
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*solve_sections(solved), about_section(market.about)])
