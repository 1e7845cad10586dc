"""The symmetric mixed equilibrium."""

from __future__ import annotations

import warnings

import numpy as np

from genmarket_env import symmetric_mixed_equilibrium

from .games import dense_payoffs, random_market
from .lines import Aim, Case, Line
from .timing import interleaved

USERS = 50
EXPLOITABILITY = 1e-10


def absolute(quick: bool) -> list[Line]:
    models, platforms = 10, 4
    markets = [random_market(models, USERS, seed=seed) for seed in range(3 if quick else 50)]
    times = interleaved(
        {"ours": lambda: [symmetric_mixed_equilibrium(market, platforms) for market in markets]}, quick=quick
    )
    worst = max(symmetric_mixed_equilibrium(market, platforms).nash_conv for market in markets) / platforms
    assert worst <= EXPLOITABILITY, f"exploitability {worst}"
    return [
        Line(
            "mixed equilibrium (10, 4)",
            times.median("ours") / len(markets),
            aim=Aim(seconds=2e-3),
            note=f"mean of {len(markets)} markets, exploitability at most {worst:.0e}",
        )
    ]


def against_nashpy(quick: bool) -> list[Line]:
    models, platforms = 5, 2
    name, peer = "mixed equilibrium (5, 2)", "nashpy"
    market = random_market(models, USERS)
    calls = {"ours": lambda: symmetric_mixed_equilibrium(market, platforms)}
    try:
        import nashpy
    except ImportError:
        return [Line(name, interleaved(calls, quick=quick).median("ours"), f"{peer} (not installed)")]
    tensor = dense_payoffs(market, platforms)
    game = nashpy.Game(tensor, tensor.T)

    def enumerated():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of degenerate games, of which dominated models make one
            return list(game.support_enumeration())

    times = interleaved({**calls, "nashpy": enumerated}, quick=quick)
    mixture = symmetric_mixed_equilibrium(market, platforms).mixture
    assert any(np.abs(x - y).max() < 1e-6 and np.abs(x - mixture).max() < 1e-6 for x, y in enumerated())
    return [Line(name, times.median("ours"), peer, times.median("nashpy"), times.ratio("nashpy", "ours"))]


CASES = [
    Case("mixed equilibrium (10, 4)", absolute),
    Case("mixed equilibrium (5, 2)", against_nashpy),
]
