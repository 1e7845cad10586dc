"""`genmarket entry`: what a new model should be good at, and what the market makes of it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..analysis.entry_redrawn import affordable_to_judge, judge_entry
from ..command_line import check_folder, note, number_or_text, settings_of
from ..entry import SCHEMES, technologies
from ..entry.entering import Entering
from ..runner.options import Running
from .economy_asked import EconomyText
from .entry_economy import entry_economy_asked
from .entry_sections import Entered, entry_sections
from .market_options import Choosing, MarketOptions
from .noise import Redrawing
from .option_groups import with_option_groups
from .options import Export, Json, MarketName, Out, Platforms, Seed
from .sections import about_section, export_sections, print_sections

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
    app.command("entry")(with_option_groups(enter_market))


def enter_market(
    name: MarketName,
    platforms: Platforms,
    technology: TechnologyName = "data-mixture",
    technology_options: TechnologyOptions = None,
    scheme: SchemeName = "best",
    search: Search = None,
    market_options: MarketOptions = MarketOptions(),
    choosing: Choosing = Choosing(),
    economy: EconomyText = None,
    redrawing: Redrawing = Redrawing(),
    running: Running = Running(),
    seed: Seed = 0,
    out: Out = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Enter a market with a new model: which users to go for, what it then serves, and the market before and after.

    Prints tables, or JSON; with --out it also writes report.html, a page that needs nothing else, and entry.json.
    """
    choice = choosing.rule
    market = market_options.load(name)
    options = {key: number_or_text(text) for key, text in settings_of(technology_options, "--with").items()}
    if out is not None:
        check_folder(out)
    earning = entry_economy_asked(economy, market.market, platforms)
    entering = Entering.of(market.market, platforms, choice, earning and earning.economy)
    game = entering.incumbents
    asked, left_out = redrawing.within(lambda: affordable_to_judge(game), market.market)
    with running.carrying() as runner:
        found = judge_entry(
            game,
            asked.batches(market.market, seed),
            technology=technology,
            technology_options=options,
            scheme=scheme,
            search=search,
            seed=seed,
            economy=entering.economy,
            runner=runner,
        )
    entered = Entered(
        market,
        choosing.in_words + ("" if earning is None else f"; {earning.in_words}"),
        technology,
        scheme,
        found.answer,
        found.redrawn,
        {"technology_options": options, "search": found.search, "seed": seed},
        found.best_redrawn,
        found.as_good,
        left_out,
    )
    document = json.dumps(entered.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .entry_page import write_report

        note(f"report: {write_report(entered, document, out)}")
    sections = entry_sections(entered)
    export_sections(sections, market.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*sections, about_section(market.about)])
