"""How much work a solver may take before it says that a game is too large for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..messages import magnitude
from ..protocol import Game
from .abilities import Worded, Words

_effort: ContextVar[float] = ContextVar("effort", default=1.0)


class TooLarge(ValueError):  # noqa: N818  # of a game, and not an error of the solver
    """A game is too large for a solver.

    Attributes:
        effort: how many times more work than is allowed it would take.
    """

    def __init__(self, message: str, effort: float = math.inf) -> None:
        super().__init__(message)
        self.effort = effort


@contextmanager
def at_effort(effort: float) -> Iterator[None]:
    """Let the solvers inside take so many times the work that they take by themselves."""
    token = _effort.set(effort)
    try:
        yield
    finally:
        _effort.reset(token)


@contextmanager
def at_share_of_effort(share: float) -> Iterator[None]:
    """Let the solvers inside take this share of the work that they may take here."""
    with at_effort(share * _effort.get()):
        yield


def allowed(most: float) -> float:
    """As often as the effort allows."""
    return most * _effort.get()


def check_work(work: int, most: int, message: str) -> None:
    """Raise `TooLarge` if `work` is more than `most`, as often as the effort allows.

    Example:
        >>> with at_effort(3):
        ...     check_work(20, 10, "too large")
    """
    if work > allowed(most):
        raise TooLarge(message, work / most)


def check_size(game: Game[Any], count: int, most: int, what: str) -> None:
    """Raise `TooLarge` if `count` of `what` is more than `most`, as often as the effort allows; in the game's words."""
    if count > allowed(most):
        words = words_of(game)
        message = (
            f"{words.size} take {magnitude(count)} {what}{words.rule}, more than the {most:,} that are searched; "
            f"use {words.fewer}"
        )
        raise TooLarge(message, count / most)


def words_of(game: Game[Any]) -> Words:
    """How a game speaks of its size."""
    if isinstance(game, Worded):
        return game.words
    actions = int(getattr(game.spaces[0], "n", 0))
    return Words(f"{actions} actions of {len(game.players)} players", "", "fewer actions or players")
