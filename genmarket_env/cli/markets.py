"""`genmarket markets`: what the catalogue holds, and what is in one market."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .. import markets
from ..analysis.taste import CoverageBounds, coverage_bounds
from ..command_line import number_or_text
from ..market import Market
from ..markets import answers, json_shown
from ..markets.amounts import OF_MODEL, Amounts
from ..messages import shown
from ..number_format import amount, percent
from .options import Json, Masses, NamedMarket, Settings, load
from .sections import Section, number, print_sections

MAX_COLUMNS = 8
"""The most user types whose scores fit side by side."""

SUMMARY = ("model", "average score", "lowest", "highest", "mass it is best for")

BEST_FOR = "The mass it is best for: of the user types that no model scores higher for; models may tie."

Shown = Annotated[
    str,
    typer.Argument(metavar="NAME|FILE", help="A market of the catalogue, or a file of scores.", show_default=False),
]


Deployed = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODEL",
        help="Show between what the coverage of these models lies, taste and luck apart; again for more models. Of "
        f"{' and '.join(answers.KNOWN)}.",
    ),
]


class ShowByName(TyperGroup):
    """`markets NAME` is short for `markets show NAME`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names, or `show` where it names none."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


def register(app: typer.Typer) -> None:
    """Add `markets` and `markets show` to the app."""
    group = typer.Typer(rich_markup_mode=None, cls=ShowByName)
    group.callback(invoke_without_command=True)(list_markets)
    group.command("show")(show_market)
    app.add_typer(group, name="markets")


def list_markets(context: typer.Context, as_json: Json = False) -> None:
    """List the markets of the catalogue; `markets show` says all about one."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise ValueError("--json stands behind the name: genmarket markets show NAME --json")
        return
    known = [(name, markets.describe(name), markets.load(name)) for name in markets.names()]
    if as_json:
        document = [
            {"name": name, "title": entry.title, "models": market.num_models, "users": market.num_users}
            for name, entry, market in known
        ]
        typer.echo(json.dumps(document, indent=2))
        return
    rows = tuple((name, entry.title, f"{market.num_models} x {market.num_users}") for name, entry, market in known)
    print_sections([Section("Markets of the catalogue", (), ("name", "title", "models x users"), rows, numbers=1)])


def show_market(
    name: Shown,
    masses: Masses = None,
    settings: Settings = None,
    deployed: Deployed = None,
    as_json: Json = False,
) -> None:
    """Show where a market comes from, what it can be asked for, its masses and its scores.

    With --deployed, of a market known answer by answer, between what the coverage of these models lies: with one answer
    a question taste and luck cannot be told apart. --set types=NUMBER says in how many user types.
    """
    found = load(name, masses, settings)
    entry = found.entry
    if deployed:
        bounds = _bounds(found, deployed)
        if as_json:
            typer.echo(json.dumps({"name": found.name, "deployed": deployed, **asdict(bounds)}, indent=2))
        else:
            print_sections([_bounds_section(found, deployed, bounds)])
        return
    if as_json:
        document = {
            "format": json_shown.FORMAT,
            "version": json_shown.VERSION,
            "name": found.name,
            "about": found.about.as_dict(),
            "title": found.title,
            "source": entry.source,
            "licence": entry.licence,
            "unit": entry.unit,
            "notes": list(entry.notes),
            "options": dict(entry.options),
            "chosen": found.options,
            "mass_schemes": {name: asdict(scheme) for name, scheme in entry.mass_schemes.items()},
            "model_sources": dict(entry.model_sources),
            **_numbers(found.market),
            **{name: None if one is None else asdict(one) for name, one in _amounts(found).items()},
        }
        typer.echo(json.dumps(document, indent=2))
        return
    about = Section(found.title, tuple(f"{what}: {text}" for what, text in entry.facts if text))
    print_sections([about, score_section(found), *_amount_sections(found), *_source_sections(entry)])


def _bounds(found: NamedMarket, deployed: Sequence[str]) -> CoverageBounds:
    """Between what the coverage of models of a market lies that is known answer by answer."""
    types = found.options.get("types")
    market, groups = answers.single_questions(found.name, None if types is None else number_or_text(types))
    for model in deployed:
        if model not in market.model_names:
            raise ValueError(f"--deployed {shown(model)}: the market has no such model; `markets show` lists them")
    return coverage_bounds(market, groups, [market.model_names.index(model) for model in deployed])


def _bounds_section(found: NamedMarket, deployed: Sequence[str], bounds: CoverageBounds) -> Section:
    rows = (
        ("if all differences within a user type are luck", bounds.low, bounds.low_interval),
        ("if none is: single answers", bounds.high, bounds.high_interval),
        ("single answers that luck alone would give", bounds.by_luck, bounds.by_luck_interval),
    )
    told = [
        f"Of {', '.join(deployed)}: the score of the best of them for each of {found.market.num_users} user types.",
        "With one answer a question taste and luck cannot be told apart, and the truth lies between the first two.",
        "Above the third, the models complement each other on more than luck explains; below it they are right on the "
        "same questions.",
        "Ranges: 95% of sets of questions drawn anew within each user type. Every question counts the same.",
    ]
    if found.options.get("types", "").isdecimal():
        told.append("These user types are made of the answers themselves: the first of the three keeps luck too.")
    cells = tuple((what, number(value), f"{number(low)} to {number(high)}") for what, value, (low, high) in rows)
    return Section(f"Coverage in {found.label}", tuple(told), ("coverage", "value", "range"), cells, 2)


def _amounts(found: NamedMarket) -> dict[str, Amounts | None]:
    """The prices and costs of the models, with their units and sources."""
    known = {"prices": found.entry.prices, "costs": found.entry.costs}
    return {
        name: one if one is None else replace(one, values=tuple(getattr(found.market, name).tolist()))
        for name, one in known.items()
    }


def _amount_sections(found: NamedMarket) -> list[Section]:
    """The prices and costs of the models: one section, or none."""
    known = {name: one for name, one in _amounts(found).items() if one is not None}
    if not known:
        return []
    rows = zip(found.market.model_names, *(map(amount, one.values) for one in known.values()), strict=True)
    head = tuple(f"{OF_MODEL[name]}, {one.unit}" for name, one in known.items())
    return [Section(" and ".join(known).capitalize(), (), ("model", *head), tuple(rows), len(head))]


def _source_sections(entry: markets.Entry) -> list[Section]:
    """Where the scores of each model come from: one section, or none."""
    if not entry.model_sources:
        return []
    return [Section("Sources of the scores", (), ("model", "source"), tuple(entry.model_sources.items()))]


def score_section(found: NamedMarket) -> Section:
    """The scores of a market under its masses, one row a model; a summary of them if the user types are many."""
    market = found.market
    chosen = "".join(f", {name} {value}" for name, value in found.options.items())
    title = f"Scores in [0, 1]: {market.num_models} models by {market.num_users} user types{chosen}"
    notes = () if market.standard_errors is None else ("Every score has a standard error, see --json.",)
    if market.num_users > MAX_COLUMNS:
        return Section(
            title, (*notes, BEST_FOR, "All scores and masses: --json."), SUMMARY, _summary(market), len(SUMMARY) - 1
        )
    masses = ("mass", *map(percent, market.masses))
    scores = (
        (model, *(number(score, 3) for score in row))
        for model, row in zip(market.model_names, market.scores, strict=True)
    )
    return Section(title, notes, ("model", *market.user_names), (masses, *scores), market.num_users)


def _summary(market: Market) -> tuple[tuple[str, ...], ...]:
    best = market.scores >= market.scores.max(axis=0)
    return tuple(
        (
            model,
            number(market.average_scores[j], 3),
            number(market.scores[j].min(), 3),
            number(market.scores[j].max(), 3),
            percent(market.masses[best[j]].sum()),
        )
        for j, model in enumerate(market.model_names)
    )


def _numbers(market: Market) -> dict[str, Any]:
    return {
        "model_names": list(market.model_names),
        "user_names": list(market.user_names),
        "masses": market.masses.tolist(),
        "scores": market.scores.tolist(),
        "mass_concentration": market.mass_concentration,
        "standard_errors": None if market.standard_errors is None else market.standard_errors.tolist(),
        "common_errors": None if market.common_errors is None else market.common_errors.tolist(),
    }
