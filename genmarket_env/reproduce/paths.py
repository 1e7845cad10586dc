"""Figure 5 e and f: a path of best responses that cycles, and one that ends in an equilibrium."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import markets
from ..analysis.paths import Path, best_response_path
from ..game import payoffs, regret
from ..market import Market
from ..status import Status
from ..tolerances import REGRET_TOL
from .contents import Chapter, Claim, Numbers, difference
from .drawing import grid_lines, picture
from .settings import Settings

PLATFORMS = 3
CYCLING, CONVERGING = 4, 5
"""The models of the showcase pool that has no equilibrium, and of the one that has one again."""

ROUNDS_OF_CYCLE = 2
LINES = (("black", "-", "o"), ("0.45", "--", "s"), ("0.2", ":", "^"))
"""Shade, line and marker of each platform."""

BEHIND_TEXT = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}


def section(_: Settings) -> Chapter:
    """Both paths, from everybody on the first model of the showcase pool."""
    games = tuple(markets.load("paper-synthetic", num_models=models) for models in (CYCLING, CONVERGING))
    return follow(*games)


def follow(cycling: Market, converging: Market) -> Chapter:
    """Figure 5 e and f of two markets."""
    games = (cycling, converging)
    paths = tuple(best_response_path(market, np.zeros(PLATFORMS, int)) for market in games)
    records = [
        record
        for letter, market, path in zip("ef", games, paths, strict=True)
        for record in _moves(letter, market, path)
    ]
    return Chapter(
        title="Figure 5 e-f: paths of best responses",
        sentences=(
            f"{PLATFORMS} platforms move to best replies, one after the other, from everybody on "
            f"{cycling.model_names[0]}: with the first {cycling.num_models} models of the showcase pool, and with the "
            f"first {converging.num_models}.",
        ),
        pictures=(
            picture(
                "figure5_paths",
                "The payoff of each platform after each move; a large marker is the platform that has moved, the "
                "letters the model that it moved to. The shaded part is the cycle, which repeats for ever. Numbers: "
                "figure5_paths.csv.",
                (9.4, 3.6),
                (1, 2),
                partial(_draw, games=games, paths=paths),
                width_ratios=(5, 2),
            ),
        ),
        numbers=(Numbers.of_records("figure5_paths", "The payoff of each platform after each move", records),),
        claims=claims(games, paths),
    )


def claims(games: tuple[Market, ...], paths: tuple[Path, ...]) -> tuple[Claim, ...]:
    """That one path cycles and the other one ends in an equilibrium."""
    cycling, converging = paths
    end = _profiles(converging)[-1]
    gain = float(regret(games[1], end).max())
    return (
        Claim(
            "Best responses can cycle",
            "paper, Def. 2.3 and Fig. 5",
            f"{games[0].num_models} models: {_ending(cycling)}",
            cycling.status is Status.CYCLED,
        ),
        Claim(
            "Best responses can end in an equilibrium",
            "reported, Fig. 5",
            f"{games[1].num_models} models: {_ending(converging)}; the largest gain from another model is then "
            f"{difference(gain)}",
            converging.status is Status.CONVERGED and gain <= REGRET_TOL,
        ),
    )


def _ending(path: Path) -> str:
    if path.status is Status.CYCLED:
        return f"a cycle of {len(path.cycle)} moves, reached after {_before(path)}"
    return f"{'converged' if path.status is Status.CONVERGED else 'not converged'} after {len(path.steps)} moves"


def _profiles(path: Path) -> np.ndarray:
    """The profile at the start and after each move; a cycle is followed twice."""
    steps = [step.profile for step in path.steps]
    if path.cycle:
        steps = [*steps[: _before(path)], *[step.profile for step in path.cycle] * ROUNDS_OF_CYCLE]
    return np.array([path.start, *steps])


def _before(path: Path) -> int:
    """How many moves come before the cycle begins."""
    first = path.cycle[-1].profile
    profiles = [path.start, *(step.profile for step in path.steps)]
    return profiles.index(first)


def _moves(letter: str, market: Market, path: Path) -> list[dict[str, Any]]:
    profiles = _profiles(path)
    earned = payoffs(market, profiles)
    before = np.concatenate([profiles[:1], profiles[:-1]])
    start = _before(path) if path.cycle else len(profiles)
    return [
        {
            "panel": letter,
            "move": move,
            "platform": platform,
            "model": market.model_names[profiles[move, platform]],
            "moved": bool(profiles[move, platform] != before[move, platform]),
            "payoff": float(earned[move, platform]),
            "in_cycle": move >= start,
        }
        for move in range(len(profiles))
        for platform in range(PLATFORMS)
    ]


def _draw(panels: Any, games: tuple[Market, ...], paths: tuple[Path, ...]) -> None:
    for axes, letter, market, path in zip(panels[0], "ef", games, paths, strict=True):
        profiles = _profiles(path)
        earned = payoffs(market, profiles)
        moves = np.arange(len(profiles))
        for platform, (shade, line, marker) in enumerate(LINES):
            axes.plot(moves, earned[:, platform], line, color=shade, linewidth=1.2, marker=marker, markersize=3,
                      label=f"platform {platform + 1}")  # fmt: skip
            moved = 1 + np.flatnonzero(profiles[1:, platform] != profiles[:-1, platform])
            axes.plot(moved, earned[moved, platform], marker, color=shade, markersize=9, markerfacecolor="white")
            for move in moved:
                place = move, earned[move, platform]
                axes.annotate(market.model_names[profiles[move, platform]], place, textcoords="offset points",
                              xytext=(0, 8), ha="center", fontsize=7, bbox=BEHIND_TEXT)  # fmt: skip
        if path.cycle:
            axes.axvspan(_before(path), len(profiles) - 1, color="0.92", zorder=0)
        axes.set_title(f"{letter}) {market.num_models} models: {_ending(path)}", loc="left")
        axes.set_xticks(moves[:: 1 + len(moves) // 15])
        axes.set_xlabel("move (0: the start)")
        axes.margins(y=0.12)
        grid_lines(axes)
    panels[0, 0].set_ylabel("payoff (units of the score)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    panels[0, 0].get_figure().legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
