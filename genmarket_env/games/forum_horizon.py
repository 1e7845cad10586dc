"""A provider beside a forum over long horizons: a dynamic programme, fixed gaps, and a sketch of selective response."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_integer, checked_real
from ..market import FloatArray


class Rules(Protocol):
    """The parameters of `GenaiForum` that a long horizon needs."""

    @property
    def beta(self) -> float: ...  # noqa: D102
    @property
    def r(self) -> float: ...  # noqa: D102
    @property
    def c_m(self) -> float: ...  # noqa: D102
    @property
    def c_train(self) -> float: ...  # noqa: D102
    @property
    def p_1(self) -> float: ...  # noqa: D102
    @property
    def a(self) -> float: ...  # noqa: D102
    @property
    def decay(self) -> float: ...  # noqa: D102


def next_share(beta: float, model: FloatArray, forum: FloatArray) -> FloatArray:
    """The share of users who take the model next, by what it and the forum are worth."""
    return 1 / (1 + np.exp(np.clip(-beta * (model - forum), -700, 700)))


def dynamic_programme(game: Rules, rounds: int, points: int = 2001) -> tuple[list[int], float]:
    """The rounds of training, from 1, and the revenue less costs of a long horizon, by a grid of shares.

    The next share moves less than the one before wherever `beta < 4`, so that the error falls with the grid. The
    revenue is that of the scheme found, without the grid.

    Args:
        game: its T is not read.
        rounds: the horizon, at least 1.
        points: of the grid.
    """
    checked_integer("rounds", rounds, 1)
    checked_integer("points", points, 2)
    grid = np.linspace(0, 1, points)
    ages = np.arange(min(rounds, 60))
    worths = np.asarray(game.a * game.decay**ages, float)
    following = next_share(game.beta, worths[:, None], 1 - grid)
    worth, choices = np.zeros((len(ages), points)), []
    # `worth[g, p]` is what the rounds from this one on earn, the model being of age g in it; its cost is paid before.
    for _ in range(rounds):
        later = np.stack(
            [np.interp(row, grid, kept) for row, kept in zip(following, np.roll(worth, -1, axis=0), strict=True)]
        )
        later[-1] = np.interp(following[-1], grid, worth[-1])
        again = np.stack([np.interp(row, grid, worth[0]) for row in following]) - game.c_train
        choices.append(again > later)
        worth = game.r * grid - game.c_m + np.maximum(again, later)
    trained, p, age, total = [1], game.p_1, 0, -game.c_train
    for t in range(rounds):
        total += game.r * p - game.c_m
        again_now = bool(choices[rounds - 1 - t][min(age, len(ages) - 1), round(p * (points - 1))]) and t < rounds - 1
        p = float(next_share(game.beta, np.asarray(game.a * game.decay**age), np.asarray(1 - p)))
        age = 0 if again_now else age + 1
        if again_now:
            trained.append(t + 2)
            total -= game.c_train
    return trained, total


def gap_average(game: Rules, gaps: tuple[int, ...], rounds: int = 400) -> float:
    """Revenue less costs a round where trainings follow each other after these gaps, over and over."""
    total, p, age, left, turn = -game.c_train, game.p_1, 0, gaps[0], 0
    for t in range(rounds):
        total += game.r * p - game.c_m
        p = float(next_share(game.beta, np.asarray(game.a * game.decay**age), np.asarray(1 - p)))
        age, left = age + 1, left - 1
        if left == 0 and t < rounds - 1:
            turn = (turn + 1) % len(gaps)
            age, left, total = 0, gaps[turn], total - game.c_train
    return total / rounds


def selective_response(
    answered: ArrayLike, *, a: float = 3.0, d0: float = 2.0, beta: float = 1.0, p_1: float = 0.5, data: float = 0.0
) -> tuple[float, float]:
    """Revenue and what users get where the model answers only a part of the questions: a sketch, not the paper's form.

    Args:
        answered: the part answered in each round, `(T,)`, in [0, 1].
        a: what the model is worth with all data, >= 0.
        d0: how much data it needs, > 0: it is worth `a (1 - exp(-D / d0))` times the part answered.
        beta: how sharply users choose, >= 0.
        p_1: the share of users of the first round, in [0, 1].
        data: D at the start, >= 0.

    What is asked in the forum adds to the data D, `D_{t+1} = D_t + 1 - p_t`; users choose as in `GenaiForum`.

    In this form withholding answers early never raised the revenue in thousands of drawn instances, as data stops
    growing only where nearly everybody already has the model: it does not show what the paper claims.

    Example:
        >>> tuple(round(value, 2) for value in selective_response(np.ones(20)))
        (16.27, 35.6)
    """
    ranges = {
        "a": (a, 0, 1e6),
        "d0": (d0, 1e-9, 1e6),
        "beta": (beta, 0, 1e3),
        "p_1": (p_1, 0, 1),
        "data": (data, 0, 1e9),
    }
    for name, (value, low, high) in ranges.items():
        checked_real(name, value, low, high)
    revenue, users, p = 0.0, 0.0, p_1
    for part in np.asarray(answered, float):
        model = a * (1 - np.exp(-data / d0)) * part
        revenue, users = revenue + p * part, users + p * model + (1 - p) ** 2
        data += 1 - p
        p = float(next_share(beta, np.asarray(model), np.asarray(1 - p)))
    return float(revenue), float(users)
