"""Every game whose players move at once, many copies of it: an agent-step beside a loop that is always the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary
from numba import njit

from genmarket_env import games
from genmarket_env.envs.game_vector import GameVectorEnv

from .lines import Aim, Case, Line
from .timing import interleaved

COPIES = 2048
ROUNDS = 100
STEPS = 10
CALIBRATION = "xorshift x 500"
CALIBRATION_LENGTH = 500
"""Each number waits for the one before, six cycles: together a microsecond at 3 GHz, so that an aim of 1 is a million
agent-steps a second there, and as much work on other machines."""


def compare(name: str, quick: bool) -> list[Line]:
    copies = 32 if quick else COPIES
    env = games.vector_env(name, copies, rounds=ROUNDS, seed=0)
    repeats = 100
    calls = {
        name: rounds_of(env),
        CALIBRATION: lambda: _loop(np.uint64(88172645463325252), CALIBRATION_LENGTH * repeats),
    }
    times = interleaved(calls, quick=quick)
    agent_steps = copies * len(env.possible_agents) * STEPS
    return [
        Line(
            f"agent-step {name}, {copies:,} copies",
            times.median(name) / agent_steps,
            CALIBRATION,
            times.median(CALIBRATION) / repeats,
            times.ratio(CALIBRATION, name) * agent_steps / repeats,
            aim=Aim(ratio=1.0),
        )
    ]


def rounds_of(env: GameVectorEnv) -> Callable[[], None]:
    """A call that plays `STEPS` rounds with random actions drawn beforehand."""
    rng = np.random.default_rng(0)
    env.reset()
    actions = [_some(space, rng, env.num_envs) for space in env.action_spaces.values()]

    def play() -> None:
        for _ in range(STEPS):
            env.step(actions)

    return play


def _some(space: Discrete | MultiBinary | Box, rng: np.random.Generator, copies: int) -> np.ndarray:
    if isinstance(space, Discrete):
        return rng.integers(space.n, size=copies)
    if isinstance(space, Box):
        return rng.uniform(-1, 1, (copies, *space.shape))
    return rng.integers(0, 2, (copies, *space.shape))


@njit
def _loop(value, length):
    """Marsaglia's xorshift: nothing in it can be done at once or left out."""
    for _ in range(length):
        value ^= value << np.uint64(13)
        value ^= value >> np.uint64(7)
        value ^= value << np.uint64(17)
    return value


def at_once() -> list[str]:
    """The games whose players all move at the same time."""
    return [name for name in games.names() if len(games.make(name).stages) == 1]


CASES = [Case(f"agent-step {name}", partial(compare, name)) for name in at_once()]
