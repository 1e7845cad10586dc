"""Best-response dynamics of many markets at once, one start each."""

from __future__ import annotations

from functools import partial

import numpy as np

from genmarket_env import Status, best_response_dynamics

from . import script
from .games import random_market
from .lines import Aim, Case, Line
from .timing import interleaved

AIMS = {(5, 6, 3): None, (20, 50, 5): Aim(ratio=900), (100, 200, 10): None}
BATCH = {(5, 6, 3): 16384, (20, 50, 5): 4096, (100, 200, 10): 256}
MAX_ROUNDS = {(5, 6, 3): 1000, (20, 50, 5): 1000, (100, 200, 10): 10}
"""Large random markets run into cycles of hundreds of rounds, which the script cannot be waited for."""


def compare(size: tuple[int, int, int], quick: bool) -> list[Line]:
    models, users, platforms = size
    batch = 8 if quick else BATCH[size]
    by_script = 1 if quick else 32 if models < 50 else 2
    max_rounds = MAX_ROUNDS[size]
    markets = random_market(models, users, batch=(batch,))
    starts = np.random.default_rng(1).integers(0, models, (batch, platforms))

    def scripted():
        return [
            script.best_response_dynamics(markets.scores[b], markets.masses[b], starts[b], max_rounds)
            for b in range(by_script)
        ]

    times = interleaved(
        {"script": scripted, "batched": lambda: best_response_dynamics(markets, starts, max_rounds=max_rounds)},
        quick=quick,
    )
    ours = best_response_dynamics(markets, starts, max_rounds=max_rounds)
    for b, (profile, at_rest) in enumerate(scripted()):
        assert (ours.status[b] == Status.CONVERGED) == at_rest
        assert not at_rest or (ours.profile[b] == profile).all()
    return [
        Line(
            f"dynamics {size}, one of {batch:,}",
            seconds=times.median("batched") / batch,
            peer="script",
            peer_seconds=times.median("script") / by_script,
            ratio=times.ratio("script", "batched") * batch / by_script,
            aim=AIMS[size],
            note="" if max_rounds == 1000 else f"stopped after {max_rounds} rounds",
        )
    ]


CASES = [Case(f"dynamics {size}", partial(compare, size), quick=size[0] < 50) for size in AIMS]
