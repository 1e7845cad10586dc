"""What computed a result, beside the question itself: versions of Python and of libraries, and our own code."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("gymnasium", "numba", "numpy", "pettingzoo", "scipy", "stable_baselines3", "torch")
"""Another version of one of these may give other results of a comparison."""

PACKAGE = Path(__file__).parents[1]

ONLY_SHOWN = ("cli", "reproduce", "__main__.py", "command_line.py", "train/diffusion")
"""Parts of the package that no result of a comparison depends on."""

PRESENTATION = {
    "train/compare.py",
    "train/compare_entry.py",
    "train/entry/report.py",
    "train/entry/summary.py",
    "train/figures.py",
    "train/grid.py",
    "train/report.py",
    "train/summary.py",
}
"""Modules that only start computations or show what came of them."""


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


def computing_modules() -> list[Path]:
    """The files of the package that results of a comparison depend on."""
    files = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    return [
        path
        for name, path in files.items()
        if name not in PRESENTATION and not any(name == part or name.startswith(f"{part}/") for part in ONLY_SHOWN)
    ]


@cache
def code_digest() -> str:
    """A digest of the code that computes results: a change of it makes old cells void."""
    digest = hashlib.sha256()
    for path in computing_modules():
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
