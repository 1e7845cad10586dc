"""`genmarket play`: agents play a game or a market round by round."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .. import agents
from ..command_line import check_folder, note
from ..equilibrium.checks import MAX_MIXED_PLATFORMS
from ..equilibrium.market_game import MarketGame
from .game_answer import origin
from .game_options import asks_for_game, load_game, market_asked
from .market_options import Choosing, EitherOptions
from .option_groups import with_option_groups
from .options import Export, Json, Out, Seed
from .play_answer import Played, Playground
from .progress import progress
from .sections import about_section, export_sections, print_sections

DOCUMENT = "play.json"
MAX_ROUNDS = 100_000

Instance = Annotated[
    str,
    typer.Argument(
        metavar="GAME|MARKET", help="A game, a market of the catalogue, or a file of scores.", show_default=False
    ),
]
PolicyNames = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME,...",
        help=f"Who plays: one agent for all, or one a player, of {', '.join(agents.names())}. By default truthful "
        "where types are reported, else best_reply.",
        show_default=False,
    ),
]
Rounds = Annotated[int, typer.Option(min=1, max=MAX_ROUNDS, help="How many rounds are played.")]
Platforms = Annotated[
    int | None,
    typer.Option("-n", "--platforms", min=1, max=MAX_MIXED_PLATFORMS, help="How many platforms, which a market needs."),
]


def register(app: typer.Typer) -> None:
    """Add `play` to the app."""
    app.command("play")(with_option_groups(play))


def play(
    context: typer.Context,
    name: Instance,
    policy: PolicyNames = None,
    rounds: Rounds = 500,
    platforms: Platforms = None,
    market_options: EitherOptions = EitherOptions(),
    choosing: Choosing = Choosing(),
    seed: Seed = 0,
    out: Out = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Let agents play a game, or a market, round by round: what they play, what it pays, what they regret.

    Prints tables, or JSON; with --out it also writes report.html, with a picture of the payoffs over time, and
    play.json.
    """
    if out is not None:
        check_folder(out)
    if asks_for_game(context, name):
        named = load_game(name, market_options.settings, seed)
        ground = Playground(name, named.heading, named.game, named.rules, named.parameters, named.about, origin(named))
    else:
        market, count = market_asked(lambda: market_options.load(name), platforms)
        ground = Playground(
            market.name,
            market.heading,
            MarketGame(market.market, count, choosing.rule),
            f"The {choosing.in_words}.",
            market.options,
            market.about,
            about_section(market.about),
            market.market.model_names,
        )
    with progress() as tell:
        tell(f"{rounds:,} rounds")
        played = Played.of(ground, policy, rounds, seed)
    document = json.dumps(played.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .page import rendered, write_page

        page = rendered(played.sections, ground.about, played.drawings, DOCUMENT)
        note(f"report: {write_page(out, page, DOCUMENT, document)}")
    export_sections(played.sections, ground.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*played.sections, ground.origin])
