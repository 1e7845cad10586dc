"""Where the platforms of a market come to rest: its pure Nash equilibria, or the cycles that they cannot leave.

A cycle is a terminal strongly connected component of the best-response graph, with more than one profile: what
platforms that move one at a time to best replies cannot leave, whatever the order of moves and the breaking of ties
(`genmarket_env.equilibrium.response_graph`). Its profiles count by the share of time spent in them when at each step a
platform drawn uniformly from those that gain by a move moves to a model drawn uniformly from its best replies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..exact import ResponseGraph, payoffs_against, pure_equilibria, response_graph
from ..exact.best_response_graph import MAX_NODES
from ..exact.multisets import all_multisets, opponents_faced
from ..market import FloatArray, IntArray, Market
from ..tolerances import REGRET_TOL
from .market_game import MarketGame, game_of

_DENSE = 300
"""Cycles of so many profiles are solved as dense systems, which are quicker to set up."""


@dataclass(frozen=True, eq=False)
class Rest:
    """An equilibrium, or a cycle and the share of time spent in each of its profiles.

    Attributes:
        profiles: `(length, platforms)`; the length is 1 for an equilibrium.
        weights: the shares of time, `(length,)`, positive, summing to 1.
    """

    profiles: IntArray
    weights: FloatArray

    @property
    def is_equilibrium(self) -> bool:
        """Whether it is one profile, a pure Nash equilibrium."""
        return len(self.profiles) == 1


def rests(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> tuple[Rest, ...]:
    """Every pure Nash equilibrium; or if there is none every cycle that platforms cannot leave. At least one. Derived.

    These are the parts of `limit_set(game, otherwise="cycles")`; profiles are sorted, in lexicographic order.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, too many multisets to search for equilibria, or no
            equilibrium and more than 200,000 multisets to search for cycles.
        TypeError: `market` is no Market, `choice` no rule, or `num_platforms` not an integer.

    Example:
        >>> (rest,) = rests(Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4]), 2)
        >>> rest.profiles, rest.weights
        (array([[0, 1]]), array([1.]))
    """
    return rests_of(game_of("rests", market, num_platforms, choice))


def rests_of(game: MarketGame) -> tuple[Rest, ...]:
    """`rests` of a game; the same errors but for those of its parts."""
    if not game.alike or math.comb(game.num_models + game.num_platforms - 1, game.num_platforms) > MAX_NODES:
        equilibria = pure_equilibria(game)
        if len(equilibria):
            return of_equilibria(equilibria)
        return rests_of_graph(response_graph(game), np.arange(game.num_models))
    earned = payoffs_against(game)
    best = earned.max(axis=1)
    return of_payoffs(game, earned, best, models_in_play(earned, best, game.num_platforms))


def of_payoffs(game: MarketGame, earned: FloatArray, best: FloatArray, played: IntArray) -> tuple[Rest, ...]:
    """The rests, given what models earn against each multiset of opponents, the best of it, and the models in play."""
    profiles = played[all_multisets(len(played), game.num_platforms)]
    faced = opponents_faced(profiles)
    stays = (best[faced] - earned[faced, profiles] <= REGRET_TOL).all(axis=1)
    if stays.any():
        return of_equilibria(profiles[stays])
    return rests_of_graph(response_graph(game.restricted(played)), played)


def models_in_play(earned: FloatArray, best: FloatArray, platforms: int) -> IntArray:
    """The models that remain when those are left out that are no best reply to any opponents that remain, in order.

    Only these are in rests: a platform with any other model gains by a move, whatever the opponents, and none moves to
    it. Best replies to the remaining models are the same without the others, so the graph can be restricted to them.
    """
    replies = earned >= best[:, None] - REGRET_TOL
    opponents = _opponents_by_place(earned.shape[1], platforms - 1)
    while True:
        kept: Any = replies.any(axis=0)
        possible = kept[opponents].all(axis=1)
        if possible.all():
            return np.flatnonzero(kept)
        replies, opponents = replies[possible], opponents[possible]


@lru_cache(maxsize=8)
def _opponents_by_place(models: int, size: int) -> IntArray:
    """The multisets of so many opponents in the order of their places, which is colexicographic."""
    opponents = all_multisets(models, size)
    return opponents[np.lexsort(opponents.T)] if size else opponents


def of_equilibria(equilibria: IntArray) -> tuple[Rest, ...]:
    """The rests of a market with these pure equilibria `(E, platforms)`."""
    return tuple(Rest(profile[None], np.ones(1)) for profile in equilibria)


def rests_of_graph(graph: ResponseGraph, models: IntArray) -> tuple[Rest, ...]:
    """The rests of a graph whose models are numbered by their place in `models`, which ascend."""
    if len(graph.sinks):
        return of_equilibria(models[graph.sinks])
    node = {tuple(profile): index for index, profile in enumerate(graph.profiles.tolist())}
    cycles = [np.array([node[tuple(profile)] for profile in cycle.tolist()]) for cycle in graph.cycles]
    return tuple(Rest(models[graph.profiles[nodes]], _stationary(graph.moves[nodes][:, nodes])) for nodes in cycles)


def _stationary(moves: Any) -> FloatArray:
    """The share of time that a chain which never leaves `moves`, sparse `(length, length)`, spends in each node.

    It solves `w = w @ moves` with `sum(w) = 1`; the last of the equations follows from the others.
    """
    length = moves.shape[0]
    target = np.append(np.zeros(length - 1), 1.0)
    if length <= _DENSE:
        dense = np.eye(length) - moves.toarray().T
        dense[-1] = 1.0
        weights = np.linalg.solve(dense, target)
    else:
        from scipy.sparse import csc_array, eye_array, vstack
        from scipy.sparse.linalg import spsolve

        balance = (eye_array(length, format="csr") - moves.T).tocsr()[:-1]
        weights = spsolve(vstack([balance, csc_array(np.ones((1, length)))], format="csc"), target)
    return np.maximum(weights, 0) / np.maximum(weights, 0).sum()
