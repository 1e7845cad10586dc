"""The user groups: what classes they like, and how many they are, shaped like the paper's.

A class of the data takes the place of the CIFAR-10 class with the same number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genmarket_env.market import FloatArray

from .data import NUM_CLASSES

# airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck = 0, ..., 9
_GROUPS: tuple[tuple[dict[int, float], float], ...] = (
    ({3: 0.6, 5: 0.4}, 0.18),
    ({5: 0.7, 3: 0.3}, 0.17),
    ({0: 0.5, 8: 0.3, 1: 0.2}, 0.16),
    ({1: 0.6, 9: 0.4}, 0.16),
    ({2: 0.4, 4: 0.3, 6: 0.2, 7: 0.1}, 0.17),
    ({3: 0.2, 5: 0.2, 9: 0.2, 0: 0.15, 1: 0.15, 8: 0.1}, 0.16),
)
"""Section 6 of the paper: the class preferences and the mass of each group."""

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
    preferences = np.zeros((len(_GROUPS), NUM_CLASSES))
    names = []
    for row, (likes, _) in zip(preferences, _GROUPS, strict=True):
        row[list(likes)] = list(likes.values())
        named = ", ".join(class_names[c] for c in likes)
        names.append(named if len(likes) <= MOST_NAMED else "mixed")
    return Groups(tuple(names), preferences, np.array([mass for _, mass in _GROUPS]))
