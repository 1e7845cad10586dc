"""Markets whose models are real platforms: who of models.dev offers models of another market, at which prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..market import Market
from ..messages import shown
from .amounts import Amounts
from .entries import Entry
from .offers import Platforms, platforms

PREFIX = "platforms-"
"""What the name of such a market begins with; the rest is that of the other market."""


def entry(
    base: str,
    known: Callable[..., Entry],
    *,
    masses: str | None = None,
    least: int = 2,
    platforms: str | None = None,
) -> Entry:
    """What is known of the platforms of a market.

    Args:
        base: the name of the market whose models they offer.
        known: its entry in the catalogue.
        masses: a mass scheme of it.
        least: how many of its models a platform offers at least.
        platforms: the names of those to take, with commas; all by default.

    Raises:
        ValueError: there is no such platform, or none that offers so many.
    """
    of = known(**({} if masses is None else {"masses": masses}))

    def built(**options: Any) -> Market:
        scheme = {"masses": options["masses"]} if options.get("masses") is not None else {}
        market = of.build(**scheme)
        offered = chosen(market, options.get("least", least), options.get("platforms", platforms))
        return offered.market(market)

    offered = chosen(of.build(), least, platforms)
    return replace(
        of,
        title=f"{len(offered.names)} platforms of models.dev (2026-07-02) that offer at least {least} models of {base}",
        source=f"{offered.source}; scores: {of.source}",
        licence=f"offers: {offered.licence}; scores: {of.licence}",
        notes=(
            f"Each model here is a platform, which serves every user type by the best of the {base} models that it "
            "offers (perfect routing).",
            "Who picks a model here becomes that platform, with its whole portfolio: in genmarket solve so may all "
            "platforms alike, and any entrant. Platforms as they are, each with its own portfolio alone, are asked for "
            "by genmarket policy --shares.",
            "The price is what it takes for the models that serve, by mass. Market shares are not in the table: give "
            "those that you know to genmarket policy --shares.",
            "Errors of the scores are those of the models, not of the best of them: genmarket policy redraws these.",
            *of.notes,
        ),
        options={
            "masses": of.options["masses"],
            "least": "how many of the models a platform offers at least, 2 by default",
            "platforms": "names of platforms with commas, in this order; all by default",
        },
        unit="a model here is a platform with all that it offers; its score for a user type is that of the best of "
        f"its models: {of.unit}",
        build=built,
        model_sources={},
        # The prices themselves hang on the masses: whoever shows them takes those of the market.
        prices=Amounts((), offered.unit, offered.source, offered.licence),
        costs=None,
    )


def chosen(market: Market, least: Any, names: str | None) -> Platforms:
    """The platforms that offer so many models of a market; of them those that are named, with commas.

    Raises:
        ValueError: `least` is no integer of at least 1, or there is no such platform.
    """
    if isinstance(least, bool) or not isinstance(least, int) or least < 1:
        raise ValueError(f"least is {shown(least)}; it must be a whole number of at least 1")
    found = platforms(market, least=least)
    return found if names is None else found.only(name.strip() for name in str(names).split(","))


def base_of(name: str) -> str | None:
    """The market whose models the platforms of a market offer; None of any other market.

    Example:
        >>> base_of("platforms-livebench-2026-06"), base_of("livebench-2026-06")
        ('livebench-2026-06', None)
    """
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None
