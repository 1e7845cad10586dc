"""Search small markets, all of a grid, for those without a pure Nash equilibrium under HardMax.

`python -m examples.no_equilibrium` finds the market `paper-no-pne` of the catalogue. Scores are on a grid of levels
0, ..., 1. Masses are proportional to positive integer weights, in descending order because user types can be renamed.
Models of a pool differ: a copy of a model has no effect on whether an equilibrium exists.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer

from genmarket_env import HardMax, kernel
from genmarket_env.market import FloatArray

BLOCK = 20_000
"""So many pools are looked at at once."""

REGRET_TOL = 1e-9
"""Regrets here are multiples of a fraction far above this; rounding errors are far below it."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        searched: how many markets it looked at.
        without: how many of them have no pure Nash equilibrium.
        epsilon: the largest least epsilon among them, 0 if there is none.
        scores: those of the first market with that epsilon, `(models, users)`; None if there is none.
        masses: its masses, `(users,)`.
    """

    searched: int
    without: int
    epsilon: float
    scores: FloatArray | None
    masses: FloatArray | None


def search(models: int, users: int, platforms: int, levels: int, max_weight: int) -> Found:
    """Every market with so many models, user types and levels, and integer weights that sum to at most `max_weight`."""
    searched, without, largest = 0, 0, 0.0
    best: tuple[FloatArray, FloatArray] | tuple[None, None] = (None, None)
    for scores in pools(models, users, levels):
        for masses in all_masses(users, max_weight):
            epsilon = least_epsilons(scores, masses, platforms)
            searched += len(scores)
            without += int((epsilon > REGRET_TOL).sum())
            first = int(epsilon.argmax())
            if epsilon[first] > largest + REGRET_TOL:
                largest, best = float(epsilon[first]), (scores[first], masses)
    return Found(searched, without, largest, *best)


def pools(models: int, users: int, levels: int) -> Iterator[FloatArray]:
    """All pools of different models, `(pools, models, users)` at a time."""
    grid = np.array(list(itertools.product(np.linspace(0, 1, levels), repeat=users)))
    chosen = itertools.combinations(range(len(grid)), models)
    while block := list(itertools.islice(chosen, BLOCK)):
        yield grid[np.array(block)]


def all_masses(users: int, max_weight: int) -> Iterator[FloatArray]:
    """The different masses of descending positive integer weights that sum to at most `max_weight`."""
    for weights in itertools.product(range(max_weight, 0, -1), repeat=users):
        if sum(weights) <= max_weight and list(weights) == sorted(weights)[::-1] and math.gcd(*weights) == 1:
            yield np.array(weights) / sum(weights)


def least_epsilons(scores: FloatArray, masses: FloatArray, platforms: int) -> FloatArray:
    """The least epsilon of each pool, `(pools,)`: the smallest over profiles of the largest regret."""
    profiles = itertools.combinations_with_replacement(range(scores.shape[-2]), platforms)
    regrets = [kernel.regret(scores, masses, np.array(profile), HardMax()).max(axis=-1) for profile in profiles]
    return np.min(regrets, axis=0)


def main(
    models: Annotated[int, typer.Option(help="How many models.", min=1)] = 3,
    users: Annotated[int, typer.Option(help="How many user types.", min=1)] = 3,
    platforms: Annotated[int, typer.Option("-n", "--platforms", help="How many platforms.", min=1)] = 2,
    levels: Annotated[int, typer.Option(help="How many levels a score has, 0 and 1 among them.", min=2)] = 3,
    max_weight: Annotated[int, typer.Option(help="The largest sum of the integer weights of user types.", min=1)] = 3,
) -> None:
    """Print how many markets of a grid have no pure Nash equilibrium, and the one farthest from having one."""
    found = search(models, users, platforms, levels, max_weight)
    typer.echo(f"{found.searched} markets, {found.without} without a pure Nash equilibrium")
    if found.scores is not None and found.masses is not None:
        typer.echo(f"least epsilon {found.epsilon:.6g}, scores {found.scores.tolist()}, masses {found.masses.tolist()}")


if __name__ == "__main__":
    typer.run(main)
