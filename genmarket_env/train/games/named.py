"""Games and learners by name, or by a dotted path to one's own: `my.module:MyGame`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from genmarket_env import games
from genmarket_env.messages import listed, shown
from genmarket_env.protocol import Game


def is_path(name: str) -> bool:
    """Whether that is a dotted path.

    Example:
        >>> is_path("my.module:MyGame"), is_path("token-auction")
        (True, False)
    """
    return ":" in name


def found(path: str) -> Any:
    """What stands at a dotted path.

    Raises:
        ValueError: there is no such module, or nothing of that name in it.

    Example:
        >>> found("genmarket_env.games:TokenAuction").__name__
        'TokenAuction'
    """
    module_name, _, name = path.partition(":")
    module = _module(path, module_name)
    if not name or not hasattr(module, name):
        public = [each for each in vars(module) if not each.startswith("_")]
        raise ValueError(f"{module_name} has nothing called {shown(name)}; it has: {listed(public, 200)}")
    return getattr(module, name)


def game_of(name: str, parameters: Mapping[str, Any]) -> Game[Any]:
    """The game of that name or path.

    Args:
        name: one of `games.names()`, or a path to a class or function that makes a game.
        parameters: of the game, by name.

    Raises:
        ValueError: there is no such game, it has no such parameter, or a value is out of range.
        TypeError: what stands at the path makes no game.
    """
    if not is_path(name):
        return games.make(name, **parameters)
    maker = found(name)
    if not callable(maker):
        raise TypeError(f"{name} is {shown(maker)}; it must be a class or a function that makes a game")
    try:
        known = inspect.signature(maker)
    except ValueError:  # a class without a signature of its own
        known = None
    if known is not None:
        try:
            known.bind(**parameters)
        except TypeError as error:
            raise ValueError(f"{name} cannot be made: {error}; its parameters are {known}") from None
    game = maker(**parameters)
    if not isinstance(game, Game):
        needed = ("players", "spaces", "stages", "draw", "observe", "payoffs")
        missing = [each for each in needed if not hasattr(game, each)]
        raise TypeError(f"{name} makes no game: it has no {', '.join(missing)} (see genmarket_env.protocol)")
    return game


def _module(path: str, module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise
        raise ValueError(f"{path} names no module that can be imported here: {error}") from None
    except ValueError:  # an empty name
        raise ValueError(f"{path} is no path of the form my.module:Name") from None
