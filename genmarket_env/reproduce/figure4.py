"""Figure 4: a model more, and less welfare."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import markets, pictures
from ..equilibrium.profile_structure import structure
from ..equilibrium.pure_nash import pure_equilibria
from ..game import model_hhi, welfare
from ..market import Market
from ..planner import planner_optimum
from ..tolerances import EQUAL
from .contents import Chapter, Claim, Numbers
from .drawing import picture
from .settings import Settings

PLATFORMS = 2
PUBLISHED = {"before": 0.85, "after": 0.84}


def section(_: Settings) -> Chapter:
    """The two markets of the catalogue."""
    return compare(markets.load("paper-fig4-a"), markets.load("paper-fig4-b"))


def compare(before: Market, after: Market) -> Chapter:
    """Figure 4 of a market before and after a model is added."""
    games = {"before": before, "after": after}
    records = [record for name, market in games.items() for record in _equilibria(name, market)]
    return Chapter(
        title="Figure 4: more models can lower welfare",
        sentences=(
            "Two platforms under HardMax, before and after a model is added to the pool. The planner's optimum cannot "
            "fall by it.",
        ),
        pictures=(
            picture(
                "figure4",
                "Scores of the models by user type, before and after a model is added; the welfare of the pure "
                "equilibrium and of the planner's optimum. Numbers: figure4.csv.",
                (8.6, 3.2),
                (1, 3),
                partial(_draw, games=games, records=records),
            ),
        ),
        numbers=(
            Numbers.of_records("figure4", "Pure equilibria, welfare (units of the score), HHI of models", records,
                               shown=True),
        ),
        claims=claims(before, after),
    )  # fmt: skip


def claims(before: Market, after: Market) -> tuple[Claim, ...]:
    """What the two markets say of the claims of Figure 4."""
    first, second = (_equilibria(name, market) for name, market in (("before", before), ("after", after)))
    return (
        _as_published(
            "With g1 and g2 the equilibrium is differentiated", first, "fully_differentiated", PUBLISHED["before"]
        ),
        _as_published(
            "With a third model, g3, the equilibrium is (g3, g3)", second, "homogeneous", PUBLISHED["after"], "g3 g3"
        ),
        Claim(
            "Adding a model can lower welfare at equilibrium",
            "paper, Fig. 4",
            f"W of the best equilibrium afterwards {_best(second, max)}, of the worst before {_best(first, min)}",
            max(record["welfare"] for record in second) < min(record["welfare"] for record in first)
            if first and second
            else None,
        ),
    )


def _as_published(
    says: str, records: list[dict[str, Any]], expected: str, value: float, profile: str | None = None
) -> Claim:
    listed = "; ".join(f"({record['profile'].replace(' ', ', ')}) W = {record['welfare']:.4f}" for record in records)
    only = len(records) == 1 and records[0]["structure"] == expected and profile in {None, records[0]["profile"]}
    return Claim(
        f"{says}, with welfare {value:.2f}, and it is the only one",
        "paper, Fig. 4",
        listed or "no pure equilibrium",
        only and abs(records[0]["welfare"] - value) <= EQUAL,
    )


def _best(records: list[dict[str, Any]], of: Any) -> str:
    return f"{of(record['welfare'] for record in records):.4f}" if records else "-"


def _equilibria(name: str, market: Market) -> list[dict[str, Any]]:
    optimum = planner_optimum(market, PLATFORMS)
    return [
        {
            "market": name,
            "models": market.num_models,
            "profile": " ".join(market.model_names[j] for j in profile),
            "structure": structure(profile),
            "welfare": float(welfare(market, profile)),
            "planner": float(optimum.value),
            "model_hhi": float(model_hhi(market, profile)),
        }
        for profile in pure_equilibria(market, PLATFORMS)
    ]


def _draw(panels: Any, games: dict[str, Market], records: list[dict[str, Any]]) -> None:
    for axes, (name, market) in zip(panels[0], games.items(), strict=False):
        users = [f"{user}\n{mass:.0%} of users" for user, mass in zip(market.user_names, market.masses, strict=True)]
        pictures.heat(axes, market.scores, market.model_names, users, lightest=0)
        axes.set_title(f"{name}: scores in [0, 1]")
    axes = panels[0, 2]
    for shift, key, shade, hatch in ((-0.19, "welfare", "0.35", ""), (0.19, "planner", "0.8", "///")):
        label = "equilibrium" if key == "welfare" else "planner's optimum"
        heights = [record[key] for record in records]
        bars = axes.bar(np.arange(len(records)) + shift, heights, 0.36, color=shade, hatch=hatch, edgecolor="0.2",
                        label=label)  # fmt: skip
        axes.bar_label(bars, fmt="%.2f", fontsize=7)
    axes.set_xticks(range(len(records)), [f"{r['market']}\n({r['profile'].replace(' ', ', ')})" for r in records])
    axes.set_ylabel("welfare (units of the score)")
    axes.set_ylim(0, 1.25)
    axes.legend(frameon=False, loc="upper left", fontsize=8)
