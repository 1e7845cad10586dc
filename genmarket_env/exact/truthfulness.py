"""Whether telling the truth pays, in any game whose players report what they know of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

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
