"""Names that a package hands on from modules which are imported when one of them is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def names_from(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package (PEP 562).

    Args:
        package: its name.
        homes: by the name of a module inside it, the names that it hands on from there. Modules inside it are found
            without being listed.

    Raises:
        AttributeError: it hands on no such name, and has no such module; raised by what is returned.

    Example:
        >>> find = names_from("genmarket_env", {"status": ["Status"]})
        >>> find("Status"), find("tolerances").__name__
        (<enum 'Status'>, 'genmarket_env.tolerances')
        >>> find("nothing")
        Traceback (most recent call last):
        AttributeError: module 'genmarket_env' has no attribute 'nothing'
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> Any:
        if name in home_of:
            found = getattr(import_module(f"{package}.{home_of[name]}"), name)
        else:
            found = _module(package, name)
        setattr(sys.modules[package], name, found)
        return found

    return find


def _module(package: str, name: str) -> Any:
    if not name.startswith("_"):
        try:
            return import_module(f"{package}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{package}.{name}":  # it is there, and needs what is not
                raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
