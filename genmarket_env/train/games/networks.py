"""Models of Stable-Baselines3 that are told round by round what to learn from, instead of asking an environment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env.envs.game_actions import agent_space
from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Space

from ..policies.network import Activation, Head, NetworkSeat

HIDDEN = [64, 64]
"""The widths of the hidden layers."""
ROLLOUT = 8
"""Rounds between two updates of PPO."""
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
MIXED_BITS = 10
"""Of a MultiBinary space of up to so many bits a policy is a mixture, of a larger one its likeliest action."""


@dataclass(frozen=True, eq=False)
class Move:
    """Some rows of a round: what was seen, what was done, and what the network noted of it.

    Attributes:
        seen: `(rows, size)`.
        actions: `(rows, *shape)`, in the agent's space.
        notes: the network's own.
    """

    seen: FloatArray
    actions: Array
    notes: Any = None


class Network(Protocol):
    """A model that learns the moves of one or several players with the same space."""

    def act(self, seen: FloatArray) -> Move:
        """What is done where that is seen, `(rows, size)`, exploring."""

    def learn(self, moves: Sequence[Move], rewards: FloatArray, following: FloatArray, over: bool) -> None:
        """Learn from a round.

        Args:
            moves: its rows, in parts.
            rewards: of all rows, in their order.
            following: what is seen at the next move, by row.
            over: whether there is none, as the play has ended.
        """

    def policy(self, seen: FloatArray) -> Array:
        """Without exploration: actions, or of a finite space probabilities of its candidates, `(rows, n)`."""

    def described(self, identity: FloatArray) -> NetworkSeat:
        """The same as data, of the player of that identity."""


class OnPolicy:
    """PPO; the rows of `ROLLOUT` rounds make one update.

    Args:
        space: of the player's actions.
        size: of what it sees.
        rows: of a round.
        rounds: of the run, over which the learning rate falls to 0.
        gamma: the discount.
        seed: of the network and of what it draws.
    """

    def __init__(self, space: Space, size: int, rows: int, rounds: int, gamma: float, seed: int) -> None:
        from stable_baselines3 import PPO

        kwargs: dict[str, Any] = {"net_arch": HIDDEN}
        if isinstance(space, Box):
            kwargs["log_std_init"] = -0.5
        steps = min(ROLLOUT, rounds)
        self._model = _made(
            PPO, space, size, rows, seed, learning_rate=lambda left: 3e-3 * left, n_steps=steps, gamma=gamma,
            batch_size=min(64, steps * rows), n_epochs=4, ent_coef=0.0 if isinstance(space, Box) else 0.01,
            policy_kwargs=kwargs,
        )  # fmt: skip
        self._space, self._rounds, self._played = space, rounds, 0
        self._begins = np.ones(rows)

    def act(self, seen: FloatArray) -> Move:
        """Drawn from the policy; of a Box clipped."""
        import torch

        self._model.policy.set_training_mode(False)
        with torch.no_grad():
            actions, values, logs = self._model.policy(_tensor(seen))
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
                last = model.policy.predict_values(_tensor(following))
            model.rollout_buffer.compute_returns_and_advantage(last_values=last, dones=self._begins)
            model._update_current_progress_remaining(self._played, self._rounds)
            model.train()
            model.rollout_buffer.reset()

    def policy(self, seen: FloatArray) -> Array:
        """The mean of a Box, clipped; else probabilities."""
        import torch

        self._model.policy.set_training_mode(False)
        with torch.no_grad():
            law = self._model.policy.get_distribution(_tensor(seen)).distribution
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
        return _described([*policy.mlp_extractor.policy_net, policy.action_net], "tanh", head, identity)


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
        self._model = _made(
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
        return _described(modules, "relu", "tanh", identity)


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

        self._model = _made(
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
        return _described(self._model.policy.q_net.q_net, "relu", "greedy", identity)


def make(name: str, space: Space, size: int, rows: int, rounds: int, gamma: float, seed: int) -> Network:
    """The network of that algorithm, "PPO", "DQN", "SAC" or "TD3", not yet trained; the others are as of the classes.

    Raises:
        ValueError: the algorithm does not take the space.
    """
    if name == "PPO":
        return OnPolicy(space, size, rows, rounds, gamma, seed)
    if name == "DQN":
        if not isinstance(space, Discrete):
            raise ValueError(f"DQN takes actions of a Discrete space; here they are {space}")
        return ValueBased(space, size, rows, rounds, gamma, seed)
    if not isinstance(space, Box):
        raise ValueError(f"{name} takes actions in a Box; here they are {space}")
    return OffPolicy(name, space, size, rows, rounds, gamma, seed)


def is_mixed(space: Space) -> bool:
    """Whether a policy is shown as probabilities of the space's candidates."""
    return isinstance(space, Discrete) or (isinstance(space, MultiBinary) and int(space.n) <= MIXED_BITS)


def _made(algorithm: Any, space: Space, size: int, rows: int, seed: int, **options: Any) -> Any:
    import torch
    from stable_baselines3.common.logger import Logger

    torch.set_num_threads(1)
    model = algorithm("MlpPolicy", None, seed=seed, device="cpu", _init_setup_model=False, **options)
    # What it would have taken from an environment.
    model.observation_space = Box(0.0, 1.0, (size,))
    model.action_space, model.n_envs = agent_space(space), rows
    model._setup_model()
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def _td3() -> Any:
    from stable_baselines3 import TD3

    return TD3


def _described(modules: Iterable[Any], activation: Activation, head: Head, identity: FloatArray) -> NetworkSeat:
    """The dense layers among the modules of a policy, as data."""
    from torch.nn import Linear

    dense = [module for module in modules if isinstance(module, Linear)]
    # Copies: the network may learn on.
    layers = [(one.weight.detach().numpy().copy(), one.bias.detach().numpy().copy()) for one in dense]
    return NetworkSeat(layers, activation, head, appended=identity if len(identity) else None)


def _tensor(seen: FloatArray) -> Any:
    import torch

    return torch.as_tensor(seen.astype(np.float32))
