"""`genmarket users`: where platforms end up over a file of many users, one row each, and who gains by another model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from .. import users
from ..about import About
from ..arguments import checked_integer
from ..command_line import asked, note, warnings_as_notes
from ..markets import open_users, user_labels
from ..messages import listed, shown
from ..number_format import percent
from ..runner.options import Running
from ..status import Status
from ..tolerances import REGRET_TOL
from .option_groups import with_option_groups
from .options import Json, Platforms, Temperature, choice_in_words, choice_rule
from .progress import progress
from .sections import Section, about_section, counted, deployed, number, print_sections

MAX_EQUILIBRIA = 20
"""The most equilibria that are listed; all are in the JSON."""

MAX_GROUPS = 30
"""The most groups that are listed; all are in the JSON."""

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Scores with one row a user: .npy, .parquet, .csv, or a folder of markets.write_users.",
        show_default=False,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL,...",
        help="The models that platforms deploy at first, by name or number from 1, one a platform; by default all have "
        "the best one on average.",
    ),
]
Rounds = Annotated[int, typer.Option(min=0, help="The most rounds of best replies; 0 only checks the start.")]
Pure = Annotated[bool, typer.Option("--pure", help="Find all pure equilibria too.")]
By = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Welfare by the labels in this column of text, such as language, too."),
]
Without = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Leave this column of the file out; again for more.", show_default=False),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="How many threads work, where --jobs and --engine ask for none; one a core without it."),
]


def register(app: typer.Typer) -> None:
    """Add `users` to the app."""
    app.command("users")(with_option_groups(solve_users))


def solve_users(
    file: File,
    platforms: Platforms,
    start: Start = None,
    rounds: Rounds = 100,
    pure: Pure = False,
    by: By = None,
    without: Without = None,
    temperature: Temperature = None,
    threads: Threads = None,
    running: Running = Running(),
    as_json: Json = False,
) -> None:
    """Let platforms move to best replies over a file of users, read block by block, and check where they end.

    Parquet and CSV are converted once into a folder beside the file. Prints tables, or JSON.
    """
    choice = choice_rule(temperature, None)
    if by is not None and by in (without or ()):
        raise ValueError(f"--by {shown(by)}: the column is left out by --without")
    with running.carrying() as runner, progress() as tell:
        tell("opening the file")
        with warnings_as_notes():
            crowd = open_users(file, without=without or (), threads=threads)
        labels = None if by is None else user_labels(crowd.source or file, by).tolist()
        if running.engine == "ray" or running.jobs != -1:
            crowd = crowd.on(runner)
        averages = users.average_scores(crowd)
        profile = _start(start, platforms, crowd.model_names, int(averages.argmax()))
        tell("best replies")
        status, played = None, 0
        if rounds:
            solution = users.best_response_dynamics(crowd, profile, choice, max_rounds=rounds)
            status, profile, played = solution.status, solution.profile, int(solution.stats["rounds"])
        tell("who gains by another model")
        matrix = users.deviation_payoffs(crowd, profile, choice)
        found, left_out = None, None
        if pure:
            tell("all pure equilibria")
            try:
                found = users.pure_equilibria(crowd, platforms, choice).tolist()
            except ValueError as error:  # too many to search: what has been found stays
                left_out = f"--pure is left out: {error}"
        figures = {
            "welfare": users.welfare(crowd, profile, choice),
            "model_hhi": users.model_hhi(crowd, profile, choice),
            "platform_hhi": users.platform_hhi(crowd, profile, choice),
        }
        shares = users.market_shares(crowd, profile, choice)
        groups = None if labels is None else _by_group(users.welfare_by_group(crowd, profile, labels, choice))
    payoffs = matrix[np.arange(platforms), profile]
    about = About(command=asked(), market=str(file), masses="those of the file, or equal ones where it has none")
    document: dict[str, Any] = {
        "file": str(file),
        "users": crowd.num_users,
        "models": list(crowd.model_names),
        "average_scores": averages.tolist(),
        "status": None if status is None else status.name.lower(),
        "rounds": played,
        "profile": profile.tolist(),
        "market_shares": shares.tolist(),
        "payoffs": payoffs.tolist(),
        "regrets": (matrix.max(axis=1) - payoffs).tolist(),
        "best_replies": matrix.argmax(axis=1).tolist(),
        "is_equilibrium": bool((matrix.max(axis=1) - payoffs).max() <= REGRET_TOL),
        **figures,
        "groups": groups,
        "pure_equilibria": found,
        "left_out": left_out,
        "about": about.as_dict(),
    }
    if as_json:
        typer.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        print_sections(_sections(document, choice_in_words(temperature, None), about))
    if left_out is not None:
        note(f"note: {left_out}")


def _sections(document: dict[str, Any], choice: str, about: About) -> list[Section]:
    sections = [_where(document, choice), _platforms(document)]
    if document["groups"] is not None:
        sections.append(_groups(document["groups"]))
    if document["pure_equilibria"] is not None:
        sections.append(_equilibria(document["pure_equilibria"], document["models"]))
    return [*sections, about_section(about, page=False)]


def _start(text: str | None, platforms: int, names: tuple[str, ...], best: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    if text is None:
        return np.full(platforms, best)
    words = [word.strip() for word in text.split(",")]
    if len(words) != platforms:
        raise ValueError(f"--start names {len(words)} models for {platforms} platforms; give one for each")
    return np.array([_model(word, names) for word in words], dtype=np.int64)


def _model(word: str, names: tuple[str, ...]) -> int:
    if word in names:
        return names.index(word)
    if word.isdecimal():
        return checked_integer("a model of --start", int(word), 1, len(names)) - 1
    raise ValueError(f"--start: there is no model {shown(word)}; there are {listed(names, 120)}")


def _where(document: dict[str, Any], choice: str) -> Section:
    words = {
        None: "No best replies were played",
        Status.CONVERGED.name.lower(): "Best replies end after {}",
        Status.CYCLED.name.lower(): "Best replies go round in a cycle, which began to repeat after {}",
        Status.MAX_ROUNDS.name.lower(): "Best replies had not ended after {}",
    }
    largest = max(document["regrets"])
    verdict = (
        "a pure equilibrium: nobody gains by another model"
        if document["is_equilibrium"]
        else f"no pure equilibrium: a platform gains {number(largest, 6)} by another model"
    )
    models = deployed(document["profile"], document["models"])
    counts = {"platform": len(document["profile"]), "user": document["users"], "model": len(document["models"])}
    return Section(
        f"{', '.join(counted(count, one) for one, count in counts.items())}; {choice}",
        (
            f"{words[document['status']].format(counted(document['rounds'], 'round'))}: {models}.",
            f"This is {verdict}.",
            f"Welfare {number(document['welfare'], 4)}; HHI of models {number(document['model_hhi'], 4)}, of platforms "
            f"{number(document['platform_hhi'], 4)}.",
        ),
    )


def _platforms(document: dict[str, Any]) -> Section:
    names = document["models"]
    rows = tuple(
        (
            str(i + 1),
            names[j],
            names[document["best_replies"][i]] if document["regrets"][i] > REGRET_TOL else "-",
            number(document["average_scores"][j], 4),
            percent(document["market_shares"][i]),
            number(document["payoffs"][i], 4),
            number(document["regrets"][i], 6),
        )
        for i, j in enumerate(document["profile"])
    )
    header = ("platform", "model", "better", "average score", "users", "payoff", "gain")
    return Section("Platforms", (), header, rows, 4)


def _by_group(found: users.ByGroup) -> list[dict[str, Any]]:
    """What each group gets, the largest first."""
    rows = [
        {"group": name, "users": float(mass), "welfare": float(welfare), "served": served.tolist()}
        for name, mass, welfare, served in zip(found.names, found.masses, found.welfare, found.served.T, strict=True)
        if mass > 0
    ]
    return sorted(rows, key=lambda row: -row["users"])


def _groups(found: list[dict[str, Any]]) -> Section:
    rows = tuple((row["group"] or "(no label)", percent(row["users"]), number(row["welfare"], 4)) for row in found)
    more = (f"{len(rows) - MAX_GROUPS} more are in the JSON.",) if len(rows) > MAX_GROUPS else ()
    return Section("Groups", more, ("group", "users", "welfare"), rows[:MAX_GROUPS], 2)


def _equilibria(found: list[list[int]], names: list[str]) -> Section:
    rows = tuple((deployed(profile, names),) for profile in found[:MAX_EQUILIBRIA])
    more = (f"{len(found) - MAX_EQUILIBRIA} more are in the JSON.",) if len(found) > MAX_EQUILIBRIA else ()
    title = f"Pure equilibria: {len(found)}" if found else "There is no pure equilibrium"
    return Section(title, more, ("models",) if rows else (), rows)
