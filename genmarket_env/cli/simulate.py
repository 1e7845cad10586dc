"""`genmarket simulate`: best-response dynamics, printed step by step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import typer

from ..analysis.paths import Path, best_response_path
from ..equilibrium.best_response import Order, TieBreaking
from ..market import Market
from ..messages import shown
from ..status import Status
from .market_options import Choosing, MarketOptions
from .move_sections import steps_section
from .option_groups import with_option_groups
from .options import Export, Json, MarketName, NamedMarket, Platforms, Seed
from .sections import Section, about_section, counted, deployed, export_sections, number, print_sections

Start = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODEL",
        help="The model that all platforms start with; give it once a platform for a start of their own. "
        "By default that of the best average score.",
    ),
]
OrderOption = Annotated[Order, typer.Option(help="Who moves when: in turn, in random order, or all at once.")]
Ties = Annotated[TieBreaking, typer.Option(help="Which of several best replies is taken.")]
MOVES = {"fixed": "they move in turn", "random": "they move in random order", "simultaneous": "all move at once"}
"""Who moves when, in words."""

MAX_MOVES = 2_000
"""The most moves that are printed."""

Rounds = Annotated[int, typer.Option(min=1, help="After so many rounds it ends.")]


def register(app: typer.Typer) -> None:
    """Add `simulate` to the app."""
    app.command("simulate")(with_option_groups(simulate))


def simulate(
    name: MarketName,
    platforms: Platforms,
    market_options: MarketOptions = MarketOptions(),
    start: Start = None,
    order: OrderOption = "fixed",
    ties: Ties = "lowest_index",
    max_rounds: Rounds = 1000,
    choosing: Choosing = Choosing(),
    seed: Seed = 0,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Let platforms move to best replies until nobody moves, or until they cycle; print every move."""
    choice = choosing.rule
    market = market_options.load(name)
    path = best_response_path(
        market.market,
        start_profile(market.market, platforms, start),
        choice,
        order=order,
        tie_breaking=ties,
        max_rounds=max_rounds,
        rng=np.random.default_rng(seed),
    )
    moves = MOVES[order]
    if ties == "random" or order == "random":
        moves += f", drawn with the seed {seed}"
    sections = _sections(market, path, f"{moves}; {choosing.in_words}")
    export_sections(sections, market.about, export)
    if as_json:
        typer.echo(json.dumps(_document(market, path), indent=2, allow_nan=False))
    else:
        print_sections([*sections, about_section(market.about)])


def start_profile(market: Market, platforms: int, names: Sequence[str] | None) -> list[int]:
    """The profile that `--start` names.

    Raises:
        ValueError: the market has no such model, or there are neither one nor `platforms` names.
    """
    if not names:
        return [int(market.best_on_average)] * platforms
    if len(names) not in {1, platforms}:
        raise ValueError(f"{len(names)} times --start for {platforms} platforms: give it once, or once a platform")
    for name in names:
        if name not in market.model_names:
            raise ValueError(f"--start {shown(name)}: the market has no such model; `markets show` lists them")
    models = [market.model_names.index(name) for name in names]
    return models if len(models) == platforms else models * platforms


def _sections(market: NamedMarket, path: Path, choice: str) -> list[Section]:
    names = market.market.model_names
    options = "".join(f", {option} {value}" for option, value in market.options.items())
    begins = (
        f"{counted(len(path.start), 'platform')}{options}; {choice}. They start with {deployed(path.start, names)}: "
        f"the welfare is {number(path.start_welfare)}."
    )
    units = (
        "Gain: what the mover earns more by its move; welfare: the score that users get after it, on average by mass; "
        "both in units of the score."
    )
    return [
        steps_section(market.heading, (begins, units), path.steps, names, most=MAX_MOVES),
        Section(_ending(path), (f"{_at_the_end(path)} {deployed(_last(path), names)}.",)),
    ]


def _ending(path: Path) -> str:
    rounds = counted(path.rounds, "round")
    if path.status is Status.CONVERGED:
        return f"Converged after {rounds}: nobody gains by another model, a pure Nash equilibrium"
    if path.status is Status.CYCLED:
        first = len(path.steps) - len(path.cycle) + 1
        return f"Cycle of {len(path.cycle)} steps, from step {first} on, found after {rounds}: it begins again"
    return f"Not converged after {rounds}"


def _at_the_end(path: Path) -> str:
    return "They deploy" if path.status is Status.CONVERGED else "After the last step shown they deploy"


def _last(path: Path) -> tuple[int, ...]:
    return path.steps[-1].profile if path.steps else path.start


def _document(market: NamedMarket, path: Path) -> dict[str, Any]:
    return {
        "market": market.name,
        "options": market.options,
        "about": market.about.as_dict(),
        "model_names": list(market.market.model_names),
        **asdict(path),
        "status": path.status.name,
    }
