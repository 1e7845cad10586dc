"""The market game as a PettingZoo environment, version 0; `docs/environment.md` describes it.

>>> from genmarket_env import market_v0
>>> env = market_v0.parallel_env("livebench-2026-06", num_platforms=2, max_cycles=10)
>>> observations, infos = env.reset(seed=0)
>>> observations, rewards, terminations, truncations, infos = env.step({"platform_0": 0, "platform_1": 0})
>>> rewards["platform_0"] == rewards["platform_1"] == infos["platform_0"]["welfare"] / 2
True
"""

from __future__ import annotations

from typing import Any

from pettingzoo import AECEnv

from .envs.in_turn import InOrder, MarketInTurnEnv
from .envs.parallel import MarketParallelEnv

parallel_env = MarketParallelEnv
"""The parallel environment, PettingZoo's own way to make one: `parallel_env(market, num_platforms=3, ...)`."""


def raw_env(*args: Any, **kwargs: Any) -> AECEnv[str, Any, Any]:
    """The environment with agents that act in turn, by PettingZoo's own conversion of `parallel_env`.

    The arguments are those of `parallel_env`. A round is played when its last agent has acted; an illegal action raises
    when it is made.
    """
    return InOrder(MarketInTurnEnv(parallel_env(*args, **kwargs)))


def env(*args: Any, **kwargs: Any) -> AECEnv[str, Any, Any]:
    """`raw_env` with PettingZoo's standard wrappers.

    That is the order-enforcing wrapper, which PettingZoo's conversion puts on already. Its wrappers that assert on
    or warn of actions out of bounds are left out: the environment names the agent of an illegal action in a
    ValueError, and clips finite parameters of providers.
    """
    return raw_env(*args, **kwargs)


__all__ = ["env", "parallel_env", "raw_env"]
