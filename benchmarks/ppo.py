"""Time until PPO finds the best response: the preset of `train.ppo` against the defaults of Stable-Baselines3.

One platform learns against opponents that deploy one model for ever, so that the best response is known.
"""

from __future__ import annotations

import time

import gymnasium
import numpy as np

from genmarket_env import deviation_payoffs
from genmarket_env.envs import VectorMarket

from .games import random_market
from .lines import Aim, Case, Line

SIZE = (20, 50, 3)
EPISODE = 100
ENOUGH = 0.95
PEER_SECONDS = 100.0
SEEDS = 5
NAME = f"PPO {SIZE}, to P(best reply) > {ENOUGH}"


def compare(quick: bool) -> list[Line]:
    import torch

    torch.set_num_threads(1)
    enough, n_steps = (0.0, 64) if quick else (ENOUGH, 2048)
    preset_seconds(0, 0.0)
    ours = [preset_seconds(seed, enough) for seed in range(1 if quick else SEEDS)]
    theirs, reached = default_seconds(0, enough, n_steps)
    if any(not found for _, found in ours):
        return [Line(NAME, note=f"the preset did not get there in {PEER_SECONDS:.0f} s")]
    seconds = float(np.median([spent for spent, _ in ours]))
    note = "" if reached else f"the defaults were stopped after {PEER_SECONDS:.0f} s: the ratio is a lower bound"
    aim = Aim(ratio=40)
    return [Line(NAME, seconds, "SB3's defaults", theirs, theirs / seconds, aim=aim, note=note)]


def situation():
    """The market, the opponents' models, and the best response to them."""
    models, users, platforms = SIZE
    market = random_market(models, users)
    favourite = int(market.average_scores.argmax())
    others = np.full(platforms - 1, favourite)
    payoffs = deviation_payoffs(market, [favourite, *others])[0]
    return market, others, int(payoffs.argmax())


def preset_seconds(seed: int, enough: float) -> tuple[float, bool]:
    """Seconds from nothing to the best response with the preset, and whether it was found."""
    from stable_baselines3.common.vec_env import VecEnvWrapper

    from genmarket_env.train.ppo import PPOSettings, make_ppo
    from genmarket_env.train.vec_env import PlatformVecEnv

    class AgainstFixed(VecEnvWrapper):
        """The first platform of every market, the others deploying their model for ever."""

        def __init__(self, env, others):
            super().__init__(env)
            self.num_envs = env.num_envs // env.num_platforms
            self._stride, self._others = env.num_platforms, np.tile(others, (self.num_envs, 1))

        def reset(self):
            return self.venv.reset()[:: self._stride]

        def step_async(self, actions):
            self.venv.step_async(np.column_stack([actions, self._others]))

        def step_wait(self):
            observations, rewards, dones, infos = self.venv.step_wait()
            return tuple(values[:: self._stride] for values in (observations, rewards, dones, infos))

    market, others, best = situation()
    settings = PPOSettings()
    start = time.perf_counter()
    markets = VectorMarket(market, settings.markets, num_platforms=SIZE[2], max_cycles=EPISODE, seed=seed)
    model = make_ppo(AgainstFixed(PlatformVecEnv(markets), others), settings, seed)
    return _learn(model, best, enough, start)


def default_seconds(seed: int, enough: float, n_steps: int) -> tuple[float, bool]:
    """The same with the defaults on the Gymnasium view of one market."""
    from stable_baselines3 import PPO

    market, _, best = situation()
    start = time.perf_counter()
    env = gymnasium.make(
        "genmarket_env/PlatformMarket-v0", market=market, num_platforms=SIZE[2], opponents="fixed", max_cycles=EPISODE
    )
    model = PPO("MlpPolicy", env, n_steps=n_steps, seed=seed, device="cpu")
    return _learn(model, best, enough, start)


def _learn(model, best: int, enough: float, start: float) -> tuple[float, bool]:
    import torch
    from stable_baselines3.common.callbacks import BaseCallback

    class Until(BaseCallback):
        """Stops when the policy deploys the best response often enough at the states observed, or time is up."""

        found = False

        def _on_step(self):
            return not self.found and time.perf_counter() - start < PEER_SECONDS

        def _on_rollout_start(self):
            with torch.no_grad():
                states = self.model.policy.obs_to_tensor(self.model._last_obs)[0]
                probabilities = self.model.policy.get_distribution(states).distribution.probs[:, best]
            self.found = float(probabilities.mean()) > enough

    until = Until()
    model.learn(total_timesteps=10**9, callback=until)
    return time.perf_counter() - start, until.found


CASES = [Case(NAME, compare, limit=180.0)]
