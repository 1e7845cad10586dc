"""Policy networks for platforms: one shared by all, or an independent one for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn


class IndependentPolicy(ActorCriticPolicy):
    """An actor-critic policy with networks of its own for each platform, chosen by the identity in the observation.

    No parameter is shared between platforms. The networks are trained by one optimiser on batches that hold
    the experience of all platforms.

    Args:
        identity: where the one-hot identity of the platform stands in the observation.
        hidden: the widths of the hidden layers of each network.
        *args: as `ActorCriticPolicy`.
        **kwargs: as `ActorCriticPolicy`.
    """

    def __init__(self, *args: Any, identity: slice, hidden: Sequence[int] = (64, 64), **kwargs: Any) -> None:
        self._identity = identity
        self._hidden = tuple(hidden)
        # The networks initialise themselves: SB3 would give their output layers the gain of hidden ones.
        super().__init__(*args, **{**kwargs, "ortho_init": False})

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = _PerPlatform(self.features_dim, self._identity, self._hidden, int(self.action_space.n))

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        # The heads are part of the networks of each platform: a shared one would couple them.
        self.action_net = nn.Identity()
        self.value_net = nn.Identity()
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)


class _PerPlatform(nn.Module):
    """Logits and values from the network of the platform that each row belongs to."""

    def __init__(self, inputs: int, identity: slice, hidden: tuple[int, ...], actions: int) -> None:
        super().__init__()
        self.latent_dim_pi, self.latent_dim_vf = actions, 1
        self._identity = identity
        platforms = identity.stop - identity.start
        self.actors = nn.ModuleList(_mlp(inputs, hidden, actions, gain=0.01) for _ in range(platforms))
        self.critics = nn.ModuleList(_mlp(inputs, hidden, 1, gain=1.0) for _ in range(platforms))

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        return self._select(self.actors, features)

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        return self._select(self.critics, features)

    def _select(self, networks: nn.ModuleList, features: torch.Tensor) -> torch.Tensor:
        platform = features[:, self._identity].argmax(dim=1)
        selected = features.new_zeros(len(features), networks[0][-1].out_features)
        for index, network in enumerate(networks):
            rows = (platform == index).nonzero().squeeze(1)
            selected = selected.index_copy(0, rows, network(features[rows]))
        return selected


def _mlp(inputs: int, hidden: tuple[int, ...], outputs: int, *, gain: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [_linear(inputs, width, 2**0.5), nn.Tanh()]
        inputs = width
    return nn.Sequential(*layers, _linear(inputs, outputs, gain))


def _linear(inputs: int, outputs: int, gain: float) -> nn.Linear:
    """A layer initialised as SB3 does: orthogonal weights, no bias."""
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain=gain)
    nn.init.zeros_(layer.bias)
    return layer
