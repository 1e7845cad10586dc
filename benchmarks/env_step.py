"""One step of the PettingZoo environment, resets included."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from pettingzoo import ParallelEnv

from genmarket_env import market_v0

from .games import random_market
from .lines import Aim, Case, Line
from .timing import interleaved

SIZE = (5, 6, 4)
EPISODE = 100
NAME = f"env step {SIZE}"


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
    env = market_v0.parallel_env(market=market, num_platforms=platforms, max_cycles=EPISODE)
    env.reset(seed=0)
    observations, rewards, _, _, infos = env.step(dict.fromkeys(env.agents, 0))
    spaces = dict.fromkeys(env.possible_agents, models)
    calls = {"ours": episode(env), "no-op": _episode(NoOp(observations, rewards, infos), spaces)}
    rps = _rock_paper_scissors()
    if rps is not None:
        calls["rps"] = episode(rps)
    times = interleaved(calls, quick=quick)
    ours = times.median("ours") / EPISODE
    lines = [
        Line(
            NAME,
            ours,
            "a no-op env that returns the same dicts, infos included",
            times.median("no-op") / EPISODE,
            times.ratio("no-op", "ours"),
            aim=Aim(slowdown=4),
        )
    ]
    peer = "pettingzoo.classic rps_v2, 2 agents"
    if rps is None:
        return [*lines, Line(NAME, ours, peer, aim=Aim(ratio=15), note="rps_v2 needs pygame, which is not installed")]
    theirs = times.median("rps") / EPISODE
    return [*lines, Line(NAME, ours, peer, theirs, times.ratio("rps", "ours"), aim=Aim(ratio=15))]


def _rock_paper_scissors() -> ParallelEnv | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pygame imports pkg_resources, which is deprecated
        try:
            from pettingzoo.classic import rps_v2
        except ImportError:
            return None
        return rps_v2.parallel_env(max_cycles=EPISODE)


CASES = [Case(NAME, compare)]
