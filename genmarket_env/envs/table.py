"""The figures of every profile of one market, looked up instead of computed: for many copies of a small market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..market import FloatArray, IntArray, Market
from .dynamics import MarketDynamics

MAX_FIGURES = 2**20
"""The largest table, in figures (8 MiB): a lookup in a larger one is no faster than the computation."""

MAX_FIGURES_BY_KERNEL = 2**16
"""The same of rounds with an economy or prices, mostly by the kernel: a larger table takes a second or more."""

BLOCK = 512
"""Profiles computed at a time: the kernel's deviations to all models need that much more memory."""


@dataclass(frozen=True, eq=False)
class RoundTable:
    """The figures of a round of one market, by profile.

    Attributes:
        figures: one row for each profile in lexicographic order, `(models ** platforms, size)`.
        strides: by how many rows a platform's next model is further down, `(platforms,)`.
    """

    figures: FloatArray
    strides: IntArray

    def __call__(self, scores: FloatArray, masses: FloatArray, profile: IntArray) -> FloatArray:
        """What `MarketDynamics.figures` gives for `profile` in copies of this market, `(*batch, size)`."""
        del scores, masses
        return self.figures.take(profile @ self.strides, axis=0)


def round_table(dynamics: MarketDynamics, market: Market) -> RoundTable | None:
    """The table of one market, or None if its rounds do not repeat or it would be too large."""
    if not dynamics.repeats:
        return None
    models, platforms = dynamics.num_actions, dynamics.num_platforms
    largest = MAX_FIGURES if dynamics.terms is None else MAX_FIGURES_BY_KERNEL
    if models**platforms * dynamics.figure_layout.size > largest:
        return None
    profiles = np.ascontiguousarray(np.indices((models,) * platforms).reshape(platforms, -1).T)
    scores, masses = market.scores[None], market.masses[None]
    figures = [
        dynamics.figures(scores, masses, profiles[start : start + BLOCK]) for start in range(0, len(profiles), BLOCK)
    ]
    return RoundTable(np.concatenate(figures), models ** np.arange(platforms)[::-1])
