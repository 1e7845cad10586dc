"""What follows if one player leaves the path for one round: whether it is punished, and whether that is forgiven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..market import FloatArray, IntArray
from .best_response import as_shares, discounted
from .game import RepeatedGame
from .limit import Limit


@dataclass(frozen=True, eq=False)
class Response:
    """Play around a deviation, from each profile of the cycle in turn.

    Attributes:
        actions: of the deviator and then of the others in their order, `(starts, rounds, N)`; the first round is the
            one before the deviation, the second that of the deviation.
        without: the same if nobody had deviated.
        gain: what the deviator wins by it in discounted payoffs, as `as_shares` counts, `(starts,)`.
    """

    actions: IntArray
    without: IntArray
    gain: FloatArray


def response_to_deviation(game: RepeatedGame, limit: Limit, player: int, rounds: int) -> Response:
    """One player gives the best reply of the stage game to what the others are about to do, once; all then go on.

    Where its best reply is what it does in any case there is nothing to see: those profiles of the cycle are left out.

    Args:
        game: the game.
        limit: play before.
        player: who deviates.
        rounds: how many are shown, at least 2.

    Source: Calvano et al. 2020, Section III.

    Example:
        >>> from genmarket_env.repeated.limit import limit_from
        >>> dilemma = RepeatedGame(np.array([[[2, 2], [0, 3]], [[3, 0], [1, 1]]]), 0.9)
        >>> tit_for_tat = np.array([[0, 1, 0, 1], [0, 0, 1, 1]])  # each does what the other did
        >>> response_to_deviation(dilemma, limit_from(dilemma, tit_for_tat, 0), 0, 4).actions.tolist()
        [[[0, 0], [1, 0], [0, 1], [1, 0]]]
    """
    strategies = limit.strategies
    following = strategies.T @ game.strides
    about = game.profile_of(following[limit.cycle])
    stride = game.strides[player]
    tried = (following[limit.cycle] - about[:, player] * stride)[:, None] + np.arange(game.actions) * stride
    reply = game.payoffs[tried, player].argmax(axis=1)
    differs = reply != about[:, player]
    deviated = tried[np.arange(len(tried)), reply][differs]
    order = [player, *(other for other in range(game.players) if other != player)]
    start = limit.cycle[differs]
    worth = discounted(game.payoffs[:, player], following, game.discount)
    instead = game.payoffs[deviated, player] + game.discount * worth[deviated]
    gain = as_shares(game, instead - worth[start], worth[start])
    paths = [_path(following, start, first, rounds) for first in (deviated, following[start])]
    actions, without = (game.profile_of(path)[..., order] for path in paths)
    return Response(actions, without, gain)


def _path(following: IntArray, start: IntArray, second: IntArray, rounds: int) -> IntArray:
    """The states `(starts, rounds)` from the first two on."""
    path = [start, second]
    for _ in range(rounds - 2):
        path.append(following[path[-1]])
    return np.stack(path, axis=-1)
