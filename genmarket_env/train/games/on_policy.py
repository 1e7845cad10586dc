"""PPO, told round by round what to learn from; and the settings that it learns by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Space

from ..policies.network import Head, NetworkSeat
from .network_parts import HIDDEN, Move, is_mixed, network_seat, sb3_model, tensor

ROLLOUT = 8
"""Rounds between two updates of PPO."""
LEARNING_RATE = 3e-3
"""At the beginning; it falls to 0 in proportion to the rounds that are left."""
ENTROPY_GONE = 0.75
"""The share of the rounds after which an entropy bonus that falls is 0."""


@dataclass(frozen=True)
class PPOSettings:
    """By what PPO learns.

    Attributes:
        copies: of the game, played at once; None for as many as other networks play.
        batch: rows of a step of the gradient, at most.
        epochs: passes over the rows of an update.
        entropy: the bonus for entropy, in deviations of random play's payoff; `entropy_in_box` of actions in a Box.
        entropy_falls: whether it falls to 0 over the first three quarters of the rounds.
    """

    copies: int | None = None
    batch: int = 64
    epochs: int = 4
    entropy: float = 0.01
    entropy_in_box: float = 0.0
    entropy_falls: bool = False


SHORT = PPOSettings()
"""For few rounds in few copies: what `ppo` has."""
ANNEALED = PPOSettings(128, 1024, 10, entropy=0.05, entropy_in_box=0.05, entropy_falls=True)
"""For answers in pure strategies: four times the copies, larger steps, and in the end no bonus for entropy."""


class OnPolicy:
    """PPO; the rows of `ROLLOUT` rounds make one update.

    Args:
        space: of the player's actions.
        size: of what it sees.
        rows: of a round.
        rounds: of the run, over which the learning rate falls to 0.
        gamma: the discount.
        seed: of the network and of what it draws.
        settings: by what it learns.
    """

    def __init__(
        self,
        space: Space,
        size: int,
        rows: int,
        rounds: int,
        gamma: float,
        seed: int,
        settings: PPOSettings = SHORT,
    ) -> None:
        from stable_baselines3 import PPO

        kwargs: dict[str, Any] = {"net_arch": HIDDEN}
        if isinstance(space, Box):
            kwargs["log_std_init"] = -0.5
        steps = min(ROLLOUT, rounds)
        self._entropy = settings.entropy_in_box if isinstance(space, Box) else settings.entropy
        self._falls = settings.entropy_falls
        self._model = sb3_model(
            PPO, space, size, rows, seed, learning_rate=lambda left: LEARNING_RATE * left, n_steps=steps, gamma=gamma,
            batch_size=min(settings.batch, steps * rows), n_epochs=settings.epochs, ent_coef=self._entropy,
            policy_kwargs=kwargs,
        )  # fmt: skip
        self._space, self._rounds, self._played = space, rounds, 0
        self._begins = np.ones(rows)

    def act(self, seen: FloatArray) -> Move:
        """Drawn from the policy; of a Box clipped."""
        import torch

        self._model.policy.set_training_mode(False)
        with torch.no_grad():
            actions, values, logs = self._model.policy(tensor(seen))
        drawn = actions.numpy()
        played = np.clip(drawn, -1, 1) if isinstance(self._space, Box) else drawn
        return Move(seen, played, (drawn.reshape(len(seen), -1), values, logs))

    def learn(self, moves: Sequence[Move], rewards: FloatArray, following: FloatArray, over: bool) -> None:
        """Keep the round, and learn once the rollout is whole."""
        import torch

        model = self._model
        seen = np.concatenate([move.seen for move in moves]).astype(np.float32)
        drawn = np.concatenate([move.notes[0] for move in moves])
        values, logs = (torch.cat([move.notes[part] for move in moves]) for part in (1, 2))
        model.rollout_buffer.add(seen, drawn, rewards, self._begins, values, logs)
        self._begins = np.full(len(rewards), float(over))
        self._played += 1
        if model.rollout_buffer.full:
            with torch.no_grad():
                last = model.policy.predict_values(tensor(following))
            model.rollout_buffer.compute_returns_and_advantage(last_values=last, dones=self._begins)
            model._update_current_progress_remaining(self._played, self._rounds)
            if self._falls:
                model.ent_coef = self._entropy * max(0.0, 1 - self._played / (ENTROPY_GONE * self._rounds))
            model.train()
            model.rollout_buffer.reset()

    def policy(self, seen: FloatArray) -> Array:
        """The mean of a Box, clipped; else probabilities."""
        import torch

        self._model.policy.set_training_mode(False)
        with torch.no_grad():
            law = self._model.policy.get_distribution(tensor(seen)).distribution
            if isinstance(self._space, Box):
                return np.asarray(np.clip(law.mean.double().numpy(), -1, 1))
            chances = law.probs.double().numpy()
        if isinstance(self._space, Discrete):
            return np.asarray(chances / chances.sum(axis=-1, keepdims=True))
        if not is_mixed(self._space):
            return np.asarray(chances > 0.5, np.int8)
        bits = candidates(self._space)
        return np.asarray(np.where(bits == 1, chances[:, None], 1 - chances[:, None]).prod(axis=-1))

    def described(self, identity: FloatArray) -> NetworkSeat:
        """As `Network.described`."""
        policy = self._model.policy
        head: Head = "deterministic" if isinstance(self._space, Box) else "categorical"
        if isinstance(self._space, MultiBinary):
            head = "bernoulli" if is_mixed(self._space) else "likeliest"
        return network_seat([*policy.mlp_extractor.policy_net, policy.action_net], "tanh", head, identity)
