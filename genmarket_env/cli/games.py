"""`genmarket games`: the games around the market; of one its parameters, its exact answer and its published figures."""

from __future__ import annotations

import json
from inspect import getdoc
from typing import Annotated, Any

import numpy as np
import typer

from .. import games
from ..exact import Solved, unfold
from ..games.registry import GAMES, GameEntry
from ..messages import MAX_LENGTH
from ..protocol import Actions, Described, Game
from .options import Json, Settings, number_or_text, settings_of
from .sections import Section, number, print_sections

Name = Annotated[
    str | None, typer.Argument(metavar="NAME", help="A game; without it all are listed.", show_default=False)
]
Seed = Annotated[int, typer.Option(help="Draws the state that the answer is for, where there is one.", min=0)]


def register(app: typer.Typer) -> None:
    """Add `games` to the app."""
    app.command("games")(answer)


def answer(name: Name = None, settings: Settings = None, seed: Seed = 0, as_json: Json = False) -> None:
    """List the games around the market, or say all about one: parameters, exact answer, published figures."""
    if name is None:
        if settings:
            raise ValueError("--set needs a game: genmarket games NAME --set k=v")
        _list_games(as_json)
        return
    entry = games.describe(name)
    values = {key: _parameter(text) for key, text in settings_of(settings).items()}
    game = games.make(name, **values)
    solution = _solution(game, seed)
    records = [(record, *record.check()) for record in entry.records]
    if as_json:
        document = {
            "name": name,
            **_facts(entry),
            "parameters": {key: _plain(getattr(game, key)) for key in entry.parameters},
            "players": list(game.players),
            "reference": solution,
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
        typer.echo(json.dumps(document, indent=2))
        return
    rules = " ".join((getdoc(entry.make) or "").split("\n\n")[0].replace("`", "").split())
    parameters = tuple((key, _short(getattr(game, key))) for key in entry.parameters)
    held = tuple(
        (record.claim, number(record.published), number(measured), "holds" if holds else "does not hold")
        for record, measured, holds in records
    )
    print_sections(
        [
            Section(f"{name}: {entry.title}", (rules, f"moves: {entry.moves}", f"source: {entry.source}")),
            Section("Parameters", (), ("name", "value"), parameters),
            _solution_section(solution),
            Section("Published, and computed now", (), ("claim", "published", "measured", ""), held),
        ]
    )


def _list_games(as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([{"name": name, **_facts(entry)} for name, entry in GAMES.items()], indent=2))
        return
    rows = tuple(
        (name, ", ".join(entry.make().players), entry.moves, entry.concept, entry.source)
        for name, entry in GAMES.items()
    )
    header = ("name", "players", "moves", "exact reference", "source")
    print_sections([Section("Games around the market", ("One of them: genmarket games NAME.",), header, rows)])


def _facts(entry: GameEntry) -> dict[str, str]:
    return {"title": entry.title, "moves": entry.moves, "concept": entry.concept, "source": entry.source}


def _solution(game: Game[Any], seed: int) -> dict[str, Any] | None:
    """The exact answer as plain data; None of a game that has none."""
    if not isinstance(game, Solved):
        return None
    state = game.draw(np.random.default_rng(seed))
    found = game.reference(state)
    document: dict[str, Any] = {"concept": found.concept, "status": found.status.name.lower(), "source": found.source}
    if found.play is None or found.payoffs is None:
        return document
    actions: Actions = unfold(game, state, found.play)
    players = zip(game.players, actions, found.payoffs, strict=True)
    document["play"] = {player: {"action": _plain(action), "payoff": float(pay)} for player, action, pay in players}
    if isinstance(game, Described):
        document["figures"] = {key: float(value) for key, value in game.figures(state, actions).items()}
    return document


def _solution_section(solution: dict[str, Any] | None) -> Section:
    if solution is None or "play" not in solution:
        return Section("Exact answer", ("None is known.",))
    figures = "; ".join(f"{key} {number(value)}" for key, value in solution.get("figures", {}).items())
    sentences = (f"{solution['concept']}: {solution['source']}", *((figures,) if figures else ()))
    rows = tuple(
        (player, _in_words(done["action"]), number(done["payoff"])) for player, done in solution["play"].items()
    )
    return Section("Exact answer", sentences, ("player", "action", "payoff"), rows, 2)


def _parameter(text: str) -> Any:
    """A number, a comma-separated list of them, or a text."""
    if "," not in text:
        return number_or_text(text)
    values = [number_or_text(part) for part in text.split(",")]
    return text if any(isinstance(value, str) for value in values) else values


def _short(value: Any) -> str:
    """A parameter in a cell: of an array beyond one line its shape."""
    text = str(_plain(value))
    return text if len(text) <= MAX_LENGTH else f"{' x '.join(map(str, np.shape(value)))} values, see --json"


def _in_words(action: Any) -> str:
    return ", ".join(str(value) if isinstance(value, int) else number(value) for value in np.ravel(action).tolist())


def _plain(value: Any) -> Any:
    """Arrays as lists, whole numbers as such."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
