"""Stable-Baselines3's vectorised environment over the batched dynamics: every platform of every market is one env."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from genmarket_env.envs import VectorMarket
from genmarket_env.envs.spaces import observation_space
from genmarket_env.market import FloatArray


class PlatformVecEnv(VecEnv):
    """The platforms of B markets as `B * N` environments that share one policy, in the order market by market.

    Every platform sees its own identity in its observation, so that one network can play them differently. An
    episode ends by truncation alone: `infos` then carry `terminal_observation` and `TimeLimit.truncated`, from
    which Stable-Baselines3 bootstraps.

    Args:
        markets: without providers, since these are not trained here.

    Raises:
        ValueError: the markets have providers, or prices from a range.

    Example:
        >>> from genmarket_env import Market
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> env = PlatformVecEnv(VectorMarket(market, 4, num_platforms=2, seed=0))
        >>> env.num_envs, env.reset().shape
        (8, (8, 13))
    """

    def __init__(self, markets: VectorMarket) -> None:
        dynamics = markets.dynamics
        if dynamics.num_providers:
            raise ValueError(
                f"the markets have {dynamics.num_providers} providers; PlatformVecEnv takes platforms alone"
            )
        if not dynamics.masks:
            raise ValueError("prices are from a range; PlatformVecEnv takes them from a grid")
        self.markets = markets
        self.num_platforms = dynamics.num_platforms
        self.profiles: NDArray[np.int64] = np.empty((markets.num_markets, self.num_platforms), np.int64)
        """What was played in the last round, `(B, N)`."""
        self._actions = self.profiles
        legal = [np.flatnonzero(mask) for mask in dynamics.masks]
        most = max(map(len, legal))
        # All platforms have the same space: of one that may do less several numbers are one action.
        self._legal = np.stack([mine[np.arange(most) % len(mine)] for mine in legal])
        self._is_numbered_anew = bool((self._legal != np.arange(dynamics.num_actions)[:most]).any())
        super().__init__(markets.num_markets * self.num_platforms, observation_space(dynamics), spaces.Discrete(most))

    def reset(self) -> NDArray[np.float32]:
        """Begin an episode in every market; with the seed given to `seed`, if one was since the last reset."""
        observations = self.markets.reset(self._seeds[0])
        self._reset_seeds()
        return self._by_platform(observations)

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Take the platforms' actions, `(B * N,)`."""
        self._actions = np.asarray(actions).reshape(self.profiles.shape)
        if self._is_numbered_anew:
            self._actions = self._legal[np.arange(self.num_platforms), self._actions]

    def step_wait(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Play the round; returns observations, rewards, dones and infos."""
        step = self.markets.step(self._actions)
        self.profiles = self._actions
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if step.final_observations is not None:
            final = self._by_platform(step.final_observations)
            infos = [{"terminal_observation": observation, "TimeLimit.truncated": True} for observation in final]
        rewards = step.rewards.reshape(self.num_envs).astype(np.float32)
        return self._by_platform(step.observations), rewards, np.full(self.num_envs, step.truncated), infos

    def by_action(self, probabilities: FloatArray) -> FloatArray:
        """What probabilities of the numbers of the space, `(B, N, n)`, are of the actions, `(B, N, actions)`."""
        actions = self.markets.dynamics.num_actions
        if not self._is_numbered_anew and probabilities.shape[-1] == actions:
            return probabilities
        out = np.zeros((*self.profiles.shape, actions))
        rows = np.arange(self.num_platforms)
        for number, action in enumerate(self._legal.T):
            out[:, rows, action] += probabilities[..., number]
        return out

    def close(self) -> None:
        """Nothing to release."""

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """No platform is wrapped by anything."""
        return [False] * len(self._indices(indices))

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the markets, once for each environment asked for; there is no rendering."""
        if attr_name == "render_mode":
            return [None] * len(self._indices(indices))
        return [getattr(self.markets, attr_name)] * len(self._indices(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible: the markets' settings are given when they are made."""
        raise AttributeError(f"{attr_name} cannot be set: make new markets with it")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Not possible: a platform is a row of the batch, not an object with methods."""
        raise AttributeError(f"platforms have no method {method_name!r}: they are rows of one batch")

    def _by_platform(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        return observations.reshape(self.num_envs, -1)

    def _indices(self, indices: Any) -> Sequence[int]:
        return list(self._get_indices(indices))
