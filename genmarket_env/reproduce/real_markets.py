"""Measured markets: language models on LiveBench and image models on GenEval, by weighting of the users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .. import markets
from ..analysis.structure_probabilities import StructureProbabilities, structure_probabilities
from ..analysis.welfare_prices import Prices, prices
from ..equilibrium.limit_set import IN_WORDS
from ..equilibrium.market_game import MarketGame
from ..equilibrium.pure_nash import least_epsilon
from ..market import Market
from ..tolerances import AGREED
from .at_rest import AtRest
from .contents import Chapter, Claim, Numbers, for_all, there_is
from .drawing import grid_lines, picture
from .settings import Settings

SCHEMES = {"livebench-2026-06": ("chatgpt", "lmsys", "uniform"), "geneval-2025": ("prompts", "uniform")}
PLATFORMS = (1, 2, 3, 4, 5)
COARSE_PLATFORMS = 3
"""Up to so many platforms coarse correlated equilibria are solved for."""

NOISY_PLATFORMS = (1, 2, 3)
SHARED_ERRORS = (0.0, 0.5)
"""The correlations between the errors of models that are assumed."""

SURE = 0.95
"""A structure is open if the interval of its probability lies below this."""


@dataclass(frozen=True, eq=False)
class Row:
    """One market with so many platforms.

    Attributes:
        name: of the market and its weighting.
        market: it.
        outcome: its pure equilibria, or its cycle of best responses.
        epsilon: the least epsilon.
        prices: the planner's welfare against that of equilibria.
        noise: how often each structure occurs under score noise, by the correlation of errors; empty where no standard
            errors are known or it was not asked for.
    """

    name: str
    market: Market
    outcome: AtRest
    epsilon: float
    prices: Prices
    noise: Mapping[float, StructureProbabilities]


def section(settings: Settings) -> Chapter:
    """All measured markets of the catalogue that publish scores by user type."""
    named = {
        f"{name.partition('-')[0]} {scheme}": markets.load(name, masses=scheme)
        for name, schemes in SCHEMES.items()
        for scheme in schemes
    }
    return table(named, settings.markets, settings.rng("real markets"))


def table(named: Mapping[str, Market], draws: int, rng: np.random.Generator) -> Chapter:
    """The table of some markets, with `draws` redrawn ones where standard errors are known."""
    rows = [
        row_of(name, market, platforms, draws if platforms in NOISY_PLATFORMS else 0, rng)
        for name, market in named.items()
        for platforms in PLATFORMS
    ]
    return Chapter(
        title="Measured markets",
        sentences=(
            "User types are the categories of a benchmark, scores its published means; the masses are shares of use "
            "or of questions (the catalogue says whose). Where there is no pure equilibrium, welfare and HHI are "
            f"averages over {IN_WORDS['cycle']}. The price of mixed play is the planner's welfare over that of "
            f"{IN_WORDS['mixed']}.",
            f"Score noise, for up to {NOISY_PLATFORMS[-1]} platforms: {draws} markets redrawn within the standard "
            f"errors of the scores, with errors of models that are independent, or correlated by {SHARED_ERRORS[1]} as "
            "they answered the same questions; Wilson's "
            "95% intervals.",
        ),
        pictures=(
            picture(
                "real_markets",
                "Welfare at equilibrium (hollow: no pure equilibrium, average over the cycle) and the planner's "
                "optimum. Numbers: real_markets.csv.",
                (2.1 * len(named) + 0.8, 3.1),
                (1, len(named)),
                partial(_draw, rows=rows, names=tuple(named)),
            ),
        ),
        numbers=(_summary(rows), _details(rows), _noise_numbers(rows)),
        claims=claims(rows),
    )


def row_of(name: str, market: Market, platforms: int, draws: int, rng: np.random.Generator) -> Row:
    """What is known of one market with so many platforms; `draws` is 0 for no noise."""
    found = prices(market, platforms, coarse=platforms <= COARSE_PLATFORMS)
    noise = {}
    if draws and market.standard_errors is not None and market.standard_errors.any():
        for shared in SHARED_ERRORS:
            redrawn = market.resample(rng, draws, shared_error=shared)
            noise[shared] = structure_probabilities(redrawn, platforms, reference=market)
    return Row(
        name=name,
        market=market,
        outcome=AtRest(MarketGame(market, platforms), found.equilibria),
        epsilon=float(least_epsilon(market, platforms).value),
        prices=found,
        noise=noise,
    )


def claims(rows: list[Row]) -> tuple[Claim, ...]:
    """What the measured markets say of the paper's claims."""
    without = [row for row in rows if row.outcome.structure == "none"]
    listed = "; ".join(
        f"{row.name} N = {row.outcome.game.num_platforms}, least epsilon {row.epsilon:.4f}" for row in without
    )
    exceeds = [row for row in rows if row.outcome.figures["welfare"].max() > row.prices.optimum + AGREED]
    lost = [row for row in rows if row.prices.optimum - row.outcome.mean("welfare") > AGREED]
    # One platform is homogeneous whatever the scores are.
    tested = [found for row in rows if row.outcome.game.num_platforms > 1 for found in row.noise.values()]
    unsure = [found for found in tested if found.same_structure and found.same_structure.high < SURE]
    return (
        there_is("Measured markets, too, can lack a pure equilibrium", "asked here", len(without), len(rows),
                 f"games{': ' if listed else ''}{listed}"),
        for_all("In measured markets welfare never exceeds the planner's optimum", "paper, Def. 2.6", len(exceeds),
                len(rows), f"games; it stays below in {len(lost)}"),
        there_is(f"Errors of measurement leave the structure open (its probability is below {SURE:.0%})", "asked here",
                 len(unsure), len(tested), "games of 2 and 3 platforms with noise"),
    )  # fmt: skip


def _summary(rows: list[Row]) -> Numbers:
    records = [
        {"market": row.name, "platforms": row.outcome.game.num_platforms, "structure": row.outcome.structure,
         "equilibria": len(row.outcome.equilibria), "least_epsilon": row.epsilon,
         "welfare": row.outcome.mean("welfare"), "least": float(row.outcome.figures["welfare"].min()),
         "largest": float(row.outcome.figures["welfare"].max()), "planner": row.prices.optimum,
         "anarchy": row.prices.price_of_anarchy, "stability": row.prices.price_of_stability,
         "mixed_play": row.prices.price_of_mixed_play, "model_hhi": row.outcome.mean("model_hhi")}
        for row in rows
    ]  # fmt: skip
    title = "Equilibria; mean, least and largest welfare (units of the score); prices of anarchy, stability, mixed play"
    return Numbers.of_records("real_markets", title, records, shown=True)


def _details(rows: list[Row]) -> Numbers:
    records = []
    for row in rows:
        profiles, names = row.outcome.profiles, row.market.model_names
        planner = row.prices.planner.profile
        records.append(
            {"market": row.name, "platforms": row.outcome.game.num_platforms,
             "limit_set": "; ".join(" + ".join(names[j] for j in profile) for profile in profiles),
             "platform_hhi": row.outcome.mean("platform_hhi"),
             "planner_profile": " + ".join(names[j] for j in planner), "planner_status": row.prices.planner.status.name,
             "mixed_welfare": row.prices.mixed_welfare,
             "coarse_price_of_anarchy": row.prices.coarse_price_of_anarchy,
             "coarse_price_of_stability": row.prices.coarse_price_of_stability}
        )  # fmt: skip
    title = "Limit sets, the planner's profile, prices over coarse correlated equilibria"
    return Numbers.of_records("real_markets_details", title, records)


def _noise_numbers(rows: list[Row]) -> Numbers:
    records = []
    for row in rows:
        for shared, found in row.noise.items():
            assert found.same_structure is not None
            assert found.same_equilibria is not None
            same, exactly = found.same_structure, found.same_equilibria
            records.append(
                {"market": row.name, "platforms": row.outcome.game.num_platforms, "shared_error": shared,
                 "structure": found.reference, "probability": same.probability, "low": same.low, "high": same.high,
                 "same_equilibria": exactly.probability, "same_low": exactly.low, "same_high": exactly.high,
                 "no_equilibrium": found.structures["none"].probability}
            )  # fmt: skip
    title = "Under score noise: the probability of the measured structure, of the same equilibria, and of none"
    return Numbers.of_records("real_markets_noise", title, records, shown=True)


def _draw(panels: Any, rows: list[Row], names: tuple[str, ...]) -> None:
    for axes, name in zip(panels[0], names, strict=True):
        own = [row for row in rows if row.name == name]
        places = np.array([row.outcome.game.num_platforms for row in own])
        values = np.array([row.outcome.mean("welfare") for row in own])
        none = np.array([row.outcome.structure == "none" for row in own])
        axes.plot(places, [row.prices.optimum for row in own], ":^", color="black", markersize=4,
                  markerfacecolor="white", linewidth=1.1, label="planner's optimum")  # fmt: skip
        axes.plot(places, values, "-", color="0.3", linewidth=1.2)
        for hollow, label in ((False, "equilibrium"), (True, "no equilibrium")):
            axes.plot(places[none == hollow], values[none == hollow], "o", color="0.3", markersize=5,
                      markerfacecolor="white" if hollow else "0.3", label=label)  # fmt: skip
        axes.set_title(name)
        axes.set_xticks(PLATFORMS)
        axes.set_xlabel("platforms, N")
        grid_lines(axes)
    panels[0, 0].set_ylabel("welfare (units of the score)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    panels[0, 0].get_figure().legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
