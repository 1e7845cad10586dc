"""Users who choose softly: where the verdict of HardMax changes with the temperature of Logit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np

from .. import markets
from ..analysis.phase_diagram import PhaseDiagram, phase_diagram
from ..analysis.phase_picture import phase_figure
from ..analysis.structure_probabilities import MarketStructure, market_structure
from ..choice import ChoiceRule, HardMax, Logit
from ..equilibrium.limit_set import IN_WORDS
from ..equilibrium.temperature import Regime, temperature_regimes
from ..intervals import frequency, student_mean
from ..market import Market
from ..pictures import svg
from .at_rest import AtRest, at_rest
from .contents import Chapter, Claim, Numbers, Picture, for_all, there_is
from .drawing import grid_lines, picture
from .settings import Settings

PLATFORMS = 3
TEMPERATURES = (1e-5, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 10.0, 1000.0)
PHASES = (0, 0.003, 0.01, 0.03, 0.1, 0.3)
PHASE_PLATFORMS = (1, 2, 3, 4)
CASES = (
    *(("paper-fig2-a", {}, 2), ("paper-fig2-b", {}, 2), ("paper-fig4-a", {}, 2), ("paper-fig4-b", {}, 2)),
    ("paper-no-pne", {}, 2),
    *(("paper-synthetic", {"num_models": models}, PLATFORMS) for models in (2, 3, 4, 5)),
)
"""Markets of the catalogue, their options, and the number of platforms."""

LINES: dict[MarketStructure, tuple[str, str, str]] = {
    "homogeneous": ("black", "-", "o"),
    "partially_differentiated": ("0.35", "--", "s"),
    "fully_differentiated": ("0.35", ":", "^"),
    "several": ("0.6", "-.", "v"),
    "none": ("black", "--", "x"),
}
"""Shade, line and marker of each structure."""


@dataclass(frozen=True, eq=False)
class Level:
    """The outcomes of drawn markets at one temperature; 0 is HardMax."""

    temperature: float
    outcomes: tuple[AtRest, ...]

    def count(self, structure: MarketStructure) -> int:
        """How many markets have the structure."""
        return Counter(found.structure for found in self.outcomes)[structure]


def section(settings: Settings) -> Chapter:
    """The catalogue's markets, the drawn ones, and LiveBench and GenEval, over temperatures."""
    regimes = {
        _name(name, options): (platforms, temperature_regimes(markets.load(name, **options), platforms))
        for name, options, platforms in CASES
    }
    levels = at_temperatures(settings.drawn_markets())
    diagrams = {
        "livebench": weighted_diagram("livebench-2026-06", ("chatgpt", "lmsys", "uniform")),
        "geneval": weighted_diagram("geneval-2025", ("prompts", "uniform")),
    }
    return Chapter(
        title="Softmax users: Logit over temperatures",
        sentences=(
            "Under Logit a platform's share of a user type is proportional to exp(score / temperature); at "
            "temperature 0 it is HardMax. The higher the temperature, the less a specialist gains, until every "
            "platform gets 1/N of every type and deploys the model of the best average score.",
            f"Drawn markets: {settings.markets} of paper-synthetic, {PLATFORMS} platforms, 5 models. Welfare and HHI "
            f"are averages over the pure equilibria; where there is none, of drawn markets over {IN_WORDS['cycle']}, "
            f"of LiveBench and GenEval over {IN_WORDS['mixed']}.",
        ),
        pictures=(
            picture(
                "temperatures",
                "Drawn markets over temperature: the share with each structure of the pure equilibria (left; "
                "Wilson's 95% intervals are in the file), and the means of welfare and of the HHI of models with "
                "Student's 95% intervals (right). Numbers: temperatures.csv.",
                (8.6, 3.8),
                (1, 2),
                partial(_draw, levels=levels),
            ),
            *(
                Picture(
                    f"phases_{name}",
                    f"{name}: the structure at equilibrium over temperature and number of platforms, by weighting of "
                    f"the users. Numbers: phases_{name}.csv.",
                    svg(phase_figure(diagram)),
                )
                for name, diagram in diagrams.items()
            ),
        ),
        numbers=(
            _regime_numbers(regimes),
            _level_numbers(levels),
            *(_phase_numbers(name, diagram) for name, diagram in diagrams.items()),
        ),
        claims=(*regime_claims({name: found for name, (_, found) in regimes.items()}), *level_claims(levels)),
    )


def at_temperatures(batch: Market) -> tuple[Level, ...]:
    """The outcomes of a batch of markets under HardMax and at each of `TEMPERATURES`."""
    rules: list[tuple[float, ChoiceRule]] = [(0.0, HardMax()), *((t, Logit(t)) for t in TEMPERATURES)]
    return tuple(Level(temperature, at_rest(batch, PLATFORMS, rule)) for temperature, rule in rules)


def weighted_diagram(name: str, schemes: tuple[str, ...]) -> PhaseDiagram:
    """The phase diagram of a market of the catalogue over its schemes of masses."""
    masses = {scheme: markets.load(name, masses=scheme).masses for scheme in schemes}
    return phase_diagram(markets.load(name), platforms=PHASE_PLATFORMS, temperatures=PHASES, masses=masses)


def regime_claims(regimes: dict[str, tuple[Regime, ...]]) -> tuple[Claim, ...]:
    """What the temperature regimes of some markets say."""
    changes = {name: found[1].low for name, found in regimes.items() if len(found) > 1}
    listed = ", ".join(f"{name} {temperature:.3g}" for name, temperature in changes.items())
    found = there_is(
        "The verdict of HardMax changes as users choose more softly",
        "derived",
        len(changes),
        len(regimes),
        f"markets of the paper{'; from temperature ' if listed else ''}{listed}",
    )
    return (found,)


def level_claims(levels: tuple[Level, ...]) -> tuple[Claim, ...]:
    """What drawn markets say of the two ends of the range of temperatures."""
    hard, coldest, hottest = levels[0], levels[1], levels[-1]
    pairs = list(zip(hard.outcomes, coldest.outcomes, strict=True))
    changed = sum(not np.array_equal(a.equilibria, b.equilibria) for a, b in pairs)
    best = [[[int(found.game.market.best_on_average)] * PLATFORMS] for found in hottest.outcomes]
    other = sum(found.equilibria.tolist() != profile for found, profile in zip(hottest.outcomes, best, strict=True))
    return (
        for_all(f"At temperature {coldest.temperature:g} the equilibria are those of HardMax", "derived, as a limit",
                changed, len(pairs), "drawn markets"),
        for_all(f"At temperature {hottest.temperature:g} everybody deploys the model of the best average score",
                "derived, as a limit", other, len(best), "drawn markets"),
    )  # fmt: skip


def _name(name: str, options: dict[str, int]) -> str:
    return name + "".join(f" M={value}" for value in options.values())


def _regime_numbers(regimes: dict[str, tuple[int, tuple[Regime, ...]]]) -> Numbers:
    records = [
        {"market": name, "platforms": platforms, "low": one.low, "high": one.high,
         "structure": market_structure(one.equilibria), "equilibria": len(one.equilibria),
         "profiles": "; ".join(" ".join(str(model + 1) for model in profile) for profile in one.equilibria) or None}
        for name, (platforms, found) in regimes.items() for one in found
    ]  # fmt: skip
    title = "Pure equilibria by range of temperatures (units of the score); profiles as numbers of models, from 1"
    return Numbers.of_records("temperature_regimes", title, records, shown=True)


def _level_numbers(levels: tuple[Level, ...]) -> Numbers:
    records = []
    for level in levels:
        record: dict[str, Any] = {"temperature": level.temperature, "markets": len(level.outcomes)}
        for structure in get_args(MarketStructure):
            share = frequency(level.count(structure), len(level.outcomes))
            record |= {structure: share.probability, f"{structure}_low": share.low, f"{structure}_high": share.high}
        for figure in ("welfare", "coverage", "model_hhi"):
            mean = student_mean([found.mean(figure) for found in level.outcomes])
            record |= {figure: mean.mean, f"{figure}_low": mean.low, f"{figure}_high": mean.high}
        records.append(record)
    return Numbers.of_records("temperatures", "Drawn markets over temperature", records)


def _phase_numbers(name: str, diagram: PhaseDiagram) -> Numbers:
    records = [{**vars(point), "status": point.status.name} for point in diagram.points]
    return Numbers.of_records(f"phases_{name}", "The points of the phase diagram", records)


def _draw(panels: Any, levels: tuple[Level, ...]) -> None:
    shares, means = panels[0]
    places = np.arange(len(levels))
    for structure, (shade, line, marker) in LINES.items():
        heights = [level.count(structure) / len(level.outcomes) for level in levels]
        if any(heights):
            label = "no equilibrium" if structure == "none" else structure.replace("_", " ")
            shares.plot(places, heights, line, color=shade, marker=marker, markersize=4, linewidth=1.2, label=label)
    shares.set_ylabel("share of drawn markets")
    shares.set_ylim(-0.02, 1.02)
    for figure, marker, line in (("welfare", "o", "-"), ("model_hhi", "s", "--")):
        found = [student_mean([each.mean(figure) for each in level.outcomes]) for level in levels]
        middle = np.array([each.mean for each in found])
        label = "welfare (units of the score)" if figure == "welfare" else "HHI of models"
        means.errorbar(places, middle, yerr=middle - [each.low for each in found], fmt=marker + line, color="black",
                       markerfacecolor="black" if marker == "o" else "white", markersize=4, capsize=3, linewidth=1.2,
                       label=label)  # fmt: skip
    means.set_ylabel("mean over drawn markets (0 to 1)")
    for axes in (shares, means):
        axes.set_xticks(places, [f"{level.temperature:g}" for level in levels], rotation=45)
        axes.set_xlabel("temperature (units of the score; 0: HardMax)")
        axes.legend(frameon=False, fontsize=8)
        grid_lines(axes)
