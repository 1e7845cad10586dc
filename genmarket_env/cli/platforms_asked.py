"""Brands of platforms, given or from shares, and the real platforms of a market, as command lines ask for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from .. import markets
from ..calibration import calibrate_brands
from ..choice import ChoiceRule, Logit
from ..market import FloatArray, Market
from ..markets import platform_markets
from ..messages import listed, shown
from ..policy import Scenario
from ..policy.scenario import Pricing
from ..pricing import implied_costs
from .options import NamedMarket
from .shares_file import Shares, shares_in

ROUNDED = 0.0101
"""So far from 1 is the sum of shares where nobody stays away, at most: they are rounded."""


@dataclass(frozen=True)
class Standing:
    """The options that say how platforms stand with users besides their models."""

    brands: Annotated[
        str | None,
        typer.Option(
            metavar="B,B,...",
            help="What users add to the utility of each platform, in units of the score, one a platform.",
        ),
    ] = None
    shares: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A CSV file with the columns platform and share: brands are calibrated to these shares of users, "
            "which sum to 1, or with --outside-utility to less. Of platforms-... the file says which platforms there "
            "are; elsewhere it has the column model too, and may have price.",
        ),
    ] = None


@dataclass(frozen=True)
class Baseline:
    """Where a question begins.

    Attributes:
        scenario: with brands, and of real platforms with who they are.
        names: of the platforms; empty where they have none.
        models: the market whose scores are redrawn.
        of_draws: markets redrawn of it -> those of the scenario.
        code: lines of Python that make the market `real` of platforms out of `market`, that of their models.
        given: further arguments of `Scenario`, as Python.
        base: of real platforms the name of the market whose models they offer.
    """

    scenario: Scenario
    models: Market
    names: tuple[str, ...] = ()
    of_draws: Callable[[Market], Market] = lambda batch: batch
    code: tuple[str, ...] = ()
    given: str = ""
    base: str | None = None


def baseline_asked(
    named: NamedMarket,
    platforms: int | None,
    choice: ChoiceRule,
    *,
    sensitivity: float | None,
    pricing: Pricing,
    cost_share: float | None,
    standing: Standing,
) -> Baseline:
    """The baseline that a command line asks for.

    Raises:
        ValueError: the number of platforms is missing or another one, an option does not fit, or a file is refused.
    """
    given = None if standing.shares is None else shares_in(standing.shares)
    if given is not None and standing.brands is not None:
        raise ValueError("--brands and --shares are both given; give one of them")
    base = platform_markets.base_of(named.name) if named.name in markets.names() else None
    if base is not None:
        if given is None:
            raise ValueError(
                f"{named.name} needs --shares FILE, with the columns platform and share: models.dev has no shares"
            )
        return _of_real(named, base, given, platforms, choice, sensitivity, pricing, cost_share)
    if platforms is None and given is None:
        raise ValueError("give the number of platforms, -n")
    count = platforms or len(given.platforms if given is not None else ())
    scenario = Scenario(named.market, count, choice, sensitivity=sensitivity, pricing=pricing, cost_share=cost_share)
    if given is not None:
        brands = _calibrated(scenario, given, *_deployed(scenario, given))
    elif standing.brands is not None:
        brands = _typed(standing.brands, count)
    else:
        return Baseline(scenario, named.market)
    return Baseline(
        replace(scenario, brands=brands),
        named.market,
        () if given is None else given.platforms,
        given=f", brands=np.array({brands.tolist()!r})",
    )


def _typed(text: str, platforms: int) -> FloatArray:
    try:
        brands = np.array([float(part) for part in text.split(",")])
    except ValueError:
        brands = np.full(platforms, np.nan)
    if len(brands) != platforms or not np.isfinite(brands).all():
        raise ValueError(f"--brands {shown(text)}: give one number for each of the {platforms} platforms, with commas")
    return brands


def _deployed(scenario: Scenario, given: Shares) -> tuple[list[int], FloatArray]:
    """What platforms deploy and ask by a file of shares."""
    if len(given.platforms) != scenario.num_platforms:
        raise ValueError(f"{given.where} has {len(given.platforms)} platforms, and -n is {scenario.num_platforms}")
    if given.models is None:
        raise ValueError(f"{given.where} has no column model: what a platform deploys whose share is given")
    profile = [scenario.model(model) for model in given.models]
    if not scenario.has_money:
        return profile, np.zeros(len(profile))
    if given.prices is not None:
        return profile, np.array(given.prices)
    if scenario.sets_prices and scenario.cost_share is None:
        raise ValueError(f"{given.where} has no column price: what a platform asks whose share is given")
    return profile, np.asarray(scenario.market.prices)[profile]


def _calibrated(scenario: Scenario, given: Shares, profile: Sequence[int], prices: FloatArray) -> FloatArray:
    """Brands under which platforms have the shares of a file."""
    shares = np.array(given.shares)
    if not isinstance(scenario.choice, Logit):
        raise ValueError("--shares needs users who choose by Logit: give --temperature")
    total = shares.sum()
    if scenario.choice.outside_utility is not None:
        if not total < 1:
            raise ValueError(
                f"{given.where}: the shares sum to {total:g}; with --outside-utility they are of all users, and "
                "what is missing to 1 stays away"
            )
    elif abs(total - 1) > ROUNDED:
        remedy = "let the rest stay away with --outside-utility" if total < 1 else "they are parts of all users"
        raise ValueError(f"{given.where}: the shares sum to {total:g}, not to 1; {remedy}, or divide each by the sum")
    else:
        shares = shares / total
    fit = calibrate_brands(
        scenario.market,
        list(profile),
        scenario.choice,
        shares=shares,
        prices=prices,
        price_sensitivity=scenario.sensitivity or 1.0,
    )
    return fit.brands


def _of_real(
    named: NamedMarket,
    base: str,
    given: Shares,
    platforms: int | None,
    choice: ChoiceRule,
    sensitivity: float | None,
    pricing: Pricing,
    cost_share: float | None,
) -> Baseline:
    """The platforms of a file of shares as they are: each with its own portfolio alone, at its own price."""
    count = len(given.platforms)
    if platforms not in (None, count):
        raise ValueError(f"{given.where} has {count} platforms, and -n is {platforms}; leave -n out")
    if given.models is not None:
        raise ValueError(f"{given.where} has a column model, but a platform here serves by all that it offers")
    for name in given.platforms:
        if name not in named.market.model_names:
            raise ValueError(
                f"{given.where}: no platform is called {shown(name)}; known: {listed(named.market.model_names)}"
            )
    models = replace(markets.load(base, masses="uniform"), masses=named.market.masses)
    offered = markets.platforms(models, least=1).only(given.platforms)
    market = offered.market(models)
    if given.prices is not None:
        market = replace(market, prices=np.array(given.prices))
    prices = np.asarray(market.prices)
    profile = list(range(count))
    access = np.eye(count, dtype=np.bool_)
    seen = Scenario(market, count, choice, sensitivity=sensitivity, cost_share=1.0 if sensitivity is not None else None)
    brands = _calibrated(seen, given, profile, prices if sensitivity is not None else np.zeros(count))
    code = [
        "from dataclasses import replace",
        f"offered = markets.platforms(market, least=1).only({list(given.platforms)!r})",
        "real = offered.market(market)",
    ]
    if given.prices is not None:
        code.append(f"real = replace(real, prices=np.array({list(given.prices)!r}))")
    if sensitivity is not None and cost_share is None:
        costs = implied_costs(market, profile, choice, prices=prices, price_sensitivity=sensitivity, brands=brands)
        if (costs < 0).any():
            i = int(costs.argmin())
            raise ValueError(
                f"at its price of {prices[i]:.4g} {shown(given.platforms[i])} would have the cost {costs[i]:.4g}: "
                "these users would let it ask more; give a larger --price-sensitivity or a lower --temperature"
            )
        market = replace(market, costs=costs, cost_unit=market.price_unit)
        code.append(f"real = replace(real, costs=np.array({costs.tolist()!r}), cost_unit=real.price_unit)")

    def of_draws(batch: Market) -> Market:
        drawn = offered.market(batch)
        return replace(drawn, prices=market.prices, costs=market.costs, cost_unit=market.cost_unit)

    scenario = Scenario(
        market,
        count,
        choice,
        sensitivity=sensitivity,
        pricing=pricing,
        cost_share=cost_share,
        access=access,
        brands=brands,
    )
    return Baseline(
        scenario,
        models,
        given.platforms,
        of_draws,
        tuple(code),
        f", access=np.eye({count}, dtype=bool), brands=np.array({brands.tolist()!r})",
        base,
    )
