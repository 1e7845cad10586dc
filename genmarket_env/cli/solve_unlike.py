"""The answer of `genmarket solve` about platforms that differ: as sections of text and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer

from ..analysis.owner_outlook import OwnerOutlook
from ..analysis.spread import ModelOutlook
from ..command_line import note
from ..equilibrium.market_game import MarketGame
from ..exact.mixed_equilibrium import MixedProfile
from ..number_format import interval, percent, percent_interval
from ..runner import Runner
from ..status import Status
from .noise import Redrawing
from .options import NamedMarket
from .progress import progress
from .redrawn import first_sentences, if_shared, uncertainty_sections
from .sections import Section, about_section, counted, export_sections, in_the_json, number, print_sections
from .solved_unlike import SolvedUnlike, expected_figures

DOCUMENT = "solve.json"

MAX_SHOWN = 10
"""The most equilibria that are shown; all are in the JSON."""

MAX_LIKELY = 3
"""So many of the likeliest models of an owner are told."""

LEAST_PROBABILITY = 5e-4
"""What is less likely in a mixture is not listed."""

EARNS = (
    "Users: the share of all users on the platform; earns: what the platform itself earns by them; owner earns: what "
    "all platforms of its owner do together, which is what the owner maximises."
)


def answer_unlike(
    market: NamedMarket,
    in_words: str,
    game: MarketGame,
    redrawing: Redrawing,
    seed: int,
    runner: Runner,
    out: Path | None,
    export: Path | None,
    as_json: bool,
) -> None:
    """Print the answer about platforms that differ; with `out` write the page and the numbers too."""
    with progress() as tell:
        tell("the search of all profiles")
        measured = SolvedUnlike.of(market, in_words, game)
        tell("markets redrawn within their errors")
        solved = measured.within_errors(redrawing, seed, runner)
    document = json.dumps(solved.as_dict(), indent=2, allow_nan=False) + "\n"
    sections = unlike_sections(solved)
    if out is not None:
        from .page import rendered, write_page

        page = rendered(sections, market.about, dict, DOCUMENT)
        note(f"report: {write_page(out, page, DOCUMENT, document)}")
    export_sections(sections, market.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*sections, about_section(market.about)])


def unlike_sections(solved: SolvedUnlike) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    sections = [_verdict(solved)]
    if solved.redrawn:
        sections += uncertainty_sections(solved.measured, solved.redrawn, solved.game.economy)
        sections.append(_owners(solved))
    sections.append(_who_earns(solved))
    if solved.mixed is not None:
        sections.append(_mixtures(solved, solved.mixed))
    if left_out := (*solved.left_out, *solved.not_redrawn):
        sections.append(Section("Not computed", left_out))
    return sections


def _verdict(solved: SolvedUnlike) -> Section:
    market, game, economy = solved.market, solved.game, solved.game.economy
    differ = [name for name in ("access", "brands", "owners") if getattr(economy, name) is not None]
    options = "".join(f", {name} {value}" for name, value in market.options.items())
    asked = (
        f"{counted(game.num_models, 'model')}, {counted(game.num_users, 'user type')}{options}; "
        f"{counted(game.num_platforms, 'platform')} that differ by {' and '.join(differ)}; {solved.in_words}."
    )
    if solved.is_pure:
        count = counted(len(solved.profiles), "pure Nash equilibrium", "pure Nash equilibria")
        found = f"{count}, where an exchange of platforms that are alike counts as the same."
    else:
        found = (
            "There is no pure Nash equilibrium: in every profile some owner gains by other models. The least epsilon "
            f"is {number(solved.epsilon)}: so much an owner must forgo for a profile to last."
        )
    first = first_sentences(solved.measured, solved.redrawn, solved.not_redrawn)
    return Section(market.heading, (*first, asked, found))


def _owners(solved: SolvedUnlike) -> Section:
    rows = []
    for place, owner in enumerate(solved.redrawn[0].outlook.owners):
        each = [one.outlook.owners[place] for one in solved.redrawn]
        platforms = " or ".join(", ".join(str(platform + 1) for platform in mine) for mine in owner.platforms)
        owned = " or ".join(str(solved.owners[mine[0]]) for mine in owner.platforms)
        spreads = [(number(found.earned.mean), interval(found.earned.low, found.earned.high)) for found in each]
        rows.append((platforms, owned, "earns", *sum(spreads, ())))
        rows += [(platforms, owned, *row) for row in _deployed(each, solved.market.market.model_names)]
    header = [f"{title}{if_shared(one)}" for one in solved.redrawn for title in ("mean", "range")]
    sentence = (
        "Over the draws, as above. Earns: what the owner of the platforms earns with all of them, on average and from "
        f"the 5% to the 95% quantile; deploys: how likely some of these platforms has a model, the {MAX_LIKELY} "
        "likeliest, and the Wilson interval of that. Owners who are alike share their rows, of the mean of them."
    )
    names = ("platforms", "owner", "figure")
    return Section("What owners can expect", (sentence,), (*names, *header), tuple(rows), len(header))


def _deployed(each: Sequence[OwnerOutlook], names: Sequence[str]) -> list[tuple[str, ...]]:
    found = [{one.model: one for one in outlook.models} for outlook in each]
    chances = {model: max(of[model].deployed for of in found if model in of) for of in found for model in of}
    likely = sorted(chances, key=lambda model: (-round(chances[model], 12), names[model]))[:MAX_LIKELY]
    never = (percent(0.0), "-")
    return [
        (f"deploys {names[model]}", *sum((_chance(of[model]) if model in of else never for of in found), ()))
        for model in likely
    ]


def _chance(found: ModelOutlook) -> tuple[str, str]:
    return percent(found.deployed), percent_interval(found.low, found.high)


def _who_earns(solved: SolvedUnlike) -> Section:
    names = solved.market.market.model_names
    told = solved.figures()
    rows = []
    for place, found in enumerate(told[:MAX_SHOWN], start=1):
        outcome = f"equilibrium {place}" if solved.is_pure else "least epsilon"
        for i, model in enumerate(found["profile"]):
            mine = (found["shares"][i], found["earned"][i], found["owner_earns"][i])
            users = (outcome, f"{i + 1}", str(solved.owners[i]), names[model])
            rows.append((*users, *map(number, mine), number(found["welfare"]), number(found["profit"])))
    sentences = [EARNS, "Welfare: the score that users get, on average by mass; profit: the sum over platforms."]
    if len(told) > MAX_SHOWN:
        sentences.append(in_the_json(len(told) - MAX_SHOWN, "more equilibrium", "more equilibria"))
    header = ("outcome", "platform", "owner", "model", "users", "earns", "owner earns", "welfare", "profit")
    return Section("Who deploys and earns what", tuple(sentences), header, tuple(rows), numbers=5)


def _mixtures(solved: SolvedUnlike, mixed: MixedProfile) -> Section:
    names = solved.market.market.model_names
    rows = []
    for players, strategies, mixture, payoff in zip(
        mixed.players, mixed.strategies, mixed.mixtures, mixed.payoffs.tolist(), strict=True
    ):
        for place in np.argsort(-mixture, kind="stable"):
            if mixture[place] >= LEAST_PROBABILITY:
                platforms = ", ".join(str(player + 1) for player in players)
                models = ", ".join(names[model] for model in strategies[place])
                owner = str(solved.owners[players[0]])
                rows.append((platforms, owner, models, number(float(mixture[place])), number(payoff)))
    expected = expected_figures(solved.game, mixed)
    sentences = ["Owners draw what they deploy, each by its own probabilities; of several such equilibria this is one."]
    if mixed.status is not Status.CONVERGED:
        sentences.append(f"It is not solved: together owners could gain {mixed.nash_conv:.2g}.")
    if expected is not None:
        sentences.append(f"Expected welfare {number(expected['welfare'])}, profit {number(expected['profit'])}.")
    header = ("platforms", "owner", "models", "probability", "owner earns")
    return Section("An equilibrium in mixtures", tuple(sentences), header, tuple(rows), numbers=2)
