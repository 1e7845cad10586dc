"""`genmarket entry`: what a new model should be good at, and what the market makes of it."""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
import typer

from ..analysis.entry_answer import answer_entry
from ..command_line import check_folder, note, number_or_text, settings_of
from ..entry import SCHEMES, technologies
from .affordable_draws import LATER
from .entry_redrawn import affordable_to_judge, as_good, judged, markets_to_choose_in, search_size
from .entry_sections import Entered, entry_sections
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
from .sections import about_section, print_sections

TechnologyName = Annotated[
    str, typer.Option(help=f"What the provider can make: one of {', '.join(technologies.names())}.")
]
TechnologyOptions = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="NAME=VALUE", help="An option of the technology, for example budget=0.7."),
]
SchemeName = Annotated[str, typer.Option(help=f"How it chooses: one of {', '.join(SCHEMES)}.")]
Search = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="How many releases the search for the best entry tries, with which another scheme is compared; 0 for no "
        "comparison; by default as many as a few seconds allow.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `entry` to the app."""
    app.command("entry")(enter_market)


def enter_market(
    name: MarketName,
    platforms: Platforms,
    technology: TechnologyName = "data-mixture",
    technology_options: TechnologyOptions = None,
    scheme: SchemeName = "best",
    search: Search = None,
    masses: Masses = None,
    settings: Settings = None,
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
    seed: Seed = 0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Enter a market with a new model: which users to go for, what it then serves, and the market before and after.

    Prints tables, or JSON; with --out it also writes report.html, a page that needs nothing else, and entry.json.
    """
    choice = choice_rule(temperature, reservation)
    market = load(name, masses, settings, without)
    options = {key: number_or_text(text) for key, text in settings_of(technology_options, "--with").items()}
    if out is not None:
        check_folder(out)
    incumbents = market.market
    errors = {"score_errors": score_errors, "reference_errors": reference_errors, "mass_errors": mass_errors}
    left_out: tuple[str, ...] = ()
    if draws is None and uncertainty is None and has_errors(incumbents, **errors):
        draws = affordable_to_judge(incumbents, platforms)
        if draws is None:
            uncertainty = False
            left_out = (LATER,)
    batches = list(
        redrawn(
            incumbents,
            uncertainty=uncertainty,
            draws=draws,
            shared_error=shared_error,
            mass_concentration=mass_concentration,
            seed=seed,
            **errors,
        )
    )
    releases, chosen_in = search_size(incumbents, platforms, search, redrawn=bool(batches))
    noises = [noise for noise, _ in batches]
    answer = answer_entry(
        incumbents,
        platforms,
        choice,
        technology=technology,
        technology_options=options,
        scheme=scheme,
        search=releases if search is None else search,
        rng=np.random.default_rng(seed),
        redrawn=markets_to_choose_in(incumbents, noises, chosen_in, seed) if batches else None,
    )
    found, best = (
        tuple(judged(noise, batch, entry.scores, platforms, choice) for noise, batch in batches) if entry else ()
        for entry in (answer.entry, answer.best)
    )
    others = answer.entry.trace.get("rivals", np.empty((0, 0)))[1:] if batches else np.empty((0, 0))
    if len(others):
        scores = np.asarray(answer.technology.scores(others, incumbents.scores))
        others = others[as_good(scores, found, [batch for _, batch in batches], platforms, choice)]
    asked = {"technology_options": options, "search": releases if search is None else search, "seed": seed}
    entered = Entered(
        market,
        choice_in_words(temperature, reservation),
        technology,
        scheme,
        answer,
        found,
        asked,
        best,
        others,
        left_out,
    )
    document = json.dumps(entered.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .entry_page import write_report

        note(f"report: {write_report(entered, document, out)}")
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*entry_sections(entered), about_section(market.about)])
