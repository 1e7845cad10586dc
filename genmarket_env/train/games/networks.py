"""Models of Stable-Baselines3 that are told round by round what to learn from, instead of asking an environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Space

from ..policies.network import NetworkSeat
from .network_parts import HIDDEN, Move, Network, network_seat, sb3_model
from .on_policy import SHORT, OnPolicy, PPOSettings

RANDOM_ROUNDS = 50
"""Rounds that off-policy learners draw in the box before they learn, but at most a tenth of all."""
REMEMBERED = 100
"""Rounds that off-policy learners remember: in older ones the others played otherwise."""
BATCH = 128
"""Rows of an update of off-policy learners."""
KEPT, TARGET_ROUNDS, LEAST_EXPLORING = 20_000, 50, 0.02
"""Rows that DQN remembers, rounds after which its target network is renewed, and how much it explores in the end."""
UPDATES = 1
"""Updates of off-policy learners after a round."""
NOISE = 0.4
"""The deviation of TD3's exploration, where actions are in [-1, 1]."""
ACTOR_EVERY = 8
"""Updates of TD3's critic for one of its actor: by default 2, and with one update a round the actor is at an end of the
box, where its gradient vanishes, before the critic knows better."""


class OffPolicy:
    """SAC or TD3, for Boxes: `UPDATES` a round, from the last `REMEMBERED` rounds.

    Args:
        name: "SAC" or "TD3".
        space: a Box.
        size: of what is seen.
        rows: of a round.
        rounds: of the run, over which the learning rate falls to 0.
        gamma: the discount.
        seed: of the network and of what it draws.
    """

    def __init__(self, name: str, space: Box, size: int, rows: int, rounds: int, gamma: float, seed: int) -> None:
        import stable_baselines3

        options: dict[str, Any] = {}
        if name == "SAC":
            # By default the entropy aimed at is -d, a wide policy; what is measured is its middle.
            options = {"ent_coef": "auto_0.1", "target_entropy": -2.0 * float(np.prod(space.shape))}
        elif name == "TD3":
            options = {"policy_delay": ACTOR_EVERY}
        self._model = sb3_model(
            getattr(stable_baselines3, name), space, size, rows, seed, learning_rate=lambda left: 3e-3 * left,
            buffer_size=min(rounds, REMEMBERED) * rows, batch_size=BATCH, gamma=gamma,
            policy_kwargs={"net_arch": HIDDEN}, **options,
        )  # fmt: skip
        self._noise = NOISE if name == "TD3" else 0.0
        self._rng = np.random.default_rng(seed)
        self._space, self._rounds, self._played = space, rounds, 0
        self._random = min(RANDOM_ROUNDS, rounds // 10)

    def act(self, seen: FloatArray) -> Move:
        """Drawn from the policy, or anywhere in the first rounds."""
        if self._played < self._random:
            return Move(seen, self._rng.uniform(-1, 1, (len(seen), *self._space.shape)))
        actions, _ = self._model.predict(seen.astype(np.float32), deterministic=False)
        if self._noise:
            actions = np.clip(actions + self._rng.normal(0, self._noise, actions.shape), -1, 1)
        return Move(seen, actions)

    def learn(self, moves: Sequence[Move], rewards: FloatArray, following: FloatArray, over: bool) -> None:
        """Keep the round, and learn."""
        model = self._model
        seen, actions = (np.concatenate([getattr(move, part) for move in moves]) for part in ("seen", "actions"))
        ends = np.full(len(seen), over)
        model.replay_buffer.add(
            seen.astype(np.float32), following.astype(np.float32), actions, rewards, ends, [{}] * len(seen)
        )
        self._played += 1
        if self._played > self._random:
            model._update_current_progress_remaining(self._played, self._rounds)
            model.train(gradient_steps=UPDATES, batch_size=BATCH)

    def policy(self, seen: FloatArray) -> Array:
        """The deterministic actions."""
        return np.asarray(self._model.predict(seen.astype(np.float32), deterministic=True)[0], float)

    def described(self, identity: FloatArray) -> NetworkSeat:
        """As `Network.described`."""
        actor = self._model.policy.actor
        modules = actor.mu if isinstance(self._model, _td3()) else [*actor.latent_pi, actor.mu]
        return network_seat(modules, "relu", "tanh", identity)


class ValueBased:
    """DQN, for Discrete spaces: one update a round, from the last `KEPT` rows.

    It explores with a probability that falls from 1 to `LEAST_EXPLORING` over the first half of the rounds.

    Args:
        space: a Discrete one.
        size: of what is seen.
        rows: of a round.
        rounds: of the run.
        gamma: the discount.
        seed: of the network and of what it draws.
    """

    def __init__(self, space: Discrete, size: int, rows: int, rounds: int, gamma: float, seed: int) -> None:
        from stable_baselines3 import DQN

        self._model = sb3_model(
            DQN, space, size, rows, seed, learning_rate=1e-3, buffer_size=KEPT, batch_size=BATCH, gamma=gamma,
            target_update_interval=TARGET_ROUNDS * rows, policy_kwargs={"net_arch": HIDDEN},
        )  # fmt: skip
        self._rng = np.random.default_rng(seed)
        self._space, self._rounds, self._played = space, rounds, 0

    def act(self, seen: FloatArray) -> Move:
        """The best action, or any one while it explores."""
        exploring = max(LEAST_EXPLORING, 1 - 2 * self._played / self._rounds)
        best, _ = self._model.predict(seen.astype(np.float32), deterministic=True)
        drawn = self._rng.integers(0, self._space.n, len(seen))
        return Move(seen, np.where(self._rng.random(len(seen)) < exploring, drawn, best))

    def learn(self, moves: Sequence[Move], rewards: FloatArray, following: FloatArray, over: bool) -> None:
        """Keep the round, and learn."""
        model = self._model
        seen, actions = (np.concatenate([getattr(move, part) for move in moves]) for part in ("seen", "actions"))
        # Who stops after the last round is no worse off: plays end because they are cut, not because the game is over.
        ends = np.zeros(len(seen))
        model.replay_buffer.add(
            seen.astype(np.float32), following.astype(np.float32), actions[:, None], rewards, ends, [{}] * len(seen)
        )
        self._played += 1
        model.num_timesteps += len(seen)
        model._on_step()
        model.train(gradient_steps=UPDATES, batch_size=BATCH)

    def policy(self, seen: FloatArray) -> Array:
        """1 for the best action, 0 for the others."""
        best, _ = self._model.predict(seen.astype(np.float32), deterministic=True)
        return np.eye(int(self._space.n))[best]

    def described(self, identity: FloatArray) -> NetworkSeat:
        """As `Network.described`."""
        return network_seat(self._model.policy.q_net.q_net, "relu", "greedy", identity)


def make(
    name: str,
    space: Space,
    size: int,
    rows: int,
    rounds: int,
    gamma: float,
    seed: int,
    settings: PPOSettings = SHORT,
) -> Network:
    """The network of that algorithm, "PPO", "DQN", "SAC" or "TD3", not yet trained; the others are as of the classes.

    The settings are PPO's.

    Raises:
        ValueError: the algorithm does not take the space.
    """
    if name == "PPO":
        return OnPolicy(space, size, rows, rounds, gamma, seed, settings)
    if name == "DQN":
        if not isinstance(space, Discrete):
            raise ValueError(f"DQN takes actions of a Discrete space; here they are {space}")
        return ValueBased(space, size, rows, rounds, gamma, seed)
    if not isinstance(space, Box):
        raise ValueError(f"{name} takes actions in a Box; here they are {space}")
    return OffPolicy(name, space, size, rows, rounds, gamma, seed)


def _td3() -> Any:
    from stable_baselines3 import TD3

    return TD3
