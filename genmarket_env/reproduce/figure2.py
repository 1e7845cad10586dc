"""Figure 2: the same gap in average quality, two different equilibria."""

from __future__ import annotations

from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from .. import markets, pictures
from ..equilibrium.conditions import decomposition
from ..equilibrium.profile_structure import structure
from ..equilibrium.pure_nash import pure_equilibria
from ..game import payoffs, regret
from ..market import Market
from ..tolerances import AGREED
from .contents import Chapter, Claim, Numbers
from .drawing import picture
from .settings import Settings

PLATFORMS = 2
GAP = 0.20
"""The published difference of the average scores."""


def section(_: Settings) -> Chapter:
    """The two markets of the catalogue."""
    return compare(markets.load("paper-fig2-a"), markets.load("paper-fig2-b"))


def compare(first: Market, second: Market) -> Chapter:
    """Figure 2 of two markets with two models each."""
    games = {"A": first, "B": second}
    records = [record for name, market in games.items() for record in _profiles(name, market)]
    return Chapter(
        title="Figure 2: average quality does not decide",
        sentences=(
            "Two platforms and two models, under HardMax. T is the average score of a model; what else decides is the "
            "advantage that a platform has by being different.",
        ),
        pictures=(
            picture(
                "figure2",
                "Scores of the models by user type (above) and the payoffs of both platforms at each profile (below); "
                "a blank cell is 0; an asterisk marks the pure Nash equilibria. Numbers: figure2.csv.",
                (7.2, 4.8),
                (2, 2),
                partial(_draw, games=games, records=records),
            ),
        ),
        numbers=(
            Numbers.of_records(
                "figure2",
                "Payoffs (units of the score) at each profile, T and deviation advantage",
                records,
                shown=True,
            ),
        ),
        claims=claims(first, second),
    )


def claims(first: Market, second: Market) -> tuple[Claim, ...]:
    """What the two markets say of the claims of Figure 2."""
    gaps = [float(np.diff(market.average_scores)[0]) for market in (first, second)]
    found = [pure_equilibria(market, PLATFORMS) for market in (first, second)]
    return (
        Claim(
            f"Two markets have the same gap T2 - T1 = {GAP:.2f}",
            "paper, Fig. 2",
            f"{gaps[0]:.4f} in A, {gaps[1]:.4f} in B",
            all(abs(gap - GAP) <= AGREED for gap in gaps),
        ),
        Claim(
            "In A the only equilibrium is differentiated, though g1 has the lower average score",
            "paper, Fig. 2",
            _listed(first, found[0]),
            [structure(profile) for profile in found[0]] == ["fully_differentiated"] and gaps[0] > 0,
        ),
        Claim(
            "In B the only equilibrium is homogeneous on g2",
            "paper, Fig. 2",
            _listed(second, found[1]),
            found[1].tolist() == [[1, 1]],
        ),
    )


def _listed(market: Market, equilibria: Any) -> str:
    profiles = [f"({', '.join(market.model_names[j] for j in profile)})" for profile in equilibria]
    return f"{len(profiles)} pure equilibria: {', '.join(profiles)}" if len(profiles) != 1 else f"only {profiles[0]}"


def _profiles(name: str, market: Market) -> list[dict[str, Any]]:
    """A record for each platform of each profile."""
    profiles = np.array(list(combinations_with_replacement(range(market.num_models), PLATFORMS)))
    parts = decomposition(market, profiles)
    earned, regrets = payoffs(market, profiles), regret(market, profiles)
    stable = {tuple(profile) for profile in pure_equilibria(market, PLATFORMS).tolist()}
    return [
        {
            "market": name,
            "profile": " ".join(market.model_names[j] for j in profile),
            "platform": platform,
            "average_score": float(parts.average_scores[row, platform]),
            "deviation_advantage": float(parts.advantages[row, platform]),
            "payoff": float(earned[row, platform]),
            "regret": float(regrets[row, platform]),
            "equilibrium": tuple(profile) in stable,
        }
        for row, profile in enumerate(profiles.tolist())
        for platform in range(PLATFORMS)
    ]


def _draw(panels: Any, games: dict[str, Market], records: list[dict[str, Any]]) -> None:
    for column, (name, market) in enumerate(games.items()):
        users = [f"{user}\n{mass:.0%} of users" for user, mass in zip(market.user_names, market.masses, strict=True)]
        averages = zip(market.model_names, market.average_scores, strict=True)
        pictures.heat(
            panels[0, column], market.scores, [f"{model}\nT = {t:.2f}" for model, t in averages], users, lightest=0
        )
        panels[0, column].set_title(f"market {name}: scores in [0, 1]")
        _draw_payoffs(panels[1, column], [record for record in records if record["market"] == name])
    panels[1, 0].set_ylabel("payoff (units of the score)")


def _draw_payoffs(axes: Any, records: list[dict[str, Any]]) -> None:
    profiles = list(dict.fromkeys(record["profile"] for record in records))
    for platform, (shade, hatch) in enumerate((("0.35", ""), ("0.8", "///"))):
        own = [record for record in records if record["platform"] == platform]
        places = np.arange(len(profiles)) + 0.38 * (platform - 0.5)
        heights = [record["payoff"] for record in own]
        bars = axes.bar(
            places, heights, 0.36, color=shade, hatch=hatch, edgecolor="0.2", label=f"platform {platform + 1}"
        )
        axes.bar_label(bars, fmt="%.2f", fontsize=7)
    stable = {record["profile"] for record in records if record["equilibrium"]}
    labels = [f"({profile.replace(' ', ', ')}){' *' if profile in stable else ''}" for profile in profiles]
    axes.set_xticks(range(len(profiles)), labels)
    axes.set_xlabel("profile (* equilibrium)")
    axes.margins(y=0.3)
    axes.legend(frameon=False, ncols=2, loc="upper left", fontsize=8)
