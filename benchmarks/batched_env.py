"""Many copies of the environment at once, in agent-steps: one agent acting once."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from genmarket_env import market_v0
from genmarket_env.envs.vector import VectorMarket

from .env_step import EPISODE, SIZE, episode
from .games import random_market
from .lines import Aim, Case, Line
from .timing import interleaved

COPIES = 64
BATCHES = (64, 1024, 4096)


def compare(quick: bool) -> list[Line]:
    models, users, platforms = SIZE
    market = random_market(models, users)
    loops = [
        episode(market_v0.parallel_env(market, num_platforms=platforms, max_cycles=EPISODE)) for _ in range(COPIES)
    ]
    calls: dict[str, Callable[[], object]] = {"loop": lambda: [play() for play in loops]}
    work = {"loop": COPIES * platforms * EPISODE}
    for batch in BATCHES:
        calls[str(batch)] = _batched(market, batch, platforms)
        work[str(batch)] = batch * platforms * EPISODE
    supersuit = _supersuit(market, platforms)
    if supersuit is not None:
        calls["supersuit"] = supersuit
        work["supersuit"] = COPIES * platforms * EPISODE
    times = interleaved(calls, quick=quick, seconds=8.0)
    lines = []
    for peer, label in (("supersuit", f"SuperSuit, {COPIES} copies"), ("loop", f"a loop over {COPIES} parallel envs")):
        for batch in map(str, BATCHES):
            found = peer in calls
            lines.append(
                Line(
                    f"batched env {SIZE}, {batch} markets, an agent-step",
                    times.median(batch) / work[batch],
                    label,
                    times.median(peer) / work[peer] if found else None,
                    times.ratio(peer, batch) * work[batch] / work[peer] if found else None,
                    aim=Aim(ratio=150) if peer == "supersuit" else None,
                    note="" if found else "SuperSuit is not installed",
                )
            )
    return lines


def _batched(market, batch: int, platforms: int) -> Callable[[], None]:
    env = VectorMarket(market, batch, num_platforms=platforms, max_cycles=EPISODE, seed=0)
    env.reset()
    actions = np.random.default_rng(0).integers(0, market.num_models, (EPISODE, batch, platforms))

    def play() -> None:
        for one in actions:
            env.step(one)

    return play


def _supersuit(market, platforms: int) -> Callable[[], None] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own retirement
        try:
            import supersuit
        except ImportError:
            return None
        one = market_v0.parallel_env(market, num_platforms=platforms, max_cycles=EPISODE)
        env = supersuit.concat_vec_envs_v1(
            supersuit.pettingzoo_env_to_vec_env_v1(one), COPIES, num_cpus=0, base_class="gymnasium"
        )
        env.reset()
    actions = np.random.default_rng(0).integers(0, market.num_models, (EPISODE, COPIES * platforms))

    def play() -> None:
        for one_step in actions:
            env.step(one_step)

    return play


CASES = [Case("batched env", compare, limit=120.0)]
