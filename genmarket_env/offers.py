"""What solvers see of a market where users choose by one thing and platforms earn another; see `.economy`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from .market import FloatArray, IntArray, Market


class Offers(Market):
    """A market as users and platforms see it: `scores` are utilities, and what is weighted by masses are worths.

    With brands a row is a model on the platforms of one brand, so that there are more rows than models.

    Attributes:
        market: the market.
        worths: what a platform earns from a user that it serves, `(rows, users)`.
        values: what the user gets, the scores of the market, `(rows, users)`.
        first: the row of the first model on each platform, `(platforms,)`; the others follow.
    """

    market: Market
    worths: FloatArray
    values: FloatArray
    first: IntArray

    def __init__(
        self, market: Market, utilities: FloatArray, worths: FloatArray, values: FloatArray, first: IntArray
    ) -> None:
        copies = len(utilities) // market.num_models
        given = {
            "market": market,
            "scores": read_only(utilities),
            "masses": market.masses,
            "worths": read_only(worths),
            "values": read_only(values),
            "first": first,
            "model_names": market.model_names * copies,
            "user_names": market.user_names,
            "standard_errors": None,
            "common_errors": None,
            "mass_concentration": None,
        }
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @cached_property
    def weighted_scores(self) -> FloatArray:
        """`masses[k] * worths[j, k]`, `(rows, users)`: what row `j` earns from serving all of type `k`."""
        return read_only(self.masses * self.worths)

    def rows(self, profile: IntArray) -> IntArray:
        """The rows that platforms with the models `profile`, `(*batch, platforms)`, offer."""
        return profile + self.first if self.first.any() else profile

    def __reduce__(self) -> tuple[Any, ...]:
        return Offers, (self.market, self.scores, self.worths, self.values, self.first)


def worths_of(market: Market) -> FloatArray | None:
    """The worths of `Offers`; None of a market, whose worths are its scores."""
    return market.worths if isinstance(market, Offers) else None


def read_only(array: FloatArray) -> FloatArray:
    """A copy of an array that cannot be written to."""
    kept = np.array(array, np.float64, order="C")
    kept.flags.writeable = False
    return kept
