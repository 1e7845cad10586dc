"""Who gains from moving late: the first platform to move against the last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from ..equilibrium.best_response import best_response_dynamics
from ..game import deviation_payoffs, payoffs
from ..intervals import MeanEstimate, frequency, student_mean
from ..market import FloatArray, Market
from ..markets.paper import first_models
from ..tolerances import AGREED, REGRET_TOL
from .contents import Chapter, Claim, Numbers, there_is
from .drawing import grid_lines, picture
from .estimates import on_average
from .settings import Settings

PLATFORMS = 3
POOL_SIZES = (2, 3, 4, 5)
ENTRY, DYNAMICS = "entry in turn", "best responses"


@dataclass(frozen=True, eq=False)
class Earned:
    """What platforms earn by their place in the order of moves.

    Attributes:
        protocol: `ENTRY`: platforms enter one after the other, each with its best reply to those before it, and stay
            so; or `DYNAMICS`: all have started somewhere, and move in turn until nobody moves or until they cycle.
        models: M.
        payoffs: `(markets, starts, platforms)`, at the end, in a cycle the average over it; platforms in the order of
            moves, and a single start for `ENTRY`.
    """

    protocol: str
    models: int
    payoffs: FloatArray

    @property
    def better(self) -> FloatArray:
        """What the last platform earns more than the first, `(markets, starts)`."""
        return self.payoffs[..., -1] - self.payoffs[..., 0]

    @property
    def advantage(self) -> FloatArray:
        """The same, averaged over the starts of each market: `(markets,)`."""
        return self.better.mean(axis=-1)


def section(settings: Settings) -> Chapter:
    """Both protocols in the drawn markets."""
    return compare(settings.drawn_markets())


def compare(drawn: Market) -> Chapter:
    """First movers against late movers in a batch of markets."""
    pools = [first_models(drawn, models) for models in POOL_SIZES]
    found = [protocol(pool) for protocol in (by_entry, by_dynamics) for pool in pools]
    return Chapter(
        title="First mover against late mover",
        sentences=(
            f"{len(drawn.scores)} drawn markets, {PLATFORMS} platforms, HardMax. Two readings of moving late. Entry "
            "in turn: each platform enters with its best reply to those before it and stays with it. Best responses: "
            "platforms move in turn from every one of the M^N starting profiles, until nobody moves; in a cycle a "
            "payoff is the average over it. First and last are places in the order of moves.",
        ),
        pictures=(
            picture(
                "movers",
                "What the last platform earns more than the first: mean over drawn markets with 95% interval "
                "(Student). Right: the share of games in which the last earns more, as much, or less. Numbers: "
                "movers.csv.",
                (8.6, 3.6),
                (1, 3),
                partial(_draw, found=found),
            ),
        ),
        numbers=(_numbers(found),),
        claims=claims(found),
    )


def by_entry(market: Market) -> Earned:
    """Platforms enter one after the other into each market of a batch."""
    profile = market.best_on_average[..., None]
    for _ in range(PLATFORMS - 1):
        entering = np.concatenate([profile, np.zeros_like(profile[..., :1])], axis=-1)
        replies = deviation_payoffs(market, entering)[..., -1, :]
        best = replies >= replies.max(axis=-1, keepdims=True) - REGRET_TOL
        profile = np.concatenate([profile, best.argmax(axis=-1)[..., None]], axis=-1)
    return Earned(ENTRY, market.num_models, payoffs(market, profile)[:, None])


def by_dynamics(market: Market) -> Earned:
    """Platforms move in turn from all starting profiles, in each market of a batch."""
    starts = np.array(list(product(range(market.num_models), repeat=PLATFORMS)))
    solved = best_response_dynamics(market[:, None], starts)
    earned = payoffs(market[:, None], starts)
    weights = market.num_models ** np.arange(PLATFORMS)[::-1]
    every = np.arange(len(earned))[:, None]
    last = earned[every, solved.profile @ weights]
    # An orbit is padded with -1; the profiles that count are those before it.
    on_orbit = solved.cycle[..., 0] >= 0
    along = np.where(on_orbit[..., None], earned[every[..., None], np.where(on_orbit, solved.cycle @ weights, 0)], 0.0)
    length = on_orbit.sum(axis=-1)[..., None]
    return Earned(DYNAMICS, market.num_models, np.where(length > 0, along.sum(axis=2) / np.maximum(length, 1), last))


def claims(found: list[Earned]) -> tuple[Claim, ...]:
    """That a late mover can end up with more, and whether it does on average."""
    rows = []
    for protocol in (ENTRY, DYNAMICS):
        own = [each for each in found if each.protocol == protocol]
        more = sum(int((each.better > AGREED).sum()) for each in own)
        games = sum(each.better.size for each in own)
        means = [student_mean(each.advantage) for each in own]
        listed = "; ".join(f"M = {each.models}: {mean}" for each, mean in zip(own, means, strict=True))
        rows += [
            there_is(
                f"A late mover can end up with more than the first ({protocol})",
                "reported, Fig. 5",
                more,
                games,
                "games of drawn markets",
            ),
            on_average(
                f"The last mover earns more on average, whatever the size of the pool ({protocol})",
                "asked here",
                means,
                f"last minus first, in units of the score: {listed}",
            ),
        ]
    return tuple(rows)


def _numbers(found: list[Earned]) -> Numbers:
    records = []
    for each in found:
        difference = student_mean(each.advantage)
        more, less = (int(which.sum()) for which in (each.better > AGREED, each.better < -AGREED))
        # The starts of a market are not independent: the interval counts markets.
        markets = frequency(int((each.advantage > AGREED).sum()), len(each.advantage))
        records.append(
            {"protocol": each.protocol, "models": each.models, "platforms": PLATFORMS, "markets": len(each.payoffs),
             "games": each.better.size, "first": float(each.payoffs[..., 0].mean()),
             "last": float(each.payoffs[..., -1].mean()), "difference": difference.mean, "low": difference.low,
             "high": difference.high, "last_more": more / each.better.size, "first_more": less / each.better.size,
             "markets_last_more": markets.probability, "markets_low": markets.low, "markets_high": markets.high}
        )  # fmt: skip
    return Numbers.of_records("movers", "Payoffs of the first and of the last mover (units of the score)", records,
                              shown=True)  # fmt: skip


def _draw(panels: Any, found: list[Earned]) -> None:
    axes = panels[0, 0]
    for shift, protocol, marker, line in ((-0.06, ENTRY, "o", "-"), (0.06, DYNAMICS, "s", "--")):
        own = [each for each in found if each.protocol == protocol]
        means: list[MeanEstimate] = [student_mean(each.advantage) for each in own]
        middle = np.array([mean.mean for mean in means])
        places = np.array([each.models for each in own]) + shift
        axes.errorbar(places, middle, yerr=middle - [mean.low for mean in means], fmt=marker + line, color="black",
                      markerfacecolor="white" if marker == "s" else "black", markersize=4, capsize=3, linewidth=1.2,
                      label=protocol)  # fmt: skip
    axes.axhline(0, color="0.4", linewidth=0.8)
    axes.set_xticks(POOL_SIZES)
    axes.set_ylabel("payoff of the last minus\nthat of the first (units of the score)")
    axes.legend(frameon=False, fontsize=8)
    grid_lines(axes)
    for axes, protocol in zip(panels[0, 1:], (ENTRY, DYNAMICS), strict=True):
        _draw_shares(axes, [each for each in found if each.protocol == protocol])
        axes.set_title(protocol)
    for axes in panels[0]:
        axes.set_xlabel("models in the pool, M")
    panels[0, 1].set_ylabel("share of games")
    handles, labels = panels[0, 1].get_legend_handles_labels()
    panels[0, 0].get_figure().legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _draw_shares(axes: Any, found: list[Earned]) -> None:
    more = np.array([(each.better > AGREED).mean() for each in found])
    less = np.array([(each.better < -AGREED).mean() for each in found])
    places, bottom = [each.models for each in found], np.zeros(len(found))
    parts = ((more, "0.3", "", "last earns more"), (1 - more - less, "1.0", "", "as much"),
             (less, "0.75", "///", "first earns more"))  # fmt: skip
    for heights, shade, hatch, label in parts:
        axes.bar(places, heights, bottom=bottom, color=shade, hatch=hatch, edgecolor="0.2", label=label, width=0.7)
        bottom = bottom + heights
    axes.set_xticks(POOL_SIZES)
    axes.set_ylim(0, 1)
