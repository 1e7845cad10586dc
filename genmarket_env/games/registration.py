"""The games in the registries of Gymnasium (a seat) and, where it has one, PettingZoo: `genmarket_env/NAME-v0`."""

from __future__ import annotations

from functools import partial

import gymnasium
import pettingzoo

from .play import env, parallel_env
from .registry import names


def register() -> None:
    """Register every game by its name."""
    for name in names():
        identifier = f"genmarket_env/{name}-v0"
        if identifier not in gymnasium.registry:
            gymnasium.register(
                id=identifier,
                entry_point="genmarket_env.games:seat",
                vector_entry_point="genmarket_env.games:vector_seat",
                kwargs={"name": name},
            )
        for kind, made in (("parallel", parallel_env), ("aec", env)):
            # PettingZoo has registries since 1.27.
            if identifier not in getattr(pettingzoo, f"{kind}_registry", {identifier}):
                pettingzoo.register(kind, identifier, entry_point=partial(made, name))
