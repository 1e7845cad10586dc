"""The user groups of the paper over other classes: each takes the place of the CIFAR-10 class with its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genmarket_env.market import FloatArray
from genmarket_env.markets.paper.cifar_users import class_preferences, group_masses

MOST_NAMED = 4
"""A group that likes more classes is called mixed."""


@dataclass(frozen=True, eq=False)
class Groups:
    """User groups over ten classes.

    Attributes:
        names: one a group.
        preferences: `(groups, 10)`, >= 0, rows summing to 1.
        masses: `(groups,)`, summing to 1.
    """

    names: tuple[str, ...]
    preferences: FloatArray
    masses: FloatArray

    def rewards(self, probabilities: FloatArray) -> FloatArray:
        """`sum_c preference_k(c) * P(c | image)`, `(images, groups)`, of class probabilities `(images, 10)`.

        Raises:
            ValueError: the probabilities are of other classes.
        """
        if probabilities.shape[-1] != self.preferences.shape[-1]:
            raise ValueError(
                f"probabilities of {probabilities.shape[-1]} classes for preferences over {self.preferences.shape[-1]}"
            )
        rewards: FloatArray = probabilities @ self.preferences.T
        return rewards

    @property
    def largest_classes(self) -> tuple[int, ...]:
        """The classes that the largest group likes."""
        return tuple(int(c) for c in np.flatnonzero(self.preferences[self.masses.argmax()]))


def paper_groups(class_names: Sequence[str]) -> Groups:
    """The paper's six groups over the classes of these names, each called by what it likes, the most first.

    Example:
        >>> paper_groups("0123456789").names
        ('3, 5', '5, 3', '0, 8, 1', '1, 9', '2, 4, 6, 7', 'mixed')
    """
    preferences = class_preferences()
    names = []
    for row in preferences:
        liked = [c for c in np.argsort(-row, kind="stable") if row[c] > 0]
        names.append(", ".join(class_names[c] for c in liked) if len(liked) <= MOST_NAMED else "mixed")
    return Groups(tuple(names), preferences, group_masses())
