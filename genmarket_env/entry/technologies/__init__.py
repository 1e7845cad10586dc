"""Technologies: what a provider can make of its parameters. Adding one is one file and one line here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ...market import Market
from ...messages import shown
from .base import Invertible, Technology, Trainable
from .data_mixture import DataMixture, preference_matrix
from .direct_scores import DirectScores
from .fitting import Fit
from .radial_bumps import RadialBumps, profile_positions

REGISTRY: dict[str, Callable[..., Technology]] = {
    "data-mixture": DataMixture.for_market,
    "direct-scores": lambda _market, *, budget=None: DirectScores(budget),
    "radial-bumps": RadialBumps.for_market,
}
"""By name, what makes a technology for one market (None if there is none) from options."""


def names() -> list[str]:
    """The names of the technologies.

    Example:
        >>> names()
        ['data-mixture', 'direct-scores', 'radial-bumps']
    """
    return sorted(REGISTRY)


def options_of(name: str) -> tuple[str, ...]:
    """The names of the options that `make` takes for the technology of that name.

    Example:
        >>> options_of("radial-bumps")
        ('positions', 'num_bumps', 'budget')
    """
    parameters = inspect.signature(REGISTRY[name]).parameters.values()
    return tuple(parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY)


def make(name: str, market: Market | None = None, **options: Any) -> Technology:
    """The technology of that name for a market.

    Args:
        name: one of `names()`.
        market: the one market to enter; only "direct-scores" does without.
        options: the keyword arguments of the technology's `for_market`.

    Raises:
        ValueError: the name is unknown, the technology has no such option, or it needs a market.

    Example:
        >>> make("direct-scores", budget=0.4)
        DirectScores(budget=0.4)
    """
    if name not in REGISTRY:
        raise ValueError(f"unknown technology {name!r}; known are {', '.join(names())}")
    known = options_of(name)
    for option in options:
        if option not in known:
            raise ValueError(f"technology {name!r} has no option {shown(option)}; it has {', '.join(known)}")
    try:
        return REGISTRY[name](market, **options)
    except (TypeError, ValueError) as error:
        raise ValueError(f"technology {name!r}: {error}") from None


__all__ = [
    "REGISTRY",
    "DataMixture",
    "DirectScores",
    "Fit",
    "Invertible",
    "RadialBumps",
    "Technology",
    "Trainable",
    "make",
    "names",
    "options_of",
    "preference_matrix",
    "profile_positions",
]
