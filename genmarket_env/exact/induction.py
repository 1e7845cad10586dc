"""Backward induction: what a leader does who foresees the replies, on a grid or with the followers' exact ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..protocol import Actions, Array, Game, Replies
from .deviations import POINTS, candidates


def backward_induction(game: Game[Any], state: Any = None, points: int = POINTS) -> Actions:
    """What is done on the path when each mover foresees the best replies of those who move after it.

    Args:
        game: one mover a stage.
        state: of `game.draw`, without batch axes.
        points: of a grid of each Box; finite spaces are taken whole. Where the game knows its best replies (`Replies`)
            the last mover plays them, and only the others are on the grid.

    Returns:
        The actions, one array a player. Of several best ones a mover takes the first of its candidates.

    Raises:
        ValueError: several players move in one stage.

    Example:
        >>> from genmarket_env.games import PricingDuopoly
        >>> game = PricingDuopoly(a=(400, 100), kappa=(2.0, 0.5))
        >>> leader, follower = backward_induction(game, points=1001)
        >>> leader, game.reference(None).play[0].round(3)
        (array([1.88]), array([1.887]))
    """
    if any(len(stage) != 1 for stage in game.stages):
        raise ValueError("backward induction needs one mover a stage; here several move at once")
    order = [player for (player,) in game.stages]

    def rest(done: tuple[Array | None, ...], stage: int) -> Actions:
        """The actions of all, those of the earlier stages given with any leading axes."""
        if stage == len(order):
            return tuple(action for action in done if action is not None)
        player = order[stage]
        if stage == len(order) - 1 and isinstance(game, Replies):
            known = tuple(np.zeros(game.spaces[player].shape or ()) if a is None else a for a in done)
            return rest(_with(done, player, np.asarray(game.best_reply(state, known, player))), stage + 1)
        shape = game.spaces[player].shape or ()
        tried = candidates(game.spaces[player], points)
        axes = max((a.ndim - len(game.spaces[p].shape or ()) for p, a in enumerate(done) if a is not None), default=0)
        spread = tried.reshape(len(tried), *(1,) * axes, *shape)
        played = rest(_with(done, player, spread), stage + 1)
        payoffs = game.payoffs(state, played)[..., player]
        best = payoffs.argmax(axis=0)
        return tuple(_taken(action, game.spaces[p].shape or (), best, payoffs.shape) for p, action in enumerate(played))

    return rest((None,) * len(game.players), 0)


def _with(done: tuple[Array | None, ...], player: int, action: Array) -> tuple[Array | None, ...]:
    return (*done[:player], action, *done[player + 1 :])


def _taken(action: Array, shape: tuple[int, ...], best: Array, leading: tuple[int, ...]) -> Array:
    """Of an action with leading axes `leading` the ones at `best` along the first."""
    whole = np.broadcast_to(action, (*leading, *shape))
    index = best.reshape(1, *best.shape, *(1,) * len(shape))
    return np.take_along_axis(whole, index, axis=0)[0]
