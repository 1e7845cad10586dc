"""Prices and portfolios: price equilibria beside pyblp, models before prices, all equilibria of portfolios."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np

from genmarket_env import Logit, markets, models_then_prices, portfolios, price_equilibrium, pure_equilibria

from .games import random_market
from .lines import Aim, Case, Line
from .timing import interleaved, stopwatch

PLATFORMS, USERS = 5, 50
MARKETS, PEER_MARKETS = 1000, 20
TEMPERATURE, OUTSIDE = 0.25, 0.1
AIM = Aim(ratio=50)
NOTE = (
    "ours of {ours:,} markets at once, pyblp's of {theirs:,} in one Simulation; both from one start, with first- and "
    "second-order conditions; ours also with the global check, surplus, HHI and diversion ratios"
)


def against_pyblp(quick: bool) -> list[Line]:
    count, peers = (4, 2) if quick else (MARKETS, PEER_MARKETS)
    market = random_market(PLATFORMS, USERS, batch=(count,))
    rng = np.random.default_rng(0)
    alpha, costs = np.exp(rng.normal(0, 0.25, USERS)), 0.2 * rng.random(PLATFORMS)

    def ours():
        return price_equilibrium(
            market,
            np.arange(PLATFORMS),
            Logit(TEMPERATURE, OUTSIDE),
            price_sensitivity=alpha,
            costs=costs,
            num_starts=1,
        )

    name, peer = f"price equilibrium ({PLATFORMS}, {USERS}), one of {count:,}", "pyblp"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyblp  # noqa: F401

            from . import pyblp_market
    except ImportError:
        times = interleaved({"ours": ours}, quick=quick)
        return [Line(name, times.median("ours") / count, f"{peer} (not installed)", aim=AIM)]
    some = slice(peers)
    simulation = pyblp_market.simulation(
        market.scores[some], market.masses[some], alpha, TEMPERATURE, OUTSIDE, range(PLATFORMS)
    )
    repeated = np.tile(costs, (peers, 1))
    theirs = partial(pyblp_market.solve, simulation, repeated, checks=True)
    found = theirs().product_data.prices.reshape(peers, PLATFORMS)
    np.testing.assert_allclose(ours().prices[some], found, rtol=0, atol=1e-9)
    times = interleaved({"ours": ours, "pyblp": theirs}, quick=quick)
    return [
        Line(
            name,
            times.median("ours") / count,
            peer,
            times.median("pyblp") / peers,
            times.ratio("pyblp", "ours") * count / peers,
            aim=AIM,
            note=NOTE.format(ours=count, theirs=peers),
        )
    ]


def stages(quick: bool) -> list[Line]:
    livebench, platforms = markets.load("livebench-2026-06"), 2 if quick else 3
    rule = Logit(0.05, outside_utility=0.5)
    models_then_prices(livebench, 2, rule, price_sensitivity=0.1)
    seconds = stopwatch(lambda: models_then_prices(livebench, platforms, rule, price_sensitivity=0.1))
    return [Line(f"LiveBench, {platforms} platforms: models, then prices", seconds, aim=Aim(seconds=5.0))]


def of_portfolios(quick: bool) -> list[Line]:
    livebench, size = markets.load("livebench-2026-06"), 2 if quick else 3
    pure_equilibria(portfolios(livebench, 1).market, 3)
    seconds = stopwatch(lambda: pure_equilibria(portfolios(livebench, size).market, 3))
    return [
        Line(f"LiveBench, 3 platforms of up to {size} of 24 models: all PNE", seconds, aim=Aim(seconds=10.0)),
    ]


CASES = [
    Case("price equilibrium, pyblp", against_pyblp),
    Case("models, then prices", stages),
    Case("portfolios", of_portfolios),
]
