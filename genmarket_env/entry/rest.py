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
from typing import Any

import numpy as np

from .. import kernel
from ..best_reply import BEST_REPLY_TOL
from ..choice import ChoiceRule, HardMax
from ..equilibrium.best_response_graph import MAX_NODES, ResponseGraph, response_graph
from ..equilibrium.checks import check_one_market
from ..equilibrium.multiset_payoffs import all_multisets, opponents_faced, payoffs_against
from ..equilibrium.pure_nash import pure_equilibria
from ..game import checked_platforms
from ..market import FloatArray, IntArray, Market

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
    return _of_payoffs(market, payoffs_against(market, platforms, choice), platforms, choice)


def rests_of_entrants(
    market: Market, entrant_scores: FloatArray, num_platforms: int, choice: ChoiceRule = HardMax()
) -> Iterator[tuple[Rest, ...]]:
    """The rests of a market with each of many entrants in turn, the entrant its last model.

    What incumbents earn among themselves is computed once.

    Args:
        market: the incumbents, one market.
        entrant_scores: `(candidates, users)`, in [0, 1].
        num_platforms: at least 1.
        choice: how users choose; any rule that treats platforms alike.

    Raises:
        ValueError, TypeError: as `rests`.
    """
    check_one_market(market, choice, "rests_of_entrants")
    platforms, entrant = checked_platforms(num_platforms), market.num_models
    everyone = (Market(np.vstack([market.scores, scores]), market.masses) for scores in entrant_scores)
    if math.comb(entrant + platforms, platforms) > MAX_NODES:
        yield from (rests(entered, platforms, choice) for entered in everyone)
        return
    among = payoffs_against(market, platforms, choice)
    with_it = all_multisets(entrant + 1, platforms)
    with_it = with_it[with_it[:, -1] == entrant]
    faced = opponents_faced(with_it)
    for entered in everyone:
        earned = np.empty((int(faced.max()) + 1, entrant + 1))
        # The places of multisets without the last model come first.
        earned[: len(among), :entrant] = among
        earned[faced, with_it] = kernel.payoffs(entered.scores, entered.masses, with_it, choice)
        yield _of_payoffs(entered, earned, platforms, choice)


def _of_payoffs(market: Market, earned: FloatArray, platforms: int, choice: ChoiceRule) -> tuple[Rest, ...]:
    """The rests, given what each model earns against each multiset of opponents, by its place."""
    played = _models_in_play(earned, market.num_models, platforms)
    if platforms == 1:
        return _of_equilibria(played[:, None])
    smaller = Market(market.scores[played], market.masses)
    return _of_graph(response_graph(smaller, platforms, choice), played)


def _models_in_play(earned: FloatArray, models: int, platforms: int) -> IntArray:
    """The models that remain when those are left out that are no best reply to any opponents that remain, in order.

    Only these are in rests: a platform with any other model gains by a move, whatever the opponents, and none moves to
    it. Best replies to the remaining models are the same without the others, so the graph can be restricted to them.
    """
    replies = earned >= earned.max(axis=1, keepdims=True) - BEST_REPLY_TOL
    # In the order of the places of multisets, which is colexicographic.
    opponents = all_multisets(models, platforms - 1)
    opponents = opponents[np.lexsort(opponents.T)] if platforms > 1 else opponents
    while True:
        kept = replies.any(axis=0)
        possible = kept[opponents].all(axis=1)
        if possible.all():
            return np.flatnonzero(kept)
        replies, opponents = replies[possible], opponents[possible]


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
