"""Whether telling the truth pays, in any game whose players report what they know of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box

from ..market import FloatArray
from ..protocol import Array, Direct, Game, Play
from .deviations import POINTS, candidates, deviation_payoffs, regret, unfold


def truth_gap(game: Game[Any], state: Any, points: int = POINTS) -> FloatArray:
    """What each player gains by the best lie when everybody else tells the truth: `(*batch, N)`, >= 0.

    It is the regret of truth, so 0 to rounding where truth is dominant or an ex-post equilibrium; for actions in a Box
    a lower bound, from a grid.

    Raises:
        TypeError: nobody reports anything in this game.

    Example:
        >>> from genmarket_env.games import TokenAuction
        >>> auction = TokenAuction(n=3)
        >>> states = auction.draw(np.random.default_rng(0), (100,))
        >>> bool((truth_gap(auction, states) < 1e-12).all())
        True
    """
    if not isinstance(game, Direct):
        raise TypeError(f"{type(game).__name__} has no reports of types: there is no truth to tell")
    return regret(game, state, game.truth(state), points)


def best_lie(
    game: Game[Any], state: Any, player: int, rng: np.random.Generator, tries: int = 32, steps: int = 64
) -> tuple[FloatArray, Array]:
    """What a player gains by the best lie that a search finds, and that lie, when everybody else tells the truth.

    Of a Box, reports are drawn from all of it, from its corners and around the truth; from the best of them the search
    goes on in ever smaller random steps, in every dimension at once. Of a Discrete space every report is tried. Unlike
    `truth_gap` this takes reports of many dimensions, and it may find less than 0: every lie loses.

    Args:
        game: the game.
        state: of `game.draw`.
        player: an index.
        rng: draws the reports and steps.
        tries: how many reports are drawn.
        steps: how many steps follow.

    Returns:
        The gain, `(*batch,)`, and the report, `(*batch, *shape)`.

    Raises:
        TypeError: nobody reports anything in this game.

    Example:
        >>> from genmarket_env.games import TokenAuction
        >>> foil = TokenAuction(n=2, K=3, agg="log-linear")
        >>> states = foil.draw(np.random.default_rng(0), (100,))
        >>> gain, lie = best_lie(foil, states, 0, np.random.default_rng(1))
        >>> lie.shape, bool(gain.max() > 0.01)
        ((100, 1), True)
    """
    if not isinstance(game, Direct):
        raise TypeError(f"{type(game).__name__} has no reports of types: there is no truth to tell")
    truth = game.truth(state)
    honest = game.payoffs(state, truth)[..., player]
    batch, space = honest.shape, game.spaces[player]

    def gained(report: Array) -> FloatArray:
        told = (*truth[:player], report, *truth[player + 1 :])
        return np.asarray(game.payoffs(state, told)[..., player] - honest)

    if not isinstance(space, Box):
        tried = candidates(space)
        gains = np.stack([gained(np.broadcast_to(report, (*batch, *space.shape))) for report in tried])
        return gains.max(axis=0), tried[gains.argmax(axis=0)]
    low, span = space.low.astype(float), space.high.astype(float) - space.low.astype(float)
    shape, axes = (*batch, *space.shape), (...,) + (None,) * len(space.shape)
    told = np.broadcast_to(np.asarray(truth[player], float), shape)
    best, gain = told, np.full(batch, -np.inf)
    for step in range(tries + steps):
        if step >= tries:
            report = best + span * rng.normal(0, 0.3 * 1e-6 ** ((step - tries) / steps), shape)
        elif step % 4 == 0:
            report = low + span * rng.integers(0, 2, shape)
        elif step % 4 == 1:
            report = told + span * rng.normal(0, 10.0 ** -rng.integers(1, 6), shape)
        else:
            report = low + span * rng.random(shape)
        report = np.clip(report, low, low + span)
        found = gained(report)
        better = found > gain
        gain, best = np.where(better, found, gain), np.where(better[axes], report, best)
    return gain, best


def interim_regret(
    game: Game[Any], states: Any, play: Play, player: int, tried: Array | None = None
) -> tuple[float, float]:
    """What a player gains on average over what it does not know by the best action, and the standard error of that.

    Args:
        game: the game.
        states: a batch `(B,)`, B >= 2, in which what the player knows is the same and what it does not is drawn.
        play: an action or a policy for each player.
        player: an index.
        tried: `(C, *shape)`; the candidates of the player's space by default.

    Returns:
        The gain of the action that is best on average, at least 0, and the standard error of that mean over the draws.
    """
    tried = candidates(game.spaces[player], POINTS) if tried is None else tried
    now = game.payoffs(states, unfold(game, states, play))[..., player]
    gains = deviation_payoffs(game, states, play, player, tried) - now
    best = gains[gains.mean(axis=1).argmax()]
    if best.mean() <= 0:
        return 0.0, 0.0
    return float(best.mean()), float(best.std(ddof=1) / np.sqrt(len(best)))
