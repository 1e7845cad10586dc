"""Reforms of who owns which platforms, and of how their users are held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...inertia import Inertia
from ...pricing import merged
from ..scenario import Scenario


@dataclass(frozen=True)
class Merge:
    """Platforms get one owner, who moves all of them at once and maximises what they earn together.

    Args:
        platforms: their numbers, at least two different ones.
    """

    platforms: tuple[int, ...]

    def apply(self, scenario: Scenario) -> Scenario:
        """With one owner for them, and for all that their owners had."""
        numbers = [scenario.platform(number) for number in self.platforms]
        if len(set(numbers)) < len(numbers) or len(numbers) < 2:
            raise ValueError(
                f"a merger is of at least two different platforms; got {', '.join(map(str, self.platforms))}"
            )
        first, *others = sorted(numbers, key=lambda number: scenario.owner_of[number])
        owners: list[Any] = list(scenario.owner_of)
        if all(owners[number] == owners[first] for number in others):
            raise ValueError(f"platforms {_and(self.platforms)} have one owner already")
        for number in others:
            if owners[number] != owners[first]:
                owners = merged(owners, first, number)
        return replace(scenario, owners=tuple(owners))

    def __str__(self) -> str:
        return f"platforms {_and(self.platforms)} merge"


@dataclass(frozen=True)
class Split:
    """A platform leaves its owner and is its own.

    Args:
        platform: its number.
    """

    platform: int

    def apply(self, scenario: Scenario) -> Scenario:
        """With an owner of its own for it."""
        number, owners = scenario.platform(self.platform), list(scenario.owner_of)
        if owners.count(owners[number]) == 1:
            raise ValueError(f"platform {self.platform} is its owner's only one; there is nothing to split")
        owners[number] = max(owners) + 1
        return replace(scenario, owners=tuple(owners))

    def __str__(self) -> str:
        return f"platform {self.platform} is split off from its owner"


@dataclass(frozen=True)
class SwitchingCost:
    """A user moves only if it gains more than this; a right to take one's data along, portability, lowers it.

    Args:
        amount: in units of what users choose by, the score where there are no prices; >= 0.
    """

    amount: float

    def apply(self, scenario: Scenario) -> Scenario:
        """With that cost in the place of the one there is."""
        return replace(scenario, inertia=replace(scenario.inertia or Inertia(), switching_cost=self.amount))

    def __str__(self) -> str:
        return f"users move only if they gain more than {self.amount:g}" if self.amount else "users move at no cost"


@dataclass(frozen=True)
class Reconsider:
    """So large a share of each user type looks at all platforms anew in a round; the others stay where they are.

    Args:
        share: in [0, 1].
    """

    share: float

    def apply(self, scenario: Scenario) -> Scenario:
        """With that share in the place of the one there is."""
        return replace(scenario, inertia=replace(scenario.inertia or Inertia(), reconsider=self.share))

    def __str__(self) -> str:
        return f"{100 * self.share:g}% of users reconsider in a round"


def _and(numbers: tuple[int, ...]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last
