"""Figure 5 a-d: concentration and coverage as the pool of models grows, and as platforms grow in number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np

from .. import markets
from ..analysis.structure_probabilities import MarketStructure
from ..intervals import frequency, student_mean
from ..market import FloatArray, Market
from ..markets.paper import first_models
from ..planner import planner_optimum
from ..tolerances import AGREED
from .at_rest import AtRest, at_rest
from .contents import Chapter, Claim, Numbers, for_all, there_is
from .drawing import grid_lines, picture
from .estimates import on_average
from .settings import Settings

POOL_SIZES = (2, 3, 4, 5)
AT_PLATFORMS = 3
PLATFORMS = (1, 2, 3, 4, 5, 6)
AT_MODELS = 5
VARIED = ("models",) * len(POOL_SIZES) + ("platforms",) * len(PLATFORMS)
"""What grows at each of the points."""

STORY: tuple[MarketStructure, ...] = ("homogeneous", "fully_differentiated", "none", "homogeneous")
"""What is reported for pools of `POOL_SIZES`."""


FIGURES = ("model_hhi", "platform_hhi", "coverage", "welfare")
"""The figures of a market at rest, in the order of the tables."""


@dataclass(frozen=True, eq=False)
class Point:
    """Markets with so many models and platforms.

    Attributes:
        models: M, the first ones of each pool.
        platforms: N.
        outcomes: of each market.
        optimum: the planner's welfare in each, `(markets,)`.
    """

    models: int
    platforms: int
    outcomes: tuple[AtRest, ...]
    optimum: FloatArray

    def means(self, figure: str) -> FloatArray:
        """The average of a figure over the limit set of each market, `(markets,)`."""
        return np.array([found.mean(figure) for found in self.outcomes])


def section(settings: Settings) -> Chapter:
    """Figure 5 a-d for the showcase pool and the drawn markets."""
    return grow(markets.load("paper-synthetic"), settings.drawn_markets())


def grow(showcase: Market, drawn: Market) -> Chapter:
    """Figure 5 a-d of one market and of a batch of drawn ones, each of at least five models."""
    batch = points(drawn)
    one = points(showcase)
    return Chapter(
        title="Figure 5 a-d: growing pools, more platforms",
        sentences=(
            f"{len(drawn.scores)} markets drawn from the law of paper-synthetic, and its showcase pool; HardMax. The "
            f"pool grows model by model for {AT_PLATFORMS} platforms; platforms grow in number with {AT_MODELS} "
            "models.",
            "A market's figure is the average over its pure equilibria; where there is none, over the cycle of best "
            "responses in turn that starts from everybody on the model of the best average score. HHI is of models "
            "(Definition 2.7): 1 if everybody is served by one model. Coverage is welfare here, as users choose the "
            "best.",
        ),
        pictures=(
            picture(
                "figure5",
                "Means over drawn markets with 95% intervals (Student), the showcase pool (hollow: no pure "
                "equilibrium, average over the cycle), and the planner's optimum of the drawn markets. Numbers: "
                "figure5_drawn.csv, figure5_showcase.csv.",
                (7.6, 5.4),
                (2, 2),
                partial(_draw, drawn=batch, showcase=one),
                sharex="col",
            ),
        ),
        numbers=(_drawn_numbers(batch), _showcase_numbers(one, showcase), _structure_numbers(batch)),
        claims=claims(one, batch),
    )


def points(market: Market) -> tuple[Point, ...]:
    """Along both directions of growth: first over pool sizes, then over platforms."""
    sizes = [(models, AT_PLATFORMS) for models in POOL_SIZES] + [(AT_MODELS, platforms) for platforms in PLATFORMS]
    return tuple(_point(first_models(market, models), platforms) for models, platforms in sizes)


def _point(market: Market, platforms: int) -> Point:
    found = at_rest(market, platforms)
    optimum = np.array([planner_optimum(each.game.market, platforms).value for each in found])
    return Point(market.num_models, platforms, found, optimum)


def claims(showcase: tuple[Point, ...], drawn: tuple[Point, ...]) -> tuple[Claim, ...]:
    """What both say of the claims of Figure 5."""
    at = {(point.models, point.platforms): point for point in drawn}
    pool = drawn[: len(POOL_SIZES)]
    told = tuple(point.outcomes[0].structure for point in showcase[: len(POOL_SIZES)])
    stories = list(zip(*([found.structure for found in point.outcomes] for point in pool), strict=True))
    same = sum(story == STORY for story in stories)
    gaps = np.array([point.optimum - point.means("welfare") for point in drawn])
    welfares = np.array([point.means("welfare") for point in pool])
    rests = np.array([[found.structure != "none" for found in point.outcomes] for point in pool])
    falls = np.diff(welfares, axis=0) < -AGREED
    between_equilibria = int((falls & rests[1:] & rests[:-1]).any(axis=0).sum())
    with_cycles = int(falls.any(axis=0).sum())
    count = len(stories)
    most = frequency(same, count)
    return (
        Claim(
            "As the pool grows from 2 to 5 models, three platforms are homogeneous, differentiated, without "
            "equilibrium, homogeneous again",
            "reported, Fig. 5",
            f"showcase pool: {', '.join(_words(structure) for structure in told)}",
            told == STORY,
        ),
        Claim(
            "Most pools go through that sequence of Fig. 5",
            "asked here",
            f"{same} of {count} ({most.probability:.1%} [{most.low:.1%}, {most.high:.1%}]) of drawn pools",
            True if most.low > 0.5 else False if most.high < 0.5 else None,
        ),
        _trend("HHI of models is lower with 5 models than with 2", at[2, 3], at[5, 3], "model_hhi", -1),
        _trend("Coverage is higher with 5 models than with 2", at[2, 3], at[5, 3], "coverage", 1),
        _trend("HHI of models is lower with 6 platforms than with 2", at[5, 2], at[5, 6], "model_hhi", -1),
        _trend("Coverage is higher with 6 platforms than with 1", at[5, 1], at[5, 6], "coverage", 1),
        for_all(
            "Welfare never exceeds the planner's optimum",
            "paper, Def. 2.6",
            int((gaps < -AGREED).sum()),
            gaps.size,
            f"drawn games; it stays below in {int((gaps > AGREED).sum())}, by {gaps.mean():.4f} on average",
        ),
        there_is(
            "In drawn markets, too, a model more can lower welfare at equilibrium",
            "paper, Fig. 4",
            between_equilibria,
            count,
            f"drawn pools that grow from 2 to 5 models; in {with_cycles} if averages over cycles count as well",
        ),
    )


def _trend(statement: str, before: Point, after: Point, figure: str, sign: int) -> Claim:
    """That the mean of a figure changes in a direction."""
    change = student_mean(after.means(figure) - before.means(figure))
    return on_average(statement, "asked here of Fig. 5", [change], f"mean change over drawn markets {change}", sign)


def _words(structure: str) -> str:
    return "no equilibrium" if structure == "none" else structure.replace("_", " ")


def _drawn_numbers(points: tuple[Point, ...]) -> Numbers:
    records = []
    for varied, point in zip(VARIED, points, strict=True):
        for figure in FIGURES:
            mean = student_mean(point.means(figure))
            values = [found.figures[figure] for found in point.outcomes]
            records.append(
                {"varied": varied, "models": point.models, "platforms": point.platforms, "figure": figure,
                 "markets": len(values), "mean": mean.mean, "low": mean.low, "high": mean.high,
                 "mean_of_least": float(np.mean([each.min() for each in values])),
                 "mean_of_largest": float(np.mean([each.max() for each in values])),
                 "planner": float(point.optimum.mean())}
            )  # fmt: skip
    return Numbers.of_records("figure5_drawn", "Means over drawn markets with 95% intervals", records)


def _showcase_numbers(points: tuple[Point, ...], market: Market) -> Numbers:
    records = []
    for varied, point in zip(VARIED, points, strict=True):
        (found,) = point.outcomes
        profiles = "; ".join(" ".join(market.model_names[j] for j in profile) for profile in found.equilibria)
        records.append(
            {"varied": varied, "models": point.models, "platforms": point.platforms, "structure": found.structure,
             "equilibria": profiles or None, "limit_set": len(found.profiles),
             **{figure: found.mean(figure) for figure in FIGURES if figure != "welfare"},
             "least": float(found.figures["coverage"].min()), "largest": float(found.figures["coverage"].max()),
             "planner": float(point.optimum[0])}
        )  # fmt: skip
    return Numbers.of_records(
        "figure5_showcase", "The showcase pool; least and largest are of coverage", records, shown=True
    )


def _structure_numbers(points: tuple[Point, ...]) -> Numbers:
    records = []
    for varied, point in zip(VARIED, points, strict=True):
        counts = Counter(found.structure for found in point.outcomes)
        for structure in get_args(MarketStructure):
            share = frequency(counts[structure], len(point.outcomes))
            records.append(
                {"varied": varied, "models": point.models, "platforms": point.platforms, "structure": structure,
                 "markets": share.count,
                 "share": share.probability, "low": share.low, "high": share.high}
            )  # fmt: skip
    return Numbers.of_records(
        "figure5_structures", "How often each structure occurs in drawn markets (Wilson intervals)", records
    )


def _draw(panels: Any, drawn: tuple[Point, ...], showcase: tuple[Point, ...]) -> None:
    first = len(POOL_SIZES)
    columns = (
        (drawn[:first], showcase[:first], POOL_SIZES, f"models in the pool, M (N = {AT_PLATFORMS} platforms)"),
        (drawn[first:], showcase[first:], PLATFORMS, f"platforms, N (M = {AT_MODELS} models)"),
    )
    letters = (("a", "c"), ("b", "d"))
    for column, (batch, one, places, label) in enumerate(columns):
        for row, figure in enumerate(("model_hhi", "coverage")):
            axes = panels[row, column]
            _draw_panel(axes, batch, one, places, figure)
            axes.set_title(letters[row][column], loc="left", fontweight="bold")
        panels[1, column].set_xlabel(label)
    panels[0, 0].set_ylabel("HHI of models (0 to 1)")
    panels[1, 0].set_ylabel("coverage (units of the score)")
    handles, labels = panels[1, 0].get_legend_handles_labels()
    panels[0, 0].get_figure().legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _draw_panel(
    axes: Any, drawn: tuple[Point, ...], showcase: tuple[Point, ...], places: tuple[int, ...], figure: str
) -> None:
    means = [student_mean(point.means(figure)) for point in drawn]
    middle = np.array([each.mean for each in means])
    reach = middle - [each.low for each in means]
    axes.errorbar(places, middle, yerr=reach, fmt="o-", color="black", markersize=4, capsize=3, linewidth=1.3,
                  label="drawn markets, mean")  # fmt: skip
    values = np.array([point.outcomes[0].mean(figure) for point in showcase])
    none = np.array([point.outcomes[0].structure == "none" for point in showcase])
    axes.plot(places, values, "--", color="0.45", linewidth=1.1)
    for hollow, label in ((False, "showcase pool"), (True, "showcase pool, no equilibrium")):
        axes.plot(np.array(places)[none == hollow], values[none == hollow], "s", color="0.45", markersize=6,
                  markerfacecolor="white" if hollow else "0.45", label=label)  # fmt: skip
    if figure == "coverage":
        optimum = [float(point.optimum.mean()) for point in drawn]
        axes.plot(places, optimum, ":^", color="black", markersize=4, markerfacecolor="white", linewidth=1.1,
                  label="drawn markets, planner's optimum")  # fmt: skip
    else:
        axes.set_ylim(0, 1.05)
    axes.set_xticks(places)
    grid_lines(axes)
