"""The deviation matrix: what every platform would get with every model."""

from __future__ import annotations

from functools import partial

import numpy as np

from genmarket_env import HardMax, deviation_payoffs
from genmarket_env.compiled import parameters
from genmarket_env.compiled.deviation import checked_deviations

from . import script
from .games import random_market
from .lines import Aim, Case, Line
from .timing import interleaved

AIMS = {
    (5, 6, 3): {"compiled": Aim(ratio=100), "public": Aim(ratio=40)},
    (20, 50, 5): {"public": None},
    (100, 200, 10): {"compiled": Aim(ratio=800)},
    (500, 1000, 20): {"compiled": Aim(ratio=1000)},
}
"""By size and way: the public call, or what it calls when its arguments are checked."""


def compare(size: tuple[int, int, int], quick: bool) -> list[Line]:
    models, users, platforms = size
    market = random_market(models, users)
    profile = np.random.default_rng(1).integers(0, models, platforms)
    rule = parameters(HardMax(), users)
    assert rule is not None
    matrix = np.empty((platforms, models))
    prepared = (market.scores_by_user, market.weighted_scores_by_user, profile, *rule, matrix)
    times = interleaved(
        {
            "script": lambda: script.deviation_payoffs(market.scores, market.masses, profile),
            "compiled": lambda: checked_deviations(*prepared),
            "public": lambda: deviation_payoffs(market, profile),
        },
        quick=quick,
    )
    naive = script.deviation_payoffs(market.scores, market.masses, profile)
    np.testing.assert_allclose(matrix, naive, rtol=0, atol=1e-12)
    np.testing.assert_allclose(deviation_payoffs(market, profile), naive, rtol=0, atol=1e-12)
    return [
        Line(
            f"deviation matrix {size}, {way}",
            seconds=times.median(way),
            peer="script",
            peer_seconds=times.median("script"),
            ratio=times.ratio("script", way),
            aim=aim,
        )
        for way, aim in AIMS[size].items()
    ]


CASES = [Case(f"deviation matrix {size}", partial(compare, size), quick=size[0] < 50) for size in AIMS]
