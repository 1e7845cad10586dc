"""The games in the registries of Gymnasium (a seat) and, where it has one, PettingZoo: `genmarket_env/NAME-v0`."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import gymnasium
import pettingzoo

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
        for kind, maker in (("parallel", "parallel_env"), ("aec", "env")):
            # PettingZoo has registries since 1.27.
            if identifier not in getattr(pettingzoo, f"{kind}_registry", {identifier}):
                pettingzoo.register(kind, identifier, entry_point=partial(_made, maker, name))


def _made(maker: str, name: str, **settings: Any) -> Any:
    """The environment of a game, by a function of `play`, which is imported only now."""
    return getattr(import_module(f"{__package__}.play"), maker)(name, **settings)
