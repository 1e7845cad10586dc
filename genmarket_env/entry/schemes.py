"""The registry of schemes: ways to choose a release. Adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..market import Market
from .gradient import gradient_entry
from .objective import GATE_BETA
from .references import average_entry, copy_entry, random_entry
from .release import Release, Scheme
from .resampling import resampling_entry
from .search import best_entry, grid_entry, random_search_entry
from .technologies import Technology
from .weightings import WEIGHTINGS


def _without_rng(deterministic: Callable[..., Release]) -> Scheme:
    """A scheme that draws nothing, called like the others."""

    def scheme(*game: Any, **options: Any) -> Release:
        options.pop("rng", None)
        return deterministic(*game, **options)

    return scheme


SCHEMES: dict[str, Scheme] = {
    **{f"resampling-{name}": _without_rng(partial(resampling_entry, weighting=name)) for name in WEIGHTINGS},
    "gradient-gate": partial(gradient_entry, through="gate"),
    "gradient-logit": partial(gradient_entry, through="logit"),
    "best": best_entry,
    "grid": _without_rng(grid_entry),
    "average": average_entry,
    "copy": copy_entry,
    "random": random_entry,
    "random-search": random_search_entry,
}
"""By name: the two schemes in their variants, then the references."""

DETERMINISTIC = ("grid", *(f"resampling-{name}" for name in WEIGHTINGS))
"""The schemes that draw nothing."""

SEARCHES = ("best", "grid", "random-search")
"""Those that search the hard outcome, by its `target`."""

BUDGETED = ("best", "random-search")
"""Those that try so many releases as `max_evaluations` says."""


def enter(
    scheme: str,
    technology: Technology,
    market: Market,
    num_platforms: int,
    choice: ChoiceRule = HardMax(),
    *,
    rng: np.random.Generator,
    beta: float = GATE_BETA,
    **own: Any,
) -> Release:
    """The entry that the scheme of that name chooses.

    Args:
        scheme: a name in `SCHEMES`.
        technology: what parameters become.
        market: the incumbents, one market.
        num_platforms: at least 1.
        choice: how users choose.
        rng: what the scheme draws from, if it draws.
        beta: the steepness of the gate, per unit of score, > 0.
        own: arguments of that scheme.

    Raises:
        ValueError: the name is unknown.

    Example:
        >>> from genmarket_env.entry import DirectScores
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> entry = enter("grid", DirectScores(), market, 2, rng=np.random.default_rng(0), points=11)
        >>> entry.scores
        array([1., 0.])
    """
    if scheme not in SCHEMES:
        raise ValueError(f"unknown scheme {scheme!r}; known are {', '.join(SCHEMES)}")
    return SCHEMES[scheme](technology, market, num_platforms, choice, rng=rng, beta=beta, **own)
