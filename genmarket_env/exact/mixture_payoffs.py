"""What each action earns when all other players play one mixture, and how that changes with the mixture.

With `N - 1` others who draw from `x` independently, the expected payoff `u_j(x)` of action `j` is a homogeneous
polynomial of degree `N - 1` in `x`: `u = D x / (N - 1)` with the Jacobian `D[j, l] = du_j / dx_l`, and `D[j, l]` is
`N - 1` times what `j` earns if one of the others takes `l` and the rest draw from `x`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..market import FloatArray
from ..protocol import Game
from .abilities import Mixed, MixturePayoffs
from .effort import check_size
from .multisets import MAX_ENTRIES, all_multisets, orders, places
from .symmetric_games import payoffs_against, sizes_of


def mixture_payoffs(game: Game[Any], state: Any = None) -> MixturePayoffs:
    """The payoffs, and their derivatives, if all others play a mixture: a function of the mixture `(n,)`.

    A game that knows them (`Mixed`) gives them; of any other all that the others can draw is gone through.

    Raises:
        ValueError: the players are not alike, or (`TooLarge`) too much can be drawn.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> payoffs, jacobian = mixture_payoffs(AccuracyMarket(y=(0, 1)))(np.array([0.5, 0.5, 0.0]))
        >>> payoffs, jacobian.shape
        (array([0.25 , 0.625, 0.375]), (3, 3))
    """
    if isinstance(game, Mixed):
        return game.mixture_payoffs(state)
    players, actions = sizes_of(game, state)
    if players == 1:
        alone = payoffs_against(game, state)[0]
        return lambda _: (alone, np.zeros((actions, actions)))
    count = math.comb(actions + players - 3, players - 2)
    check_size(game, count * actions**2, MAX_ENTRIES, "payoffs of pairs against the rest")
    earned = payoffs_against(game, state)
    rest = all_multisets(actions, players - 2)
    one_more = np.empty((len(rest), actions, players - 1), np.int64)
    one_more[..., :-1], one_more[..., -1] = rest[:, None], np.arange(actions)
    faced = places(np.sort(one_more, axis=-1).reshape(-1, players - 1)).reshape(len(rest), actions)
    pairs = np.swapaxes(earned[faced], 1, 2)
    ways = orders(rest)

    def payoffs(mixture: FloatArray) -> tuple[FloatArray, FloatArray]:
        jacobian = (players - 1) * np.tensordot(ways * mixture[rest].prod(axis=1), pairs, axes=1)
        return jacobian @ mixture / (players - 1), jacobian

    return payoffs


def mixed_play(game: Game[Any], state: Any, mixture: FloatArray) -> tuple[FloatArray, float]:
    """What each action earns `(n,)`, and the NashConv, if all players play the mixture."""
    if isinstance(game, Mixed):
        return game.mixed_play(state, mixture)
    earned, _ = mixture_payoffs(game, state)(mixture)
    return earned, len(game.players) * max(0.0, float(earned.max() - mixture @ earned))
