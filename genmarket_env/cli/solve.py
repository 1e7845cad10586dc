"""`genmarket solve`: everything the theory says of one market with so many platforms."""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import typer

from ..analysis.answer import solve
from ..analysis.structure_probabilities import structure_probabilities
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
from .redrawn import Redrawn
from .sections import print_sections
from .solve_sections import Solved, solve_sections

DRAWS = 1000
SHARED_ERRORS = (0.0, 0.5)
"""The correlations for which the answer is given if none is asked for: what the truth is, the scores do not say."""

Uncertainty = Annotated[
    bool,
    typer.Option("--uncertainty", help="Say how often each structure occurs in markets redrawn within the errors."),
]
Draws = Annotated[
    int | None,
    typer.Option(min=1, help=f"With --uncertainty: how many markets are drawn; {DRAWS} by default."),
]
SharedError = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="With --uncertainty: the correlation of the models' errors, as they answered one test; by default the "
        f"answer is given for 0 and for {SHARED_ERRORS[1]}.",
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
    asked = {"--draws": draws, "--shared-error": shared_error, "--mass-concentration": mass_concentration}
    if not uncertainty and set(asked.values()) != {None}:
        raise ValueError(f"{next(name for name in asked if asked[name] is not None)} needs --uncertainty")
    choice = choice_rule(temperature, reservation)
    market = load(name, masses, settings)
    if out is not None:
        make_folder(out)
    redrawn: tuple[Redrawn, ...] = ()
    if uncertainty:
        redrawn = tuple(
            _redrawn(market.market, platforms, choice, draws or DRAWS, shared, mass_concentration, seed)
            for shared in _shared_errors(market.market, shared_error, mass_concentration)
        )
    solved = Solved(market, choice_in_words(temperature, reservation), solve(market.market, platforms, choice), redrawn)
    document = json.dumps(solved.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .solve_page import write_report

        note(f"report: {write_report(solved, document, out)}")
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections(solve_sections(solved))


def _shared_errors(
    market: Market, shared_error: float | None, mass_concentration: float | None
) -> tuple[float | None, ...]:
    """The correlations of errors to draw markets with; None where scores have no errors.

    Raises:
        ValueError: nothing of the market is uncertain.
    """
    if market.standard_errors is not None:
        return SHARED_ERRORS if shared_error is None else (shared_error,)
    if shared_error is not None:
        raise ValueError("--shared-error: the scores of this market have no standard errors")
    if mass_concentration is None:
        raise ValueError(
            "nothing of this market is uncertain: its scores have no standard errors; draw its masses with "
            "--mass-concentration, or give a market file with standard errors"
        )
    return (None,)


def _redrawn(
    market: Market,
    platforms: int,
    choice: ChoiceRule,
    draws: int,
    shared_error: float | None,
    mass_concentration: float | None,
    seed: int,
) -> Redrawn:
    """How often each structure occurs in markets redrawn within the errors."""
    # From the same numbers whatever the correlation is, so that answers differ by it alone.
    rng = np.random.default_rng(seed)
    redrawn = market.resample(rng, draws, shared_error=shared_error or 0.0, mass_concentration=mass_concentration)
    found = structure_probabilities(redrawn, platforms, choice, reference=market)
    return Redrawn(found, shared_error, mass_concentration)
