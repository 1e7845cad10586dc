"""`genmarket suite`: graded games and markets with their exact answers; one of them, and its answer solved anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ..number_format import number
from ..train.suite.instances import KINDS, SUITE, Instance, instance, instances
from .markets import ShowByName
from .options import Json
from .sections import Section, print_sections

Asked = Annotated[
    str, typer.Argument(metavar="ID", help="An instance, as `suite` lists them, perhaps with its version: ID@1.")
]

WORDS = {"random": "random play", "best_response": "best responses", "best_reply": "best responses", "ppo": "PPO"}


def register(app: typer.Typer) -> None:
    """Add `suite`, `suite list`, `suite show` and `suite solve` to the app."""
    group = typer.Typer(rich_markup_mode=None, cls=ShowByName)
    group.callback(invoke_without_command=True)(suite)
    group.command("list")(list_instances)
    group.command("show")(show_instance)
    group.command("solve")(solve_instance)
    app.add_typer(group, name="suite")


def suite(context: typer.Context, as_json: Json = False) -> None:
    """Graded games and markets with exact answers: list them, show one, or solve one anew."""
    if context.invoked_subcommand is None:
        list_instances(as_json)
    elif as_json:
        raise ValueError("--json stands behind the instance: genmarket suite show ID --json")


def list_instances(as_json: Json = False) -> None:
    """List the instances by kind, with how hard each has been measured to be."""
    if as_json:
        document = {
            "suite": SUITE,
            "kinds": KINDS,
            "instances": [
                {"id": one.id, "version": one.version, "kind": one.kind, "title": one.title, "game": one.game}
                | {"grade": one.grade, "difficulty": dict(one.difficulty)}
                for one in instances()
            ],
        }
        typer.echo(json.dumps(document, indent=2))
        return
    rows = tuple((one.name, one.kind, one.grade, one.title, *_gaps(one)) for one in instances())
    told = (
        "Gaps: distance from equilibrium over that of random play, as measured; 0 is exact, 1 as random. Easy: both "
        "find the answer, medium: one, hard: neither.",
        "One of them: genmarket suite show ID. Learners on all of them: python -m genmarket_env.train.suite.",
    )
    header = ("instance", "kind", "grade", "what it is", "best responses", "PPO")
    print_sections([Section(f"{SUITE}: {len(rows)} instances", told, header, rows, numbers=2)])


def show_instance(name: Asked, as_json: Json = False) -> None:
    """Show one instance: its game, the stored exact answer, and what learners did when its difficulty was measured."""
    found = instance(name)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2))
        return
    print_sections([*_about(found), _answer("Exact answer", found, found.answer), _difficulty(found)])


def solve_instance(name: Asked, as_json: Json = False) -> None:
    """Solve one instance anew and hold the answer against the stored one."""
    from ..train.games.evaluation import Evaluator
    from ..train.suite.answers import agrees, answer_of

    found = instance(name)
    game = found.make()
    now = json.loads(json.dumps(answer_of(game, Evaluator(game))))
    same = agrees(dict(found.answer), now)
    if as_json:
        document = {"instance": found.name, "stored": dict(found.answer), "now": now, "agrees": same}
        typer.echo(json.dumps(document, indent=2))
        return
    verdict = "It is the stored one." if same else "It is NOT the stored one."
    print_sections([*_about(found), _answer("Exact answer, solved now", found, now, verdict)])


def _about(found: Instance) -> list[Section]:
    rows = tuple((key, _short(value)) for key, value in found.parameters.items())
    told = (
        f"{found.kind}: {KINDS[found.kind]}",
        f"game: {found.game}",
        *(() if rows else ("parameters: those of the game by default",)),
    )
    return [Section(f"{found.name}: {found.title}", told, ("parameter", "value") if rows else (), rows)]


def _answer(title: str, found: Instance, answer: Mapping[str, Any], verdict: str = "") -> Section:
    told = [f"{answer['concept']}: {answer['source']}"]
    if "equilibria" in answer:
        first = answer["first_equilibria"]
        shown = f", the first {first[0]}" if first else ""
        told.append(f"pure equilibria: {answer['equilibria']}{shown}")
    if answer.get("least_epsilon"):
        told.append(f"least epsilon of a pure epsilon-equilibrium: {number(answer['least_epsilon'])}")
    if "mixed" in answer:
        parts = ", ".join(f"{action} {number(share)}" for action, share in answer["mixed"].items())
        told.append(f"all play the mixture {parts}")
    if answer["distance"] is not None:
        told.append(f"its own distance from equilibrium: {number(answer['distance'])} ({answer['distance_is']})")
    players = found.make().players
    payoffs = answer["payoffs"] or []
    rows = tuple((player, number(payoff)) for player, payoff in zip(players, payoffs, strict=bool(payoffs)))
    sentences = (*told, verdict) if verdict else tuple(told)
    return Section(title, sentences, ("player", "payoff") if rows else (), rows, numbers=1)


def _difficulty(found: Instance) -> Section:
    rows = [("random play", "1.00", "", number(found.random))]
    for learner, one in found.difficulty.items():
        if isinstance(one, Mapping) and "gap" in one:
            told = f"{one['rounds']} rounds, {one['seeds']} seeds"
            gap = f"{one['gap']:.2f} [{one['low']:.2f}, {one['high']:.2f}]"
            rows.append((WORDS.get(learner, learner), gap, told, number(one["gap"] * found.random)))
    header = ("played by", "gap", "measured over", "distance")
    meant = "Distance from equilibrium over that of random play, with its 95 % bootstrap interval over seeds."
    return Section(f"Difficulty: {found.grade}", (meant,), header, tuple(rows), numbers=1)


def _gaps(found: Instance) -> tuple[str, str]:
    gaps = [f"{one['gap']:.2f}" for name, one in found.difficulty.items() if isinstance(one, Mapping) and "gap" in one]
    return gaps[0], gaps[-1]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{len(text):,} characters, see --json"
