"""`genmarket policy`: what a reform changes, and who gains and who loses by it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..choice import ChoiceRule, Logit
from ..command_line import check_folder, note
from ..equilibrium.checks import MAX_MIXED_PLATFORMS
from ..policy import applied, counterfactual
from ..policy.scenario import Pricing
from ..policy.texts import FORMS, reforms_of
from ..runner.options import Running
from .market_options import Choosing, MarketOptions
from .noise import RedrawingOnce
from .option_groups import with_option_groups
from .options import Export, Json, MarketName, Out, Seed, choice_in_words
from .platforms_asked import Standing, baseline_asked
from .policy_refusals import check_reforms_of_platforms
from .policy_sections import Asked, policy_sections
from .progress import progress
from .sections import about_section, export_sections, print_sections

DRAWS = 200
"""How many markets are redrawn where --draws does not say."""

Reforms = Annotated[
    list[str],
    typer.Option(
        "--reform",
        metavar="REFORM",
        help=f"What changes; again for more. One of {'; '.join(FORMS.values())}; or a JSON file of reforms.",
        show_default=False,
    ),
]
Before = Annotated[
    list[str] | None,
    typer.Option(
        "--before",
        metavar="REFORM",
        help="What holds before the reform already, such as an exclusive deal that it is to open; again for more.",
    ),
]
Sensitivity = Annotated[
    float | None,
    typer.Option(
        "--price-sensitivity",
        metavar="ALPHA",
        help="Users mind the prices of the market, so many units of the score per unit of price; platforms then earn "
        "prices less costs. Without it platforms earn the score.",
    ),
]
CostShare = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="What serving a user costs, as a share of the price, where the market has no costs in the unit of prices.",
    ),
]

PricingOption = Annotated[
    Pricing,
    typer.Option(
        help="Whose prices: those of the market, given, before and after; or those that owners set once all models are "
        "known, equilibrium, which needs --price-sensitivity and --temperature.",
    ),
]
OutsideUtility = Annotated[
    float | None,
    typer.Option(
        metavar="U",
        help="Users may stay away, for this utility, in units of the score; by Logit, with --temperature.",
    ),
]
SomePlatforms = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--platforms",
        min=1,
        max=MAX_MIXED_PLATFORMS,
        help="How many platforms; of platforms-... the file of --shares says it.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add `policy` to the app."""
    app.command("policy")(with_option_groups(ask_policy))


def ask_policy(
    name: MarketName,
    reforms: Reforms,
    platforms: SomePlatforms = None,
    before: Before = None,
    sensitivity: Sensitivity = None,
    cost_share: CostShare = None,
    pricing: PricingOption = "given",
    outside_utility: OutsideUtility = None,
    standing: Standing = Standing(),
    market_options: MarketOptions = MarketOptions(),
    choosing: Choosing = Choosing(),
    redrawing: RedrawingOnce = RedrawingOnce(),
    running: Running = Running(),
    seed: Seed = 0,
    out: Out = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Say what a reform changes: for users of each type, for platforms, and for concentration.

    Before and after are solved in the market as measured and in the same redrawn markets. Prints tables, or JSON; with
    --out it also writes report.html, a page that needs nothing else, and policy.json.
    """
    choice, in_words = _rule(choosing, outside_utility)
    market = market_options.load(name)
    if out is not None:
        check_folder(out)
    if cost_share is not None and sensitivity is None:
        raise ValueError("--cost-share needs --price-sensitivity: without it platforms earn the score")
    begins = baseline_asked(
        market, platforms, choice, sensitivity=sensitivity, pricing=pricing, cost_share=cost_share, standing=standing
    )
    asked_for, already = (reforms_of(words, begins.names) for words in (reforms, before or ()))
    if begins.base is not None:
        check_reforms_of_platforms(name, begins.base, (*already, *asked_for))
    redrawn, _ = redrawing.within(lambda: DRAWS, begins.models)
    noise, batch = (redrawn.batches(begins.models, seed) or ((None, None),))[0]
    with running.carrying() as runner, progress() as tell:
        found = counterfactual(
            applied(begins.scenario, already),
            asked_for,
            redrawn=None if batch is None else begins.of_draws(batch),
            tell=tell,
            runner=runner,
        )
    asked = Asked(market, in_words, found, noise, seed, tuple(already), begins)
    document = json.dumps(asked.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .policy_page import write_report

        note(f"report: {write_report(asked, document, out)}")
    sections = policy_sections(asked)
    export_sections(sections, asked.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*sections, about_section(asked.about)])


def _rule(choosing: Choosing, outside: float | None) -> tuple[ChoiceRule, str]:
    """How users choose, and the same in words."""
    if outside is None:
        return choosing.rule, choosing.in_words
    temperature = choosing.temperature
    if temperature is None or choosing.reservation is not None:
        raise ValueError(
            "--outside-utility is of users who choose by Logit: give --temperature, and leave --reservation out"
        )
    words = choice_in_words(temperature, None)
    return Logit(temperature, outside), f"{words}, or stay away for {outside:g}"
