"""One step of the PettingZoo environment, resets included."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from gymnasium.spaces import Discrete, Space
from pettingzoo import ParallelEnv

from genmarket_env import market_v0

from .games import market_drawer, random_market
from .lines import Aim, Case, Line
from .timing import interleaved

SIZE = (5, 6, 4)
EPISODE = 100
NO_OP = "no-op env"
RPS = "rps_v2"
WITHOUT = "the same market without one"
ONE_MARKET = "one market"
ONE_ROUND = "new markets, episodes of 1"
ONE_ROUND_OF_ONE = "one market, episodes of 1"
COMPARED = (
    (ONE_MARKET, NO_OP, Aim(ratio=1 / 4)),
    (ONE_MARKET, RPS, Aim(ratio=15)),
    ("new markets", NO_OP, Aim(ratio=1 / 4)),
    ("new markets", RPS, Aim(ratio=15)),
    ("new markets", ONE_MARKET, Aim(ratio=1 / 2)),
    (ONE_ROUND, ONE_ROUND_OF_ONE, None),
    ("a provider", NO_OP, None),
    ("a provider", WITHOUT, Aim(ratio=1 / 8)),
)
"""A market that stays lets the environment remember rounds; with new markets it begins anew every episode, and with a
provider it computes every round. In episodes of one round the resets count in full."""


class NoOp(ParallelEnv):
    """Returns what one step of `env` returned at every step, in new dicts: what the interface alone costs."""

    def __init__(self, env: ParallelEnv):
        self.possible_agents = list(env.possible_agents)
        self.action_space = env.action_space
        env.reset(seed=0)
        actions = {agent: _action(env.action_space(agent), np.random.default_rng(0)) for agent in env.agents}
        self._observations, self._rewards, _, _, self._infos = env.step(actions)

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


def episode(env: ParallelEnv, rounds: int = EPISODE) -> Callable[[], None]:
    """A call that plays `EPISODE` rounds, in episodes of so many, with random actions drawn beforehand."""
    env.reset(seed=0)
    spaces = {agent: env.action_space(agent) for agent in env.possible_agents}
    rng = np.random.default_rng(0)
    actions = [{agent: _action(space, rng) for agent, space in spaces.items()} for _ in range(EPISODE)]

    def play() -> None:
        for start in range(0, EPISODE, rounds):
            env.reset()
            for one in actions[start : start + rounds]:
                env.step(one)

    return play


def _action(space: Space, rng: np.random.Generator) -> int | np.ndarray:
    if isinstance(space, Discrete):
        return int(rng.integers(space.n))
    return rng.uniform(space.low, space.high).astype(space.dtype)


def compare(quick: bool) -> list[Line]:
    models, users, platforms = SIZE
    market = random_market(models, users)
    envs = {
        way: market_v0.parallel_env(source, platforms, providers, max_cycles=EPISODE)
        for way, source, providers in (
            (ONE_MARKET, market, 0),
            ("new markets", market_drawer(models, users), 0),
            ("a provider", market, 1),
        )
    }
    calls = {way: episode(env) for way, env in envs.items()}
    for way, source in ((ONE_ROUND_OF_ONE, market), (ONE_ROUND, market_drawer(models, users))):
        calls[way] = episode(market_v0.parallel_env(source, platforms, max_cycles=1), rounds=1)
    calls |= {f"{way}, {NO_OP}": episode(NoOp(env)) for way, env in envs.items()}
    rps = _rock_paper_scissors()
    if rps is not None:
        calls[RPS] = episode(rps)
    times = interleaved(calls, quick=quick)
    lines = []
    for way, peer, aim in COMPARED:
        name, seconds = f"env step {SIZE}, {way}", times.median(way) / EPISODE
        other = f"{way}, {peer}" if peer == NO_OP else {WITHOUT: ONE_MARKET}.get(peer, peer)
        if other in calls:
            lines.append(Line(name, seconds, peer, times.median(other) / EPISODE, times.ratio(other, way), aim=aim))
        else:
            lines.append(Line(name, seconds, f"{peer} (needs pygame)", aim=aim))
    return lines


def _rock_paper_scissors() -> ParallelEnv | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pygame imports pkg_resources, which is deprecated
        try:
            from pettingzoo.classic import rps_v2
        except ImportError:
            return None
        return rps_v2.parallel_env(max_cycles=EPISODE)


CASES = [Case(f"env step {SIZE}", compare)]
