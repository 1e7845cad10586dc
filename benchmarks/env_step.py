"""One step of the PettingZoo environment, resets included."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pettingzoo import ParallelEnv

from genmarket_env import market_v0

from .games import market_drawer, random_market
from .lines import Aim, Case, Line
from .timing import Times, interleaved

SIZE = (5, 6, 4)
EPISODE = 100
NO_OP = "a no-op env that returns the same dicts, infos included"
RPS = "pettingzoo.classic rps_v2, 2 agents"
AIMS = {NO_OP: Aim(slowdown=4), RPS: Aim(ratio=15)}


class NoOp(ParallelEnv):
    """Returns the same observations, rewards and infos at every step, in new dicts: what the interface alone costs."""

    def __init__(self, observations, rewards, infos):
        self.possible_agents = list(observations)
        self._observations, self._rewards, self._infos = observations, rewards, infos

    def reset(self, **_):
        self.agents = self.possible_agents[:]
        self._round = 0
        return dict(self._observations), {agent: {} for agent in self.agents}

    def step(self, _):
        self._round += 1
        ended = self._round >= EPISODE
        agents = self.agents
        result = (
            {agent: self._observations[agent].copy() for agent in agents},
            {agent: self._rewards[agent] for agent in agents},
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, ended),
            {agent: dict(self._infos[agent]) for agent in agents},
        )
        if ended:
            self.agents = []
        return result


def episode(env: ParallelEnv) -> Callable[[], None]:
    """A call that plays one episode of `EPISODE` rounds with random actions drawn beforehand."""
    env.reset(seed=0)
    spaces = {agent: env.action_space(agent).n for agent in env.possible_agents}
    return _episode(env, spaces)


def _episode(env: ParallelEnv, spaces: dict[str, int]) -> Callable[[], None]:
    rng = np.random.default_rng(0)
    actions = [{agent: int(rng.integers(n)) for agent, n in spaces.items()} for _ in range(EPISODE)]

    def play() -> None:
        env.reset()
        for one in actions:
            env.step(one)

    return play


def compare(quick: bool) -> list[Line]:
    models, users, platforms = SIZE
    market = random_market(models, users)
    env = market_v0.parallel_env(market, num_platforms=platforms, max_cycles=EPISODE)
    env.reset(seed=0)
    observations, rewards, _, _, infos = env.step(dict.fromkeys(env.agents, 0))
    spaces = dict.fromkeys(env.possible_agents, models)
    ours = {
        "one market": episode(env),
        "a new market every episode": episode(
            market_v0.parallel_env(market_drawer(models, users), num_platforms=platforms, max_cycles=EPISODE)
        ),
    }
    peers = {NO_OP: _episode(NoOp(observations, rewards, infos), spaces)}
    rps = _rock_paper_scissors()
    if rps is not None:
        peers[RPS] = episode(rps)
    times = interleaved({**ours, **peers}, quick=quick)
    return [_line(times, way, peer, aim) for peer, aim in AIMS.items() for way in ours]


def _line(times: Times, way: str, peer: str, aim: Aim) -> Line:
    line = Line(f"env step {SIZE}, {way}", times.median(way) / EPISODE, peer, aim=aim)
    if peer not in times.rounds:
        return replace(line, note="rps_v2 needs pygame, which is not installed")
    return replace(line, peer_seconds=times.median(peer) / EPISODE, ratio=times.ratio(peer, way))


def _rock_paper_scissors() -> ParallelEnv | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pygame imports pkg_resources, which is deprecated
        try:
            from pettingzoo.classic import rps_v2
        except ImportError:
            return None
        return rps_v2.parallel_env(max_cycles=EPISODE)


CASES = [Case(f"env step {SIZE}", compare)]
