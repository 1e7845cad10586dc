"""All pure Nash equilibria."""

from __future__ import annotations

from functools import partial

import numpy as np

from genmarket_env import pure_equilibria

from .games import dense_payoffs, random_market
from .lines import Aim, Case, Line
from .timing import interleaved, peak_bytes, stopwatch

USERS = 50
SIZE = (10, 4)
AIM = Aim(ratio=150)
AIMS = {
    (20, 5): Aim(seconds=5e-3, peak_bytes=300_000_000),
    (30, 6): Aim(seconds=0.2, peak_bytes=300_000_000),
    (40, 7): Aim(seconds=4.0, peak_bytes=300_000_000),
    (100, 5): Aim(seconds=10.0, peak_bytes=300_000_000),
    (50, 8): Aim(seconds=10.0, peak_bytes=300_000_000),
}


def against_quantecon(quick: bool) -> list[Line]:
    size = models, platforms = (3, 3) if quick else SIZE
    market = random_market(models, USERS)
    name, peer = f"all PNE {size}", "QuantEcon"
    try:
        from quantecon.game_theory import NormalFormGame, Player, pure_nash_brute
    except ImportError:
        times = interleaved({"ours": lambda: pure_equilibria(market, platforms)}, quick=quick)
        return [Line(name, times.median("ours"), f"{peer} (not installed)", aim=AIM)]
    game = NormalFormGame([Player(dense_payoffs(market, platforms))] * platforms)
    times = interleaved(
        {"ours": lambda: pure_equilibria(market, platforms), "quantecon": lambda: pure_nash_brute(game, tol=1e-12)},
        quick=quick,
    )
    theirs = sorted({tuple(sorted(profile)) for profile in pure_nash_brute(game, tol=1e-12)})
    np.testing.assert_array_equal(pure_equilibria(market, platforms), np.reshape(theirs, (-1, platforms)))
    return [
        Line(
            name,
            times.median("ours"),
            peer,
            times.median("quantecon"),
            times.ratio("quantecon", "ours"),
            aim=AIM,
        )
    ]


def absolute(size: tuple[int, int], quick: bool) -> list[Line]:  # noqa: ARG001 - a quick run includes one size
    models, platforms = size
    pure_equilibria(random_market(3, 2), 2)
    times = [
        stopwatch(partial(pure_equilibria, random_market(models, USERS, seed=seed), platforms)) for seed in range(3)
    ]
    return [Line(f"all PNE {size}", float(np.median(times)), peak_bytes=peak_bytes(), aim=AIMS[size])]


CASES = [
    Case(f"all PNE {SIZE}, QuantEcon", against_quantecon),
    *(Case(f"all PNE {size}", partial(absolute, size), fresh=True, quick=size[0] < 30) for size in AIMS),
]
