"""SB3's SAC, TD3 and PPO in `genmarket_env/ModelEntry-v0`, with presets for a decision of one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np

from genmarket_env import MarketGame
from genmarket_env.entry import Technology
from genmarket_env.market import FloatArray

HIDDEN = [64, 64]
"""The widths of the hidden layers."""

RANDOM_STEPS = 100
"""The releases that off-policy learners draw in the box before they learn, but at most a fifth of all."""

UPDATES = 4
"""The gradient steps of off-policy learners for each release: a release is an episode of one step, and dear."""


def _sac(env: gymnasium.Env[Any, Any], common: dict[str, Any]) -> Any:
    from stable_baselines3 import SAC

    # By default the entropy aimed at is -d; a decision of one step may become more certain.
    entropy = -2.0 * common.pop("dimensions")
    return SAC(
        "MlpPolicy", env, learning_rate=3e-3, gradient_steps=UPDATES, batch_size=64, ent_coef="auto_0.1",
        target_entropy=entropy, **common,
    )  # fmt: skip


def _td3(env: gymnasium.Env[Any, Any], common: dict[str, Any]) -> Any:
    from stable_baselines3 import TD3
    from stable_baselines3.common.noise import NormalActionNoise

    size = common.pop("dimensions")
    noise = NormalActionNoise(np.zeros(size), np.full(size, 0.3))
    return TD3(
        "MlpPolicy", env, learning_rate=1e-3, gradient_steps=UPDATES, batch_size=64, action_noise=noise, **common
    )


def _ppo(env: gymnasium.Env[Any, Any], common: dict[str, Any]) -> Any:
    from stable_baselines3 import PPO

    common.pop("dimensions")
    common.pop("learning_starts")
    # Small batches and a narrow start: some hundred releases are few updates.
    common["policy_kwargs"] = {**common["policy_kwargs"], "log_std_init": -0.5}
    return PPO("MlpPolicy", env, learning_rate=1e-3, n_steps=32, batch_size=32, n_epochs=10, **common)


LEARNERS: dict[str, Callable[[gymnasium.Env[Any, Any], dict[str, Any]], Any]] = {
    "sac": _sac,
    "td3": _td3,
    "ppo": _ppo,
}
"""By name, what makes a model of an environment and the arguments that all take."""


def learned_release(
    learner: str,
    technology: Technology,
    game: MarketGame,
    *,
    steps: int,
    seed: int,
) -> tuple[FloatArray, int]:
    """The release `(d,)` of the learner's deterministic policy at the end, and how many releases it tried.

    It is rewarded by the user value that a release serves, and learns on this market alone.

    Args:
        learner: a name in `LEARNERS`.
        technology: what parameters become.
        game: the incumbents' market, its platforms and the users' choice rule.
        steps: how many releases it tries; PPO tries whole batches of 32.
        seed: of its networks and its exploration.
    """
    import torch

    # With more threads small networks learn many times slower on busy cores.
    torch.set_num_threads(1)
    env = gymnasium.make(
        "genmarket_env/ModelEntry-v0",
        market=game.market,
        num_platforms=game.num_platforms,
        technology=technology,
        choice=game.choice,
    )
    dimensions = technology.num_parameters(game.num_users)
    common = {"policy_kwargs": {"net_arch": HIDDEN}, "seed": seed, "device": "cpu", "dimensions": dimensions}
    common["learning_starts"] = min(RANDOM_STEPS, steps // 5)
    model = LEARNERS[learner](env, common)
    model.learn(steps)
    observation, _ = env.reset(seed=seed)
    action, _ = model.predict(observation, deterministic=True)
    return np.clip(np.asarray(action, dtype=float), -1, 1), int(model.num_timesteps)
