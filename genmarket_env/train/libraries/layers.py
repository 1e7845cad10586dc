"""Networks of torch as the dense layers that a file of policies holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gymnasium.spaces import Box, MultiBinary

from genmarket_env.protocol import Array, Space

from ..policies.network import Head


def dense(modules: Iterable[Any]) -> list[tuple[Array, Array]]:
    """The weights and biases of the linear layers among modules, in their order, copied."""
    from torch.nn import Linear

    found = []
    for module in modules:
        found += [each for each in module.modules() if isinstance(each, Linear)]
    return [(one.weight.detach().cpu().numpy().copy(), one.bias.detach().cpu().numpy().copy()) for one in found]


def head_of(space: Space) -> Head:
    """How the outputs of a stochastic policy are played without exploration, or with it where actions are finite."""
    if isinstance(space, Box):
        return "deterministic"
    return "bernoulli" if isinstance(space, MultiBinary) else "categorical"
