"""Many copies of the environment at once, in agent-steps: one agent acting once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from genmarket_env import market_v0
from genmarket_env.envs.vector import VectorMarket

from .env_step import EPISODE, SIZE, episode
from .games import random_market
from .lines import Aim, Case, Line
from .timing import Times, interleaved

COPIES = 64
BATCHES = (64, 1024, 4096)
SUPERSUIT = f"SuperSuit, {COPIES} copies"
LOOP = f"a loop over {COPIES} parallel envs"
AIMS = {SUPERSUIT: Aim(ratio=150), LOOP: None}


def compare(quick: bool) -> list[Line]:
    models, users, platforms = SIZE
    market = random_market(models, users)
    envs = [episode(market_v0.parallel_env(market, num_platforms=platforms, max_cycles=EPISODE)) for _ in range(COPIES)]
    peers: dict[str, Callable[[], object]] = {LOOP: lambda: [play() for play in envs]}
    supersuit = _supersuit(market, platforms)
    if supersuit is not None:
        peers[SUPERSUIT] = supersuit
    ways = {}
    for batch in BATCHES[:1] if quick else BATCHES:
        own = [random_market(models, users, seed=copy) for copy in range(batch)]
        ways[f"{batch:,} copies of one market"] = _batched(market, batch, platforms), batch
        ways[f"{batch:,} different markets"] = _batched(own, batch, platforms), batch
    times = interleaved({**peers, **{way: play for way, (play, _) in ways.items()}}, quick=quick, seconds=12.0)
    return [
        _line(times, way, batch * platforms, peer, COPIES * platforms, aim)
        for peer, aim in AIMS.items()
        for way, (_, batch) in ways.items()
    ]


def _line(times: Times, way: str, agents: int, peer: str, peer_agents: int, aim: Aim | None) -> Line:
    line = Line(f"batched env {SIZE}, an agent-step, {way}", times.median(way) / (agents * EPISODE), peer, aim=aim)
    if peer not in times.rounds:
        return replace(line, note="SuperSuit is not installed")
    peer_seconds = times.median(peer) / (peer_agents * EPISODE)
    return replace(line, peer_seconds=peer_seconds, ratio=times.ratio(peer, way) * agents / peer_agents)


def _batched(source, batch: int, platforms: int) -> Callable[[], None]:
    env = VectorMarket(source, batch, num_platforms=platforms, max_cycles=EPISODE, seed=0)
    env.reset()
    actions = np.random.default_rng(0).integers(0, SIZE[0], (EPISODE, batch, platforms))

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
