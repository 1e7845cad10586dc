"""Many copies of the environment at once, in agent-steps: one agent acting once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from genmarket_env import market_v0
from genmarket_env.envs.vector import VectorMarket
from genmarket_env.markets import RandomMarkets

from .env_step import EPISODE, SIZE
from .games import random_market
from .lines import Aim, Case, Line
from .timing import Times, interleaved

COPIES = 64
LARGE = 4096
REDRAWN = 512
ONE_BY_ONE = "drawn one by one"
SUPERSUIT = "SuperSuit"
AIM = Aim(ratio=150)


def compare(quick: bool) -> list[Line]:
    models, users, platforms = SIZE
    market = random_market(models, users)
    different = [random_market(models, users, seed=copy) for copy in range(COPIES if quick else LARGE)]
    ways = {
        f"{COPIES} x one market": (market, COPIES),
        f"{COPIES} markets": (different[:COPIES], COPIES),
        f"{len(different):,} markets": (different, len(different)),
    }
    calls = {way: _batched(source, batch, platforms) for way, (source, batch) in ways.items()}
    supersuit = _supersuit(market, platforms)
    if supersuit is not None:
        calls[SUPERSUIT] = supersuit
    times = interleaved(calls, quick=quick, seconds=12.0)
    return [_line(times, way, batch, platforms) for way, (_, batch) in ways.items()]


def _line(times: Times, way: str, batch: int, platforms: int) -> Line:
    agent_steps = batch * platforms * EPISODE
    line = Line(f"agent-step {SIZE}, {way}", times.median(way) / agent_steps, SUPERSUIT, aim=AIM)
    if SUPERSUIT not in times.rounds:
        return replace(line, peer=f"{SUPERSUIT} (not installed)")
    peer_seconds = times.median(SUPERSUIT) / (COPIES * platforms * EPISODE)
    return replace(line, peer_seconds=peer_seconds, ratio=times.ratio(SUPERSUIT, way) * batch / COPIES)


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


def redrawn(quick: bool) -> list[Line]:
    """A round and the reset after it, where every round of every market is a new market."""
    models, users, platforms = SIZE
    copies = 8 if quick else REDRAWN
    actions = np.random.default_rng(0).integers(0, models, (copies, platforms))
    at_once = RandomMarkets(models, users)
    envs = {
        way: VectorMarket(source, copies, num_platforms=platforms, max_cycles=1, seed=0)
        for way, source in {"at once": at_once, ONE_BY_ONE: lambda rng: at_once(rng)}.items()
    }
    for env in envs.values():
        env.reset()
    times = interleaved({way: partial(env.step, actions) for way, env in envs.items()}, quick=quick)
    name = f"step {SIZE}, {copies} markets drawn anew"
    ratio = times.ratio(ONE_BY_ONE, "at once")
    return [Line(name, times.median("at once"), ONE_BY_ONE, times.median(ONE_BY_ONE), ratio)]


CASES = [Case("batched env", compare, limit=120.0), Case("batched env, drawn anew", redrawn)]
