"""`genmarket games`: the games around the market; of one its parameters, exact answer, published or derived figures."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ..command_line import check_folder, note
from ..games.entry import GameEntry
from ..games.registry import GAMES, names
from .game_answer import SolvedGame, figure, numbers_beside, reference_as_dict, said, state_sections
from .game_options import GameSettings, about_games, load_game, plain
from .options import Json, Out
from .sections import Section, number, print_sections

DOCUMENT = "games.json"

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="A game, or the path my.module:MyGame of one's own; without it all are listed.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(help="Draws the state that the answer is for, where there is one.", min=0)]


def register(app: typer.Typer) -> None:
    """Add `games` to the app."""
    app.command("games")(answer)


def answer(
    name: Name = None, settings: GameSettings = None, seed: Seed = 0, out: Out = None, as_json: Json = False
) -> None:
    """List the games around the market, or say all about one: parameters, exact answer, published or derived figures.

    With --out it also writes report.html, games.json and, of one game, its figure as NAME.svg.
    """
    if name is None and settings:
        raise ValueError("--set needs a game: genmarket games NAME --set k=v")
    if out is not None:
        check_folder(out)
    from .page import rendered, write_game_page, write_page

    if name is None:
        document = json.dumps([{"name": known, **_facts(GAMES[known])} for known in names()], indent=2) + "\n"
        sections = [_list()]
        if out is not None:
            page = rendered(sections, about_games("that of each game"), dict, DOCUMENT)
            note(f"report: {write_page(out, page, DOCUMENT, document)}")
    else:
        solved = SolvedGame.of(load_game(name, settings, seed))
        facts, sections = _of_one(solved)
        document = json.dumps(facts, indent=2, allow_nan=False) + "\n"
        if out is not None:
            note(f"report: {write_game_page(out, sections, solved.named, DOCUMENT, document)}")
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections(sections)


def _list() -> Section:
    entries = {name: GAMES[name] for name in names()}
    rows = tuple(
        (name, ", ".join(entry.make().players), entry.moves, entry.concept, entry.source)
        for name, entry in entries.items()
    )
    header = ("name", "players", "moves", "exact reference", "source")
    return Section("Games around the market", ("One of them: genmarket games NAME.",), header, rows)


def _of_one(solved: SolvedGame) -> tuple[dict[str, Any], list[Section]]:
    """All about a game, as plain data and as sections."""
    named = solved.named
    entry = named.entry
    records = [(record, *record.check()) for record in entry.records]
    document = {
        "name": named.name,
        **_facts(entry),
        "parameters": named.parameters,
        "players": list(named.game.players),
        "state": plain(named.state),
        "seed": named.seed if named.drawn else None,
        "reference": reference_as_dict(named, solved.answer),
        "records": [
            {
                "claim": record.claim,
                "published": float(record.published),
                "measured": measured,
                "tolerance": record.tolerance,
                "source": record.source,
                "holds": holds,
            }
            for record, measured, holds in records
        ],
    }
    held = tuple(
        (record.claim, number(record.published), number(measured), "holds" if holds else "does not hold", record.source)
        for record, measured, holds in records
    )
    header = ("claim", "stated", "measured", "", "source")
    moves = (f"moves: {entry.moves}",) if entry.moves else ()
    return document, [
        Section(named.heading, (named.rules, *moves, f"source: {entry.source}")),
        Section("Parameters", (), ("name", "value"), named.shown_parameters),
        *state_sections(named),
        _solution(solved),
        *([Section("Published or derived, and computed now", (), header, held)] if held else []),
    ]


def _facts(entry: GameEntry) -> dict[str, str]:
    return {"title": entry.title, "moves": entry.moves, "concept": entry.concept, "source": entry.source}


def _solution(solved: SolvedGame) -> Section:
    found = solved.answer
    if found.actions is None or found.payoffs is None:
        return Section("Exact answer", ("None is known.",))
    figures = "; ".join(f"{key} {figure(solved.named.game, key, value)}" for key, value in found.figures.items())
    sentences = (f"{found.concept}: {found.source}", *((figures,) if figures else ()))
    rows = tuple(
        (player, said(solved.named.game, action), number(payoff))
        for player, action, payoff in zip(solved.named.game.players, found.actions, found.payoffs, strict=True)
    )
    return Section("Exact answer", sentences, ("player", "action", "payoff"), rows, numbers_beside(rows, 2))
