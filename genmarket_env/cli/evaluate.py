"""`genmarket evaluate`: what policies in a file are worth in a game."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..equilibrium.renumbered import without_barred
from ..games.registry import make
from ..number_format import number
from ..protocol import Game
from .game_options import GameSettings, load_game
from .options import Json, Seed
from .sections import Section, print_sections

Policies = Annotated[
    Path, typer.Argument(metavar="POLICY", help="A file of policies, .npz or .json.", show_default=False)
]
GameName = Annotated[
    str | None,
    typer.Option("--game", metavar="NAME", help="The game: of the registry, my.module:MyGame, or an id of `suite`."),
]
Against = Annotated[
    list[str] | None,
    typer.Option(
        metavar="exact|random|best-response|FILE",
        help="Who sits in the other seats, one seat after the other played by the policies; again for more.",
    ),
]
Budget = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=100_000,
        help="Also bound what each player could gain, by a best responder trained for so many rounds: for games too "
        "large for the exact regret.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `evaluate` to the app."""
    app.command("evaluate")(evaluate)


def evaluate(
    policies: Policies,
    game: GameName = None,
    settings: GameSettings = None,
    against: Against = None,
    budget: Budget = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Say what policies are worth in a game: regrets, distance from equilibrium, payoffs against others."""
    from ..train.policies.file import SavedPolicies, load_policies
    from ..train.policies.judging import OPPONENTS, judge

    found = load_policies(policies)
    if game is None:
        raise ValueError(f"--game is missing: the policies say they are of {found.game}; give --game NAME")
    made = _game(game, settings, seed, found)
    play = found.play(made)
    plays: dict[str, Any] = {}
    for name in against or ["exact", "random"]:
        other: SavedPolicies | None = None if name in OPPONENTS else load_policies(name)
        plays[name] = None if other is None else other.play(made)
    if against is None and _has_no_answer(made):
        del plays["exact"]
    judged = judge(made, play, against=plays, budget=budget, seed=seed)
    document = _as_dict(judged, found, game, policies)
    if as_json:
        typer.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        print_sections(_sections(judged, document))


def _game(name: str, settings: list[str] | None, seed: int, found: Any) -> Game[Any]:
    """The game, with the file's parameters where it is of that game and none are given."""
    from ..train.suite.instances import instance, instance_named, names

    if name.partition("@")[0] in names() and name != found.game:
        instance_named(name, dict.fromkeys(settings or ()))
        if not settings:
            return without_barred(instance(name).make())
    if settings is None and name == found.game:
        return without_barred(make(name, **found.parameters))
    return without_barred(load_game(name, settings, seed).game)


def _has_no_answer(game: Game[Any]) -> bool:
    from ..train.policies.judging import opponents

    try:
        opponents("exact", game, ())
    except ValueError:
        return True
    return False


def _as_dict(judged: Any, found: Any, game: str, path: Path) -> dict[str, Any]:
    measured, bounds = judged.measured, judged.bounds
    half = measured.payoff_half_widths
    return {
        "policies": path.name,
        "learner": found.learner,
        "seed": found.seed,
        "source": found.source,
        "game": game,
        "players": list(judged.players),
        "distance_is": judged.distance,
        "nash_conv": measured.nash_conv,
        "nash_conv_half_width": measured.half_width,
        "random_nash_conv": judged.random,
        "gap": judged.gap,
        "regrets": measured.regrets.tolist(),
        "payoffs": measured.payoffs.tolist(),
        "payoff_half_widths": None if half is None else half.tolist(),
        "exact_payoffs": None if judged.exact is None else judged.exact.tolist(),
        "figures": dict(measured.figures),
        "against": {
            name: {"payoffs": paid.tolist(), "half_widths": wide.tolist()}
            for name, (paid, wide) in judged.against.items()
        },
        "bounds": None
        if bounds is None
        else {
            "lower": bounds.lower.tolist(),
            "upper": bounds.upper.tolist(),
            "responders": list(bounds.responders),
            "rounds": bounds.rounds,
            "samples": bounds.samples,
        },
    }


def _sections(judged: Any, document: dict[str, Any]) -> list[Section]:
    gap = "" if judged.gap is None else f", {judged.gap:.2f} of that of random play ({number(judged.random)})"
    learner = document["learner"] or "an unnamed learner"
    seed = "" if document["seed"] is None else f", seed {document['seed']}"
    told = (
        f"by {learner}{seed}{': ' if document['source'] else ''}{document['source']}",
        f"distance from equilibrium: {_with(judged.measured.nash_conv, judged.measured.half_width)}{gap}",
        f"the distance is: {judged.distance}",
    )
    half = document["payoff_half_widths"] or [0.0] * len(judged.players)
    exact = [
        "" if judged.exact is None else number(one)
        for one in (judged.players if judged.exact is None else judged.exact)
    ]
    rows = tuple(
        (name, number(regret), _with(paid, wide), known)
        for name, regret, paid, wide, known in zip(
            judged.players, document["regrets"], document["payoffs"], half, exact, strict=True
        )
    )
    header = ("player", "regret", "payoff", "payoff in the exact answer")
    sections = [Section(f"{document['policies']} in {document['game']}", told, header, rows, numbers=3)]
    if judged.against:
        columns = [[_with(paid, wide) for paid, wide in zip(*each, strict=True)] for each in judged.against.values()]
        sections.append(
            Section(
                "Payoff of each player's policy, all others played by",
                (),
                ("player", *judged.against),
                tuple(zip(judged.players, *columns, strict=True)),
                numbers=len(columns),
            )
        )
    if judged.bounds is not None:
        bounds = judged.bounds
        meant = (
            f"At least what the best responder gains, of those trained for {bounds.rounds} rounds ({bounds.samples:,} "
            "plays), of fixed actions and of what is known; at most what the best action would gain in hindsight; ends "
            "of 95 % intervals."
        )
        bounded = tuple(
            (name, responder, number(low), number(high))
            for name, responder, low, high in zip(
                judged.players, bounds.responders, bounds.lower, bounds.upper, strict=True
            )
        )
        columns_of = ("player", "best responder", "at least", "at most")
        sections.append(Section("What each could gain", (meant,), columns_of, bounded, numbers=2))
    return sections


def _with(value: float, half_width: float) -> str:
    return f"{number(value)} +/- {number(half_width)}" if half_width else number(value)
