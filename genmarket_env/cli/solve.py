"""`genmarket solve`: everything the theory says of one market with so many platforms."""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import typer

from ..analysis.answer import solve
from ..analysis.structure_probabilities import StructureProbabilities, structure_probabilities
from ..choice import ChoiceRule
from ..command_line import make_folder, note
from ..market import Market
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
    choice_in_words,
    choice_rule,
    load,
)
from .sections import print_sections
from .solve_sections import Solved, solve_sections

Uncertainty = Annotated[
    bool,
    typer.Option("--uncertainty", help="Say how often each structure occurs in markets redrawn within the errors."),
]
Draws = Annotated[int, typer.Option(min=1, help="With --uncertainty: how many markets are drawn.")]
SharedError = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="With --uncertainty: the correlation of the models' errors, as they answered one test."
    ),
]
MassConcentration = Annotated[
    float | None,
    typer.Option(help="With --uncertainty: draw the masses too, as those of a sample of about so many users."),
]


def register(app: typer.Typer) -> None:
    """Add `solve` to the app."""
    app.command("solve")(solve_market)


def solve_market(
    name: MarketName,
    platforms: Platforms,
    masses: Masses = None,
    settings: Settings = None,
    temperature: Temperature = None,
    reservation: Reservation = None,
    uncertainty: Uncertainty = False,
    draws: Draws = 1000,
    shared_error: SharedError = 0.0,
    mass_concentration: MassConcentration = None,
    seed: Seed = 0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Solve a market: equilibria, cycles, mixed and correlated play, the planner's optimum, prices of anarchy.

    Prints tables, or JSON; with --out it also writes report.html, a page that needs nothing else, and solve.json.
    """
    choice = choice_rule(temperature, reservation)
    market = load(name, masses, settings)
    if out is not None:
        make_folder(out)
    redrawn = None
    if uncertainty:
        rng = np.random.default_rng(seed)
        redrawn = _redrawn(market.market, platforms, choice, draws, shared_error, mass_concentration, rng=rng)
    solved = Solved(market, choice_in_words(temperature, reservation), solve(market.market, platforms, choice), redrawn)
    document = json.dumps(solved.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .solve_page import write_report

        note(f"report: {write_report(solved, document, out)}")
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections(solve_sections(solved))


def _redrawn(
    market: Market,
    platforms: int,
    choice: ChoiceRule,
    draws: int,
    shared_error: float,
    mass_concentration: float | None,
    *,
    rng: np.random.Generator,
) -> StructureProbabilities:
    """How often each structure occurs in markets redrawn within the errors."""
    redrawn = market.resample(rng, draws, shared_error=shared_error, mass_concentration=mass_concentration)
    return structure_probabilities(redrawn, platforms, choice, reference=market)
