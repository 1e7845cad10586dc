"""PPO on the platforms, by Stable-Baselines3: all platforms learn at once, in many copies of the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from genmarket_env import MarketGame
from genmarket_env.envs import VectorMarket
from genmarket_env.market import FloatArray, IntArray

from .networks import IndependentPolicy
from .record import Recorder, window_ends
from .vec_env import PlatformVecEnv


@dataclass(frozen=True)
class PPOSettings:
    """A tuned preset for market games; the arguments that Stable-Baselines3 calls by the same names mean the same.

    Many short rollouts of many copies make one batch large enough for a high learning rate. A platform's payoff
    depends on the current profile alone, so the discount is 0: what is learned is the stage game.

    Args:
        sharing: "shared": one network plays all platforms and tells them apart by their identity in the
            observation; "independent": each platform has a network of its own.
        markets: copies of the market in the batch.
        n_steps: rounds between two updates.
        batch_size: rows of a minibatch.
        n_epochs: passes over a rollout.
        learning_rate: of Adam.
        gamma: the discount, in [0, 1).
        ent_coef: the weight of the entropy bonus.
        max_cycles: the rounds of an episode.
        hidden: the widths of the hidden layers.
    """

    sharing: Literal["shared", "independent"] = "shared"
    markets: int = 16
    n_steps: int = 16
    batch_size: int = 256
    n_epochs: int = 2
    learning_rate: float = 3e-3
    gamma: float = 0.0
    ent_coef: float = 0.01
    max_cycles: int = 100
    hidden: tuple[int, ...] = (64, 64)

    def __post_init__(self) -> None:
        if self.sharing not in ("shared", "independent"):
            raise ValueError(f"sharing is {self.sharing!r}; it must be 'shared' or 'independent'")


def make_ppo(env: PlatformVecEnv, settings: PPOSettings, seed: int) -> PPO:
    """The learner, not yet trained, on the CPU with one thread: on shared cores more threads are slower."""
    torch.set_num_threads(1)
    shared: dict[str, Any] = {"net_arch": list(settings.hidden)}
    # Platforms come first among the agents, and there are no others.
    independent = {"identity": env.markets.dynamics.layout.identity, "hidden": settings.hidden}
    return PPO(
        "MlpPolicy" if settings.sharing == "shared" else IndependentPolicy,
        env,
        policy_kwargs=shared if settings.sharing == "shared" else independent,
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        n_epochs=settings.n_epochs,
        learning_rate=settings.learning_rate,
        gamma=settings.gamma,
        ent_coef=settings.ent_coef,
        seed=seed,
        device="cpu",
        verbose=0,
    )


def train_ppo(
    game: MarketGame,
    *,
    settings: PPOSettings = PPOSettings(),
    rounds: int,
    seed: int,
    recorder: Recorder | None = None,
) -> PPO:
    """Train all platforms against each other for `rounds` rounds in each copy of the market.

    The same seed gives the same bits on one machine.

    Args:
        game: the market, its platforms and the users' choice rule.
        settings: of the learner.
        rounds: in each copy, at least 1.
        seed: of the markets, the networks and the actions, >= 0.
        recorder: gets the profiles played, and the policies at the states observed once an update.

    Returns:
        The trained Stable-Baselines3 model.
    """
    markets = VectorMarket(
        game.market,
        settings.markets,
        num_platforms=game.num_platforms,
        choice=game.choice,
        economy=game.economy,
        max_cycles=settings.max_cycles,
        seed=seed,
    )
    env = PlatformVecEnv(markets)
    model = make_ppo(env, settings, seed)
    model.learn(total_timesteps=rounds * env.num_envs, callback=_Record(env, rounds, recorder))
    return model


def joint_policies(model: PPO, env: PlatformVecEnv, observations: Any) -> FloatArray:
    """The probability of each model for each platform at the states observed, `(B, N, M)`.

    Args:
        model: trained on `env`.
        env: the environments of the observations.
        observations: `(B * N, size)`.
    """
    with torch.no_grad():
        rows = model.policy.obs_to_tensor(observations)[0]
        probabilities = model.policy.get_distribution(rows).distribution.probs.double().numpy()
    probabilities = env.by_action(probabilities.reshape(*env.profiles.shape, -1))
    return probabilities / probabilities.sum(axis=-1, keepdims=True)


class _Record(BaseCallback):
    """Stops after the last round, and hands windows of play to the recorder.

    Policies are computed at the states observed after every `n_steps` rounds, once for each update, and at the end
    of each window.
    """

    def __init__(self, env: PlatformVecEnv, rounds: int, recorder: Recorder | None) -> None:
        super().__init__()
        self._env, self._rounds, self._recorder = env, rounds, recorder
        self._ends = window_ends(rounds)
        self._played = 0
        self._policies: list[FloatArray] = []
        self._profiles: list[IntArray] = []

    def _on_step(self) -> bool:
        self._played += 1
        if self._recorder is not None:
            self._profiles.append(self._env.profiles)
            ends = self._played in self._ends
            if ends or self._played % self.model.n_steps == 0:
                self._policies.append(joint_policies(self.model, self._env, self.locals["new_obs"]))
            if ends:
                self._recorder.window(np.stack(self._policies), np.stack(self._profiles))
                self._policies, self._profiles = [], []
        return self._played < self._rounds
