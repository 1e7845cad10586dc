"""The best welfare of a game, on the draws on which learners are measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Array, Described

from .evaluation import Evaluator

MOST_PROFILES = 200_000
"""How many profiles are tried for the best welfare, over all states."""


def best_welfare(evaluator: Evaluator, known: FloatArray | None) -> tuple[float | None, str]:
    """The best welfare, on average over the evaluator's states, and how it was found, in words.

    All profiles are tried; of Boxes those of a grid, then in turn each number of each player's action on a finer grid
    around the best, and what the reference reaches, `known`, counts too.
    """
    game = evaluator.game
    assert isinstance(game, Described)
    states = 1 if evaluator.states is None else int(np.prod(evaluator.batch))
    dimensions = sum(int(np.prod(space.shape)) for space in game.spaces if isinstance(space, Box))
    finite = np.prod([float(_size(space)) for space in game.spaces])
    points = int(np.clip((MOST_PROFILES / states / finite) ** (1 / max(dimensions, 1)), 0, 201))
    if points < (5 if dimensions else 1):
        return (None, "not known") if known is None else (float(np.mean(known)), "that of the reference")
    best, chosen = _best_profile(evaluator, max(points, 2))
    if not dimensions:
        return float(np.mean(best)), "the best of all profiles"
    best = _refined(evaluator, best, chosen, points)
    words = f"the best of a grid of {points} actions a dimension, refined"
    if known is not None:
        best, words = np.maximum(best, known), f"{words}, and of the reference"
    return float(np.mean(best)), words


def _size(space: Any) -> float:
    """How many actions a finite space has; 1 of a Box."""
    if isinstance(space, Box):
        return 1.0
    return float(space.n) if isinstance(space, Discrete) else 2.0 ** int(np.prod(space.shape))


def _best_profile(evaluator: Evaluator, points: int) -> tuple[FloatArray, list[Array]]:
    """The best welfare of the profiles of a grid in each state, `(*batch,)`, and the actions, `(*batch, *shape)`."""
    game: Any = evaluator.game
    sets = [candidates(space, points) for space in game.spaces]
    places = np.stack(np.meshgrid(*(np.arange(len(each)) for each in sets), indexing="ij"), -1).reshape(-1, len(sets))
    batch = () if evaluator.states is None else evaluator.batch
    size = max(1, MOST_PROFILES // int(np.prod(batch)))
    best, chosen = np.full(batch, -np.inf), np.zeros(batch, int)
    for at in range(0, len(places), size):
        part = places[at : at + size]
        actions = tuple(
            each[part[:, player]].reshape(len(part), *(1,) * len(batch), *each.shape[1:])
            for player, each in enumerate(sets)
        )
        welfare = np.broadcast_to(_welfare(evaluator, actions), (len(part), *batch))
        chosen = np.where(welfare.max(axis=0) > best, at + welfare.argmax(axis=0), chosen)
        best = np.maximum(best, welfare.max(axis=0))
    return best, [each[places[chosen, player]] for player, each in enumerate(sets)]


def _refined(evaluator: Evaluator, best: FloatArray, chosen: list[Array], points: int) -> FloatArray:
    for player, space in enumerate(evaluator.game.spaces):
        if not isinstance(space, Box):
            continue
        low, high = space.low.astype(float), space.high.astype(float)
        for place in np.ndindex(space.shape):
            step = (high[place] - low[place]) / (points - 1) * np.linspace(-1, 1, 9)
            tried = np.repeat(chosen[player][None], len(step), axis=0)
            moved = tried[(..., *place)] + step.reshape(-1, *(1,) * best.ndim)
            tried[(..., *place)] = np.clip(moved, low[place], high[place])
            welfare = _welfare(evaluator, (*chosen[:player], tried, *chosen[player + 1 :]))
            top = welfare.argmax(axis=0).reshape(1, *best.shape, *(1,) * len(space.shape))
            chosen[player] = np.take_along_axis(tried, top, axis=0)[0]
            best = np.maximum(best, welfare.max(axis=0))
    return best


def _welfare(evaluator: Evaluator, actions: Actions) -> FloatArray:
    game: Any = evaluator.game
    return np.asarray(game.figures(evaluator.states, actions)[evaluator.figure_names[0]])
