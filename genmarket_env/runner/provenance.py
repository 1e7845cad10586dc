"""The versions of Python and of libraries that computed a result, and where two sets of them differ."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version


def versions(libraries: Iterable[str]) -> dict[str, str]:
    """The versions of Python and of those libraries that are installed, by name.

    Example:
        >>> sorted(versions(["numpy", "no-such-library"]))
        ['numpy', 'python']
    """
    found = {"python": platform.python_version()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Where two sets of versions differ, as text for people; "" where they do not.

    Example:
        >>> differences({"python": "3.11.7", "numpy": "2.1.0"}, {"python": "3.11.7", "numpy": "2.4.0"})
        'numpy 2.1.0, now 2.4.0'
    """
    names = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    return "; ".join(f"{name} {then.get(name, 'missing')}, now {now.get(name, 'missing')}" for name in names)


def in_words(found: Mapping[str, str]) -> str:
    """Versions as text for people, Python's last.

    Example:
        >>> in_words({"python": "3.11.7", "ray": "2.54.0", "torch": "2.13.0"})
        'ray 2.54.0, torch 2.13.0, Python 3.11.7'
    """
    libraries = [f"{name} {which}" for name, which in found.items() if name != "python"]
    return ", ".join([*libraries, *(f"Python {which}" for name, which in found.items() if name == "python")])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(versions(sys.argv[1:])))
