"""The structure of a market over temperature, number of platforms and weighting of the users.

Each cell of the diagram is one game. If it has pure Nash equilibria, its figures are averages over them, each sorted
profile counted once. If it has none, they are expectations over the profiles that the symmetric mixed equilibrium
plays: each platform draws its model from one mixture, on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from .. import kernel
from ..arguments import checked_real
from ..choice import HardMax, Logit
from ..compiled import as_asked_here
from ..equilibrium.checks import check_one_market
from ..equilibrium.limit_set import limit_set
from ..equilibrium.market_game import MarketGame
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..equilibrium.solution import Status
from ..game import checked_platforms
from ..market import IntArray, Market
from ..messages import listed, shown
from ..runner import IN_PROCESS, Runner
from .structure_probabilities import MarketStructure, market_structure

Play = Literal["pure", "mixed"]

GIVEN = "given"
"""The name of the masses that the market itself has."""


@dataclass(frozen=True)
class PhasePoint:
    """One game of a phase diagram.

    Attributes:
        weighting: the name of the masses.
        num_platforms: N.
        temperature: of the users' choice, in units of the score; 0 is HardMax.
        structure: what the pure equilibria have in common, `none` if there is none.
        equilibria: how many there are.
        play: whether the figures below are averages over the `pure` equilibria or of the symmetric `mixed` one.
        status: CONVERGED, or MAX_ROUNDS if the mixed equilibrium was not found to its tolerance: then the figures are
            those of the best mixture found.
        welfare: the score that users get, by mass, in [0, 1].
        support_size: the number of distinct models deployed, in [1, N].
        model_hhi: the concentration of users on models, in [0, 1].
    """

    weighting: str
    num_platforms: int
    temperature: float
    structure: MarketStructure
    equilibria: int
    play: Play
    status: Status
    welfare: float
    support_size: float
    model_hhi: float


@dataclass(frozen=True)
class PhaseDiagram:
    """The games of all combinations of weighting, number of platforms and temperature.

    Attributes:
        weightings: the names of the masses, in order.
        platforms: the numbers of platforms, in order.
        temperatures: in order, in units of the score; 0 is HardMax.
        points: one a combination, `weightings` changing slowest and `temperatures` fastest.
    """

    weightings: tuple[str, ...]
    platforms: tuple[int, ...]
    temperatures: tuple[float, ...]
    points: tuple[PhasePoint, ...]

    def of_weighting(self, weighting: str) -> tuple[tuple[PhasePoint, ...], ...]:
        """The points of one weighting: a row for each number of platforms, a column for each temperature.

        Raises:
            ValueError: there is no such weighting.
        """
        if weighting not in self.weightings:
            raise ValueError(f"there is no weighting {shown(weighting)}; there are {listed(self.weightings)}")
        rows, columns = len(self.platforms), len(self.temperatures)
        first = self.weightings.index(weighting) * rows * columns
        return tuple(self.points[first + row * columns : first + (row + 1) * columns] for row in range(rows))


def phase_diagram(
    market: Market,
    *,
    platforms: Sequence[int],
    temperatures: Sequence[float],
    masses: Mapping[str, ArrayLike] | None = None,
    runner: Runner = IN_PROCESS,
) -> PhaseDiagram:
    """The structure, welfare and concentration of a market's equilibria over temperature, platforms and weighting.

    Args:
        market: one market.
        platforms: the numbers of platforms, each at least 1, without repeats.
        temperatures: of Logit, rising, in units of the score; 0 stands for HardMax.
        masses: `(users,)` each, by the name of the weighting: >= 0, summing to 1. By default those of the market alone,
            under the name `given`.
        runner: carries the numbers of platforms and temperatures, each on its own.

    Raises:
        ValueError: a batch of markets, an empty list, a repeated number of platforms, temperatures that do not rise or
            are negative, masses that do not fit the market, or too many multisets to search (says how many).
        TypeError: an argument has another type.

    Source: derived; welfare, support and concentration are Definitions 2.5, 2.8 and 2.7 of the paper.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> diagram = phase_diagram(market, platforms=[2], temperatures=[0, 0.1, 1])
        >>> [(point.temperature, point.structure, round(point.welfare, 2)) for point in diagram.points]
        [(0.0, 'fully_differentiated', 0.86), (0.1, 'fully_differentiated', 0.86), (1.0, 'homogeneous', 0.58)]
    """
    check_one_market(market, HardMax(), "phase_diagram")
    numbers = _checked_numbers(platforms)
    grid = _checked_temperatures(temperatures)
    names, markets = _weighted(market, masses)
    asked = [(count, temperature) for count in numbers for temperature in grid]
    found = runner.each(as_asked_here(partial(_points, names, markets)), asked, shared=(markets,))
    return PhaseDiagram(names, numbers, grid, tuple(points[place] for place in range(len(names)) for points in found))


def _points(names: Sequence[str], markets: Market, asked: tuple[int, float]) -> list[PhasePoint]:
    """A point for each weighting, with so many platforms and at that temperature."""
    count, temperature = asked
    choice = Logit(temperature) if temperature else HardMax()
    found = pure_equilibria_of_each(markets, count, choice)
    games = [MarketGame(markets[place], count, choice) for place in range(len(names))]
    return [_point(*each) for each in zip(games, names, [temperature] * len(names), found, strict=True)]


def _point(game: MarketGame, name: str, temperature: float, equilibria: IntArray) -> PhasePoint:
    found = limit_set(game, otherwise="mixed", equilibria=equilibria)
    figures = game.figures(None, tuple(found.profiles.T))
    return PhasePoint(
        weighting=name,
        num_platforms=game.num_platforms,
        temperature=temperature,
        structure=market_structure(equilibria),
        equilibria=len(equilibria),
        play="mixed" if found.kind == "mixed" else "pure",
        status=found.status,
        welfare=float(found.weights @ figures["welfare"]),
        support_size=float(found.weights @ kernel.support_size(found.profiles)),
        model_hhi=float(found.weights @ figures["model_hhi"]),
    )


def _weighted(market: Market, masses: Mapping[str, ArrayLike] | None) -> tuple[tuple[str, ...], Market]:
    """The names of the weightings, and a batch with one market for each."""
    if masses is None:
        masses = {GIVEN: market.masses}
    if not isinstance(masses, Mapping):
        raise TypeError(f"masses must be a mapping from names to masses; got {shown(masses)}")
    if not masses:
        raise ValueError("masses are empty: give at least one weighting, or None for the market's own")
    rows = []
    for name, row in masses.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a weighting must be a string; got {shown(name)}")
        try:
            one = Market(market.scores, row)
        except (TypeError, ValueError) as error:
            raise type(error)(f"the weighting {shown(name)}: {error}") from None
        if one.batch_shape:
            raise ValueError(f"the weighting {shown(name)} is a batch {one.batch_shape}; give masses (users,)")
        rows.append(one.masses)
    return tuple(masses), Market(market.scores, np.stack(rows))


def _listed(name: str, values: Any) -> Iterable[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list of numbers; got {shown(values)}")
    return values


def _checked_numbers(platforms: Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(checked_platforms(count) for count in _listed("platforms", platforms))
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"platforms must be at least one number, without repeats; got {shown(platforms)}")
    return numbers


def _checked_temperatures(temperatures: Sequence[float]) -> tuple[float, ...]:
    grid = tuple(
        checked_real("a temperature", value, 0.0, np.finfo(float).max)
        for value in _listed("temperatures", temperatures)
    )
    if not grid or any(low >= high for low, high in pairwise(grid)):
        raise ValueError(f"temperatures must be at least one number >= 0, rising; got {shown(temperatures)}")
    return grid
