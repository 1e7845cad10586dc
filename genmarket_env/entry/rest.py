"""Where the platforms of a market come to rest: its pure Nash equilibria, or the cycles that they cannot leave.

A cycle is a terminal strongly connected component of the best-response graph, with more than one profile: what
platforms that move one at a time to best replies cannot leave, whatever the order of moves and the breaking of ties
(`genmarket_env.equilibrium.response_graph`). Its profiles count by the share of time spent in them when at each step a
platform drawn uniformly from those that gain by a move moves to a model drawn uniformly from its best replies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from .. import kernel
from ..choice import ChoiceRule, HardMax
from ..equilibrium.best_response_graph import MAX_NODES, ResponseGraph, response_graph
from ..equilibrium.checks import check_one_market
from ..equilibrium.multiset_payoffs import all_multisets, opponents_faced, payoffs_against
from ..equilibrium.pure_nash import pure_equilibria
from ..game import checked_platforms
from ..market import FloatArray, IntArray, Market
from ..tolerances import REGRET_TOL

_BLOCK_STEPS = 2_000_000

_DENSE = 300
"""Cycles of so many profiles are solved as dense systems, which are quicker to set up."""


@dataclass(frozen=True, eq=False)
class Rest:
    """An equilibrium, or a cycle and the share of time spent in each of its profiles.

    Attributes:
        profiles: sorted, in lexicographic order, `(length, platforms)`; the length is 1 for an equilibrium.
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
    check_one_market(market, choice, "rests")
    platforms = checked_platforms(num_platforms)
    if math.comb(market.num_models + platforms - 1, platforms) > MAX_NODES:
        equilibria = pure_equilibria(market, platforms, choice)
        if len(equilibria):
            return _of_equilibria(equilibria)
        return _of_graph(response_graph(market, platforms, choice), np.arange(market.num_models))
    earned = payoffs_against(market, platforms, choice)
    best = earned.max(axis=1)
    return _of_payoffs(market, earned, best, _models_in_play(earned, best, platforms), platforms, choice)


class EntrantRests:
    """The rests of one market with any entrant; what incumbents earn among themselves is computed once, at creation.

    Args:
        market: the incumbents, one market.
        platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.
    """

    def __init__(self, market: Market, platforms: int, choice: ChoiceRule) -> None:
        self._market, self._platforms, self._choice = market, platforms, choice
        models = market.num_models + 1
        self._tabulated = math.comb(models + platforms - 1, platforms) <= MAX_NODES
        if self._tabulated:
            profiles = all_multisets(models, platforms)
            self._with_it = profiles[profiles[:, -1] == models - 1]
            self._faced = opponents_faced(self._with_it)
            self._among = payoffs_against(market, platforms, choice)

    def of_each(self, entrant_scores: FloatArray) -> Iterator[tuple[Rest, ...]]:
        """The rests with each candidate `(candidates, users)` in turn, the candidate the last model."""
        if not self._tabulated:
            for scores in entrant_scores:
                yield rests(self._entered(scores), self._platforms, self._choice)
            return
        size = max(1, _BLOCK_STEPS // (self._with_it.size * self._market.num_users))
        for start in range(0, len(entrant_scores), size):
            block = entrant_scores[start : start + size]
            for scores, earned in zip(block, self._earned(block), strict=True):
                best = earned.max(axis=1)
                played = _models_in_play(earned, best, self._platforms)
                if played[-1] < self._market.num_models:
                    yield self._without
                else:
                    yield _of_payoffs(self._entered(scores), earned, best, played, self._platforms, self._choice)

    @cached_property
    def _without(self) -> tuple[Rest, ...]:
        """The rests if nobody deploys the entrant."""
        return rests(self._market, self._platforms, self._choice)

    def _earned(self, entrant_scores: FloatArray) -> FloatArray:
        """What each model earns against each multiset of opponents with each candidate: `(candidates, places, models)`.

        The places of multisets without the entrant come first.
        """
        incumbents, masses = self._market.scores, self._market.masses
        pools = np.empty((len(entrant_scores), 1, len(incumbents) + 1, len(masses)))
        pools[..., :-1, :], pools[..., -1, :] = incumbents, entrant_scores[:, None]
        earned = np.empty((len(pools), int(self._faced.max()) + 1, len(incumbents) + 1))
        earned[:, : len(self._among), :-1] = self._among
        earned[:, self._faced, self._with_it] = kernel.payoffs(pools, masses, self._with_it, self._choice)
        return earned

    def _entered(self, scores: FloatArray) -> Market:
        return Market(np.vstack([self._market.scores, scores]), self._market.masses)


def _of_payoffs(
    market: Market, earned: FloatArray, best: FloatArray, played: IntArray, platforms: int, choice: ChoiceRule
) -> tuple[Rest, ...]:
    """The rests, given what models earn against each multiset of opponents, the best of it, and the models in play."""
    profiles = played[all_multisets(len(played), platforms)]
    faced = opponents_faced(profiles)
    stays = (best[faced] - earned[faced, profiles] <= REGRET_TOL).all(axis=1)
    if stays.any():
        return _of_equilibria(profiles[stays])
    return _of_graph(response_graph(Market(market.scores[played], market.masses), platforms, choice), played)


def _models_in_play(earned: FloatArray, best: FloatArray, platforms: int) -> IntArray:
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


def _of_equilibria(equilibria: IntArray) -> tuple[Rest, ...]:
    return tuple(Rest(profile[None], np.ones(1)) for profile in equilibria)


def _of_graph(graph: ResponseGraph, models: IntArray) -> tuple[Rest, ...]:
    """The rests of a graph whose models are numbered by their place in `models`, which ascend."""
    if len(graph.sinks):
        return _of_equilibria(models[graph.sinks])
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
