"""`genmarket solve`: everything the theory says of one market with so many platforms, or of a game around it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .. import games
from ..analysis.answer import solve
from ..analysis.outlook import gain_error, outlook
from ..command_line import check_folder, note
from ..compiled import asked_once
from ..markets.catalogue import UnknownMarketError
from ..messages import listed, shown
from .affordable_draws import affordable_draws
from .game_answer import answer_game
from .game_options import EitherSettings, StateText, is_game, refuse_other_options
from .noise import (
    Draws,
    MassConcentration,
    MassErrors,
    ReferenceErrors,
    ScoreErrors,
    SharedError,
    Uncertainty,
    has_errors,
    redrawn,
)
from .options import (
    Effort,
    Json,
    Masses,
    NamedMarket,
    Out,
    PlatformNumbers,
    Reservation,
    Seed,
    Temperature,
    Without,
    choice_in_words,
    choice_rule,
    load_all,
)
from .progress import progress
from .redrawn import Redrawn
from .sections import about_section, print_sections
from .solve_sections import SolvedMarket, solve_sections
from .solve_several import SeveralSolved, several_sections

Instance = Annotated[
    str,
    typer.Argument(
        metavar="MARKET|GAME", help="A market of the catalogue, a file of scores, or a game.", show_default=False
    ),
]

NOTHING: tuple[str, ...] = ()
"""Nothing was left out."""


def register(app: typer.Typer) -> None:
    """Add `solve` to the app."""
    app.command("solve")(solve_market)


def solve_market(
    context: typer.Context,
    name: Instance,
    platforms: PlatformNumbers = None,
    masses: Masses = None,
    settings: EitherSettings = None,
    without: Without = None,
    temperature: Temperature = None,
    reservation: Reservation = None,
    uncertainty: Uncertainty = None,
    draws: Draws = None,
    shared_error: SharedError = None,
    mass_concentration: MassConcentration = None,
    score_errors: ScoreErrors = True,
    reference_errors: ReferenceErrors = True,
    mass_errors: MassErrors = True,
    effort: Effort = 1.0,
    state: StateText = None,
    seed: Seed = 0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Solve a market: equilibria, cycles, mixed and correlated play, the planner's optimum, prices of anarchy.

    A game around the market (`genmarket games` lists them) has one exact answer and takes --set, --state and --seed.
    Several numbers of platforms, or --masses all, give one table over them; JSON and the page hold each answer whole.
    Prints tables, or JSON; with --out it also writes report.html, a page that needs nothing else, and solve.json.
    """
    if is_game(name):
        refuse_other_options(context, name)
        answer_game(name, settings, seed, state, out, as_json)
        return
    if state is not None:
        raise ValueError(f"--state is of games; {shown(name)} is none: {listed(games.names())}")
    choice = choice_rule(temperature, reservation)
    try:
        named = load_all(name, masses, settings, without)
    except UnknownMarketError as error:
        raise ValueError(f"{error}; the games are {listed(games.names())}") from None
    if not platforms:
        raise ValueError("Missing option '-n' / '--platforms'.")
    if out is not None:
        check_folder(out)

    @asked_once()
    def solved(market: NamedMarket, count: int) -> SolvedMarket:
        answer = solve(market.market, count, choice, effort=effort, tell=tell)
        tell("markets redrawn within their errors")
        number, left_out = draws, NOTHING
        switches = {
            "score_errors": score_errors,
            "reference_errors": reference_errors,
            "mass_errors": mass_errors,
        }
        if uncertainty is None and draws is None and has_errors(market.market, **switches):
            number, left_out = affordable_draws(market.market, count, choice, seed)
        found = tuple(
            Redrawn(
                noise,
                outlook(batch, count, choice, reference=market.market, most_profiles=noise.draws),
                None if answer.equilibria else gain_error(batch, market.market, answer.least.profile, choice),
            )
            for noise, batch in redrawn(
                market.market,
                uncertainty=False if left_out else uncertainty,
                draws=number,
                shared_error=shared_error,
                mass_concentration=mass_concentration,
                seed=seed,
                **switches,
            )
        )
        return SolvedMarket(market, choice_in_words(temperature, reservation), answer, found, seed, left_out)

    with progress() as tell:
        answers = tuple(solved(market, int(count)) for market in named for count in platforms)
    answer = answers[0] if len(answers) == 1 else SeveralSolved(answers)
    document = json.dumps(answer.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .solve_page import write_report

        note(f"report: {write_report(answer, document, out)}")
    if as_json:
        typer.echo(document, nl=False)
    else:
        sections = solve_sections(answer) if isinstance(answer, SolvedMarket) else several_sections(answer)
        print_sections([*sections, about_section(answer.about)])
