"""What all networks are made of: the moves that they learn from, models of Stable-Baselines3, their layers as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env.envs.game_actions import agent_space
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Array, Space

from ..policies.network import Activation, Head, NetworkSeat

HIDDEN = [64, 64]
"""The widths of the hidden layers."""
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


def is_mixed(space: Space) -> bool:
    """Whether a policy is shown as probabilities of the space's candidates."""
    return isinstance(space, Discrete) or (isinstance(space, MultiBinary) and int(space.n) <= MIXED_BITS)


def sb3_model(algorithm: Any, space: Space, size: int, rows: int, seed: int, **options: Any) -> Any:
    """A model of Stable-Baselines3 without an environment, for `rows` observations of that size at once."""
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


def network_seat(modules: Iterable[Any], activation: Activation, head: Head, identity: FloatArray) -> NetworkSeat:
    """The dense layers among the modules of a policy, as data."""
    from torch.nn import Linear

    dense = [module for module in modules if isinstance(module, Linear)]
    # Copies: the network may learn on.
    layers = [(one.weight.detach().numpy().copy(), one.bias.detach().numpy().copy()) for one in dense]
    return NetworkSeat(layers, activation, head, appended=identity if len(identity) else None)


def tensor(seen: FloatArray) -> Any:
    """What is seen, as torch takes it."""
    import torch

    return torch.as_tensor(seen.astype(np.float32))
