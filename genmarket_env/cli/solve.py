"""`genmarket solve`: everything the theory says of one market with so many platforms, or of a game around it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .. import games
from ..analysis.affordable_draws import affordable_draws
from ..analysis.answer import answer_of
from ..analysis.redrawn import answer_redrawn
from ..command_line import check_folder, note
from ..compiled import asked_once
from ..equilibrium.market_game import MarketGame
from ..messages import listed, shown
from ..runner.options import Running
from .economy_asked import EconomyText, economy_asked
from .game_answer import answer_game
from .game_options import StateText, asks_for_game, market_asked
from .market_options import Choosing, EitherOptions
from .noise import Redrawing
from .option_groups import with_option_groups
from .options import Effort, Export, Json, NamedMarket, Out, PlatformNumbers, Seed
from .progress import progress
from .sections import about_section, export_sections, print_sections
from .solve_sections import SolvedMarket, solve_sections
from .solve_several import SeveralSolved, several_sections
from .solve_unlike import answer_unlike

Instance = Annotated[
    str,
    typer.Argument(
        metavar="MARKET|GAME", help="A market of the catalogue, a file of scores, or a game.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add `solve` to the app."""
    app.command("solve")(with_option_groups(solve_market))


def solve_market(
    context: typer.Context,
    name: Instance,
    platforms: PlatformNumbers = None,
    market_options: EitherOptions = EitherOptions(),
    choosing: Choosing = Choosing(),
    economy: EconomyText = None,
    redrawing: Redrawing = Redrawing(),
    effort: Effort = 1.0,
    running: Running = Running(),
    state: StateText = None,
    seed: Seed = 0,
    out: Out = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Solve a market: equilibria, cycles, mixed and correlated play, the planner's optimum, prices of anarchy.

    A game around the market (`genmarket games` lists them) has one exact answer and takes --set, --state and --seed.
    Several numbers of platforms, or --masses all, give one table over them; JSON and the page hold each answer whole.
    Prints tables, or JSON; with --out it also writes report.html, a page that needs nothing else, and solve.json.
    """
    if asks_for_game(context, name):
        answer_game(name, market_options.settings, seed, state, out, export, as_json)
        return
    if state is not None:
        raise ValueError(f"--state is of games; {shown(name)} is none: {listed(games.names())}")
    choice = choosing.rule
    earning = economy_asked(economy)
    in_words = choosing.in_words + ("" if earning is None else f"; {earning.in_words}")
    named, numbers = market_asked(lambda: market_options.load_all(name), platforms)
    if out is not None:
        check_folder(out)

    first = MarketGame(named[0].market, int(numbers[0]), choice, economy=earning and earning.economy)
    if not first.alike:
        if len(named) * len(numbers) > 1:
            raise ValueError(
                "platforms that differ in access, brand or owner are solved in one market: give one -n and one scheme "
                "of --masses"
            )
        with running.carrying() as runner:
            answer_unlike(named[0], in_words, first, redrawing, seed, runner, out, export, as_json)
        return

    @asked_once()
    def solved(market: NamedMarket, count: int) -> SolvedMarket:
        game = MarketGame(market.market, count, choice, economy=None if earning is None else earning.economy)
        answer = answer_of(game, effort=effort, tell=tell)
        tell("markets redrawn within their errors")
        asked, left_out = redrawing.within(lambda: affordable_draws(game, seed), market.market)
        found = answer_redrawn(game, answer, asked.batches(market.market, seed), runner)
        return SolvedMarket(market, in_words, answer, found, seed, left_out, earning and earning.economy)

    with running.carrying() as runner, progress() as tell:
        answers = tuple(solved(market, int(count)) for market in named for count in numbers)
    answer = answers[0] if len(answers) == 1 else SeveralSolved(answers)
    document = json.dumps(answer.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .solve_page import write_report

        note(f"report: {write_report(answer, document, out)}")
    sections = solve_sections(answer) if isinstance(answer, SolvedMarket) else several_sections(answer)
    export_sections(sections, answer.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*sections, about_section(answer.about)])
