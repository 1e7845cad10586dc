"""What stands at a dotted path, `my.module:Name`: games and learners of one's own."""

from __future__ import annotations

import importlib
from typing import Any

from ..messages import listed, shown


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


def _module(path: str, module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise
        raise ValueError(f"{path} names no module that can be imported here: {error}") from None
    except ValueError:  # an empty name
        raise ValueError(f"{path} is no path of the form my.module:Name") from None
