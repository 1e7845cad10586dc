"""Figure 3: how large a user type must be to decide alone what everybody deploys.

The profile in which everybody deploys the type's best model is an equilibrium from some mass on: its payoffs are
linear in the type's mass if the others keep their proportions, so that mass follows from the deviation payoffs on the
type alone and on the others alone (derived). It is compared with the sufficient threshold, a function of `Gamma / rho`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from ..equilibrium.conditions import dominance_threshold, dominant_types
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..game import deviation_payoffs, regret
from ..market import FloatArray, IntArray, Market
from ..tolerances import EQUAL, REGRET_TOL
from .contents import Chapter, Claim, Numbers, Picture, for_all, there_is
from .drawing import grid_lines, picture
from .settings import Settings

PLATFORMS = (2, 3, 5)
MODELS, USERS = 4, 4
RATIOS = (0.3, 100.0)
"""The range of `Gamma / rho` that is shown."""

TICKS = (1, 10, 100)
BINS = 10
MOST_SHOWN = 400
"""The most markets of a panel: more would hide each other."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Random markets and their first user type, for one number of platforms; all arrays `(markets,)`.

    Attributes:
        platforms: N.
        ratio: `Gamma / rho` of the type.
        mass: of the type.
        boundary: the least mass of the type at which everybody on its best model is an equilibrium.
        homogeneous: whether that is an equilibrium.
        only: whether it is the only equilibrium.
        holds: whether the mass reaches the threshold `1 - 1 / (1 + N Gamma / rho)`.
        holds_sharp: whether it reaches the lower threshold `1 - 1 / (1 + N Gamma / S*)`.
        unique: whether it exceeds the mass that makes the equilibrium the only one.
    """

    platforms: int
    ratio: FloatArray
    mass: FloatArray
    boundary: FloatArray
    homogeneous: Any
    only: Any
    holds: Any
    holds_sharp: Any
    unique: Any


def section(settings: Settings) -> Chapter:
    """The curve, markets on both sides of it, and where the boundary really is."""
    samples = []
    for platforms in PLATFORMS:
        rng = settings.rng(f"figure3 {platforms}")
        samples.append(sample(random_type_markets(rng, settings.trials, platforms), platforms))
    return Chapter(
        title="Figure 3: the dominant user type",
        sentences=(
            "For a user type, rho is the lead of its best model over the second best, Gamma the largest score of any "
            "model on any other type. From the mass 1 - 1 / (1 + N Gamma / rho) on, everybody deploying its best model "
            "is an equilibrium (the paper for N = 2; for N platforms derived). The boundary of a market is the least "
            "mass at which that is one, if the other types keep their proportions.",
            f"Drawn markets: {MODELS} models, {USERS} user types, scores uniform on [0, 1], those of the other types "
            f"times a factor uniform on [0.02, 1]; the odds of the type are those of the threshold times exp(u), u "
            f"uniform on [-4, 1.5]; the other types share the rest uniformly on the simplex.",
        ),
        pictures=(_picture(samples, shown=min(MOST_SHOWN, settings.trials)),),
        numbers=(
            _markets(samples),
            Numbers.of_records(
                "figure3_boundary",
                "The measured boundary by range of Gamma / rho: the market of the largest, and the median",
                [record for one in samples for record in hardest(one)],
            ),
            _counts(samples),
        ),
        claims=claims(samples),
    )


def random_type_markets(rng: np.random.Generator, count: int, platforms: int) -> Market:
    """Markets around the threshold of their first user type, a batch `(count,)`."""
    scores = rng.random((count, MODELS, USERS))
    scores[..., 1:] *= rng.uniform(0.02, 1, (count, 1, 1))
    even = Market(scores, np.full(USERS, 1 / USERS))
    threshold = dominant_types(even, platforms).threshold[..., 0]
    odds = threshold / (1 - threshold) * np.exp(rng.uniform(-4, 1.5, count))
    mass = (odds / (1 + odds))[:, None]
    return Market(scores, np.concatenate([mass, (1 - mass) * rng.dirichlet(np.ones(USERS - 1), count)], axis=1))


def sample(markets: Market, platforms: int) -> Sample:
    """What the theory says of the first user type of each market, and what is true."""
    types = dominant_types(markets, platforms)
    models = types.models[..., 0]
    profiles = np.repeat(models[:, None], platforms, axis=1)
    enumerated = pure_equilibria_of_each(markets, platforms)
    only = [np.array_equal(found, profile[None]) for found, profile in zip(enumerated, profiles, strict=True)]
    return Sample(
        platforms=platforms,
        ratio=types.gamma[..., 0] / types.rho[..., 0],
        mass=markets.masses[..., 0],
        boundary=boundary(markets, profiles),
        homogeneous=regret(markets, profiles).max(axis=-1) <= REGRET_TOL,
        only=np.array(only),
        holds=types.holds[..., 0],
        holds_sharp=types.holds_sharp[..., 0],
        unique=types.unique[..., 0],
    )


def boundary(markets: Market, profiles: IntArray) -> FloatArray:
    """The least mass of the first user type at which each profile is an equilibrium, `(markets,)`; 1 if there is none.

    The other types keep their proportions. What platform 0 loses by a deviation is then `pi a + (1 - pi) b`, with `a`
    on the type alone and `b` on the others alone; platforms deploy the same, so its loss is everybody's.
    """
    first = np.zeros(markets.num_users)
    first[0] = 1
    others = markets.masses * (1 - first)
    at_first = _loss(Market(markets.scores, first), profiles)
    elsewhere = _loss(Market(markets.scores, others / others.sum(axis=-1, keepdims=True)), profiles)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(elsewhere >= 0, 0.0, np.where(at_first > 0, elsewhere / (elsewhere - at_first), 1.0))
    return needed.max(axis=-1)


def claims(samples: list[Sample]) -> tuple[Claim, ...]:
    """What the samples say of the thresholds."""
    found = []
    for one in samples:
        statement = f"A type of mass >= 1 - 1 / (1 + {one.platforms} Gamma / rho) makes its best model an equilibrium"
        source = "paper" if one.platforms == 2 else "derived"
        missed = int((one.holds & ~one.homogeneous).sum())
        found.append(for_all(statement, source, missed, int(one.holds.sum()), f"random markets that meet it (N = "
                             f"{one.platforms})"))  # fmt: skip
    every = {name: np.concatenate([getattr(one, name) for one in samples])
             for name in ("homogeneous", "only", "holds", "holds_sharp", "unique")}  # fmt: skip
    over = np.concatenate([one.boundary - dominance_threshold(one.ratio, one.platforms) for one in samples])
    return (
        *found,
        for_all("The measured boundary is never above the threshold", "paper; for N platforms derived",
                int((over > EQUAL).sum()), over.size, f"random markets; it is {-over.mean():.3f} below on average"),
        for_all("A mass >= 1 - 1 / (1 + N Gamma / S*) also makes the type's best model an equilibrium", "derived",
                int((every["holds_sharp"] & ~every["homogeneous"]).sum()), int(every["holds_sharp"].sum()),
                "random markets that meet it"),
        for_all("Odds above Gamma max(1 / rho, N / S*) make it the only equilibrium", "derived",
                int((every["unique"] & ~every["only"]).sum()), int(every["unique"].sum()),
                "random markets that meet it"),
        there_is("The threshold is not necessary: the equilibrium exists below it, too", "paper",
                 int((~every["holds"] & every["homogeneous"]).sum()), int((~every["holds"]).sum()),
                 "random markets below it"),
    )  # fmt: skip


def _loss(markets: Market, profiles: IntArray) -> FloatArray:
    """What platform 0 loses by each deviation, `(markets, models)`; 0 by none."""
    deviations = deviation_payoffs(markets, profiles)[..., 0, :]
    return np.take_along_axis(deviations, profiles[..., :1], axis=-1) - deviations


def _markets(samples: list[Sample]) -> Numbers:
    return Numbers.of_records(
        "figure3",
        "Drawn markets: Gamma / rho, mass of the type, the mass from which on the profile is an equilibrium",
        [
            {"platforms": one.platforms, "ratio": float(one.ratio[row]), "mass": float(one.mass[row]),
             "threshold": float(dominance_threshold(one.ratio[row], one.platforms)),
             "boundary": float(one.boundary[row]), "equilibrium": bool(one.homogeneous[row]),
             "only_equilibrium": bool(one.only[row])}
            for one in samples for row in range(len(one.mass))
        ],
    )  # fmt: skip


def hardest(one: Sample) -> list[dict[str, float | int]]:
    """In each range of `Gamma / rho` the market of the largest boundary, and the median boundary."""
    edges = np.geomspace(*RATIOS, BINS + 1)
    found: list[dict[str, float | int]] = []
    for low, high in pairwise(edges.tolist()):
        inside = np.flatnonzero((one.ratio >= low) & (one.ratio < high))
        if inside.size:
            last = inside[one.boundary[inside].argmax()]
            found.append(
                {"platforms": one.platforms, "ratio_low": low, "ratio_high": high, "markets": inside.size,
                 "median_boundary": float(np.median(one.boundary[inside])), "ratio": float(one.ratio[last]),
                 "largest_boundary": float(one.boundary[last]),
                 "threshold": float(dominance_threshold(one.ratio[last], one.platforms))}
            )  # fmt: skip
    return found


def _counts(samples: list[Sample]) -> Numbers:
    return Numbers.of_records(
        "figure3_counts",
        "Drawn markets on both sides of the threshold",
        [
            {"platforms": one.platforms, "side": side, "markets": int(on.sum()),
             "with_the_equilibrium": int((on & one.homogeneous).sum()), "as_the_only_one": int((on & one.only).sum())}
            for one in samples for side, on in (("at or above", one.holds), ("below", ~one.holds))
        ],
        shown=True,
    )  # fmt: skip


def _picture(samples: list[Sample], shown: int) -> Picture:
    return picture(
        "figure3",
        "The sufficient threshold (line) and drawn markets on both sides of it: everybody on the type's best model is "
        f"an equilibrium (filled) or not (hollow); of the first {shown} markets of each panel those on its axes. "
        "Diamonds: the markets with the largest boundary in each range of Gamma / rho, at their own ratio; "
        "dotted: the median. Numbers: figure3.csv, figure3_boundary.csv.",
        (9.6, 3.9),
        (1, len(samples)),
        partial(_draw, samples=samples, shown=shown),
        sharey=True,
    )


def _draw(panels: Any, samples: list[Sample], shown: int) -> None:
    ratios = np.geomspace(*RATIOS, 200)
    for axes, one in zip(panels[0], samples, strict=True):
        part = slice(0, shown)
        for marker, where in (("filled", one.homogeneous), ("hollow", ~one.homogeneous)):
            axes.scatter(
                one.ratio[part][where[part]], one.mass[part][where[part]], s=9, linewidths=0.6, edgecolors="0.35",
                facecolors="0.55" if marker == "filled" else "white",
                label="is an equilibrium" if marker == "filled" else "is none",
            )  # fmt: skip
        axes.plot(ratios, dominance_threshold(ratios, one.platforms), color="black", linewidth=1.8, label="threshold")
        _draw_boundary(axes, one)
        axes.set_xscale("log")
        axes.set_xlim(*RATIOS)
        axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        axes.set_ylim(-0.02, 1.02)
        axes.set_title(f"N = {one.platforms}{' (the paper)' if one.platforms == 2 else ''}")
        axes.set_xlabel("Gamma / rho (no unit)")
        grid_lines(axes)
    panels[0, 0].set_ylabel("mass of the user type (share of users)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    panels[0, 0].get_figure().legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _draw_boundary(axes: Any, one: Sample) -> None:
    found = hardest(one)
    axes.plot(
        [each["ratio"] for each in found], [each["largest_boundary"] for each in found], "--D", color="black",
        markersize=4, markerfacecolor="white", linewidth=1.1, label="measured boundary, largest",
    )  # fmt: skip
    middles = [np.sqrt(each["ratio_low"] * each["ratio_high"]) for each in found]
    axes.plot(middles, [each["median_boundary"] for each in found], ":", color="black", linewidth=1.3,
              label="measured boundary, median")  # fmt: skip
