"""Technologies: what a provider can make of its parameters. Adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Technology
from .direct_scores import DirectScores

REGISTRY: dict[str, Callable[..., Technology]] = {"direct-scores": DirectScores}


def names() -> list[str]:
    """The names of the technologies.

    Example:
        >>> names()
        ['direct-scores']
    """
    return sorted(REGISTRY)


def make(name: str, **options: Any) -> Technology:
    """The technology of that name.

    Raises:
        ValueError: the name is unknown, or the technology has no such option.

    Example:
        >>> make("direct-scores", budget=0.4)
        DirectScores(budget=0.4)
    """
    if name not in REGISTRY:
        raise ValueError(f"unknown technology {name!r}; known are {', '.join(names())}")
    try:
        return REGISTRY[name](**options)
    except TypeError as error:
        raise ValueError(f"technology {name!r}: {error}") from None


__all__ = ["REGISTRY", "DirectScores", "Technology", "make", "names"]
