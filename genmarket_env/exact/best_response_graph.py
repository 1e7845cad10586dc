"""The best-response graph: which profile follows which when one player at a time moves to a best reply.

Players are alike, so its nodes are sorted multisets of actions. A sink, which no player leaves, is a pure
Nash equilibrium. Other strongly connected components without a way out are the cycles that dynamics cannot leave,
whatever the order of moves and the breaking of ties. Every path ends in one or the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..arguments import checked_real
from ..market import FloatArray, IntArray
from ..protocol import Game
from ..tolerances import REGRET_TOL
from .deciders import Deciders, deciders_of
from .effort import check_size
from .multisets import all_multisets, opponents_faced, places
from .symmetric_games import payoffs_against, sizes_of

MAX_NODES = 200_000
"""The most multisets of a graph: some seconds."""

_BLOCK = 2_000_000
_STEPS = 1_000
_LOST = 1e-15


@dataclass(frozen=True, eq=False)
class ResponseGraph:
    """The best-response graph of a game, where it ends, and from how many starts.

    A share is the probability to end there from a start drawn uniformly from all M^N profiles, when at each step a
    player drawn uniformly from those that gain by a move moves to a action drawn uniformly from its best replies.

    Attributes:
        profiles: the nodes, all sorted multisets in lexicographic order, `(nodes, players)`.
        moves: the probability of each next node, a SciPy sparse array `(nodes, nodes)`; the row of a sink is empty.
        sinks: the pure Nash equilibria, `(sinks, players)`, in lexicographic order.
        sink_shares: the share that ends in each, `(sinks,)`.
        cycles: the terminal strongly connected components of more than one profile, each `(length, players)` in
            lexicographic order, ordered by their first profiles.
        cycle_shares: the share that ends in each, `(cycles,)`. All shares sum to 1.
    """

    profiles: IntArray
    moves: Any
    sinks: IntArray
    sink_shares: FloatArray
    cycles: tuple[IntArray, ...]
    cycle_shares: FloatArray

    @cached_property
    def graph(self) -> Any:
        """The `networkx.DiGraph` of the profiles, as tuples; each edge has the `probability` of that next profile."""
        import networkx as nx

        nodes = [tuple(profile) for profile in self.profiles.tolist()]
        graph = nx.DiGraph()
        graph.add_nodes_from(nodes)
        edges = self.moves.tocoo()
        for start, end, probability in zip(*(array.tolist() for array in (*edges.coords, edges.data)), strict=True):
            graph.add_edge(nodes[start], nodes[end], probability=probability)
        return graph


def response_graph(game: Game[Any], state: Any = None, *, tol: float = REGRET_TOL) -> ResponseGraph:
    """The best-response graph over multisets, its sinks, the cycles without a way out, and what share ends in each.

    An edge is the move of one player whose regret exceeds `tol` to one of its best replies (within 1e-12 of the best).
    The sinks are what `pure_equilibria` finds. The components are what random orders and random ties cannot leave.
    Derived.

    Args:
        game: a finite game whose players are alike.
        state: of `game.draw`, without batch axes.
        tol: the largest regret of a player that stays, in units of payoff, >= 0.

    Raises:
        ValueError: the players are not alike and the game does not say who decides (`Grouped`), `tol` is negative or
            NaN, or (`TooLarge`) there are more than 200,000 multisets.
        TypeError: `tol` is no number.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> graph = response_graph(AccuracyMarket(correct=[[1, 1, 0], [0, 0, 1]], w=[0.2, 0.3, 0.5]))
        >>> graph.sinks, graph.cycles
        (array([[0, 1]]), ())
        >>> list(graph.graph.edges)
        [((0, 0), (0, 1)), ((1, 1), (0, 1))]
    """
    limit = checked_real("tol", tol, 0, math.inf)
    deciders = deciders_of(game, state)
    if deciders is not None:
        return graph_of_deciders(deciders, limit)
    players, actions = sizes_of(game, state)
    check_size(game, math.comb(actions + players - 1, players), MAX_NODES, "multisets")
    profiles = all_multisets(actions, players)
    return _graph_of(profiles, _moves(profiles, payoffs_against(game, state), limit), _starts(profiles, actions))


def graph_of_deciders(deciders: Deciders, tol: float) -> ResponseGraph:
    """`response_graph` of those who decide in a game."""
    deciders.check(MAX_NODES * deciders.number, "entries in all profiles")
    profiles = deciders.profiles(np.arange(math.prod(deciders.counts)))
    order = np.lexsort(profiles.T[::-1])
    moves = _moves_of_deciders(deciders, tol)[order][:, order]
    return _graph_of(profiles[order], moves, deciders.starts()[order])


def _graph_of(profiles: IntArray, moves: Any, starts: FloatArray) -> ResponseGraph:
    """The graph of these nodes and moves, given the share of starts in each node."""
    labels, terminal = _components(moves)
    ends = _shares(moves, labels, terminal, starts)
    sizes = np.bincount(labels)
    sinks = np.flatnonzero((terminal & (sizes == 1))[labels])
    # `labels` number the components in no particular order.
    in_cycles = labels[(terminal & (sizes > 1))[labels]]
    cycles = in_cycles[np.sort(np.unique(in_cycles, return_index=True)[1])]
    return ResponseGraph(
        profiles=profiles,
        moves=moves,
        sinks=profiles[sinks],
        sink_shares=ends[labels[sinks]],
        cycles=tuple(profiles[labels == label] for label in cycles),
        cycle_shares=ends[cycles],
    )


def _moves(profiles: IntArray, earned: FloatArray, tol: float) -> Any:
    """The probability of each next profile, sparse `(P, P)`, given what actions earn against each set of opponents."""
    from scipy.sparse import csr_array

    nodes, players = profiles.shape
    node_at = np.empty(nodes, np.int64)
    node_at[places(profiles)] = np.arange(nodes)
    size = max(1, _BLOCK // (players * earned.shape[1]))
    rows, columns, data = [], [], []
    for start in range(0, nodes, size):
        block = profiles[start : start + size]
        replies = _improving_replies(block, earned[opponents_faced(block)], tol)
        movers, choices = replies.any(axis=2).sum(axis=1), replies.sum(axis=2)
        # Platforms with the same action have the same moves: the first one stands for all.
        row, player, action = np.nonzero(replies & (np.diff(block, axis=1, prepend=-1) > 0)[..., None])
        alike = _counts(block, earned.shape[1])[row, block[row, player]]
        moved = block[row]
        moved[np.arange(len(row)), player] = action
        rows.append(start + row)
        columns.append(node_at[places(np.sort(moved, axis=1))])
        data.append(alike / (movers[row] * choices[row, player]))
    entries = tuple(np.concatenate(parts) for parts in (data, rows, columns))
    return csr_array((entries[0], entries[1:]), shape=(nodes, nodes))


def _moves_of_deciders(deciders: Deciders, tol: float) -> Any:
    """The probability of each next profile, sparse `(P, P)`: a decider that gains, drawn uniformly, replies best."""
    from scipy.sparse import csr_array

    nodes = math.prod(deciders.counts)
    movers = (deciders.regrets > tol).sum(axis=1)
    rows, columns, data = [], [], []
    first = 0
    for index, (group, multisets) in enumerate(zip(deciders.groups, deciders.multisets, strict=True)):
        earned, faced = deciders.faced(index)
        best = earned >= earned.max(axis=1, keepdims=True) - REGRET_TOL
        place_at = np.empty(len(multisets), np.int64)
        place_at[places(multisets)] = np.arange(len(multisets))
        stride = math.prod(deciders.counts[index + 1 :])
        place = np.arange(nodes) // stride % len(multisets)
        for decider in range(len(group.players)):
            moving = np.flatnonzero(deciders.regrets[:, first + decider] > tol)
            which, strategy = np.nonzero(best[faced[moving, decider]])
            row = moving[which]
            moved = multisets[place[row]]
            moved[:, decider] = strategy
            rows.append(row)
            columns.append(row + stride * (place_at[places(np.sort(moved, axis=1))] - place[row]))
            data.append(1 / (movers[row] * best[faced[row, decider]].sum(axis=1)))
        first += len(group.players)
    return csr_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=(nodes, nodes))


def _improving_replies(profiles: IntArray, deviations: FloatArray, tol: float) -> Any:
    """Whether action `j` is a best reply of player `i` and better than its own by more than `tol`: `(P, N, M)`."""
    own = np.take_along_axis(deviations, profiles[..., None], axis=-1)
    best = deviations.max(axis=-1, keepdims=True)
    return (deviations >= best - REGRET_TOL) & (deviations - own > tol)


def _counts(profiles: IntArray, actions: int) -> IntArray:
    """How many players of each profile deploy each action, `(P, M)`."""
    cells = np.arange(len(profiles))[:, None] * actions + profiles
    return np.bincount(cells.ravel(), minlength=len(profiles) * actions).reshape(-1, actions)


def _components(moves: Any) -> tuple[IntArray, Any]:
    """The strongly connected component of each node, `(nodes,)`, and whether no move leaves it, `(components,)`."""
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(moves, connection="strong")
    start, end = (labels[nodes] for nodes in moves.tocoo().coords)
    terminal = np.ones(count, np.bool_)
    terminal[start[start != end]] = False
    return labels, terminal


def _starts(profiles: IntArray, actions: int) -> FloatArray:
    """The share of the M^N profiles that are permutations of each multiset, `(P,)`."""
    log_factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, profiles.shape[1] + 1)))))
    ways = log_factorials[-1] - log_factorials[_counts(profiles, actions)].sum(axis=1)
    return np.exp(ways - profiles.shape[1] * math.log(actions))


def _shares(moves: Any, labels: IntArray, terminal: Any, starts: FloatArray) -> FloatArray:
    """The probability to end in each component, `(components,)`; 0 in those that moves leave.

    The starts are followed step by step. Most graphs have few loops, so that little is soon under way; what still is
    after many steps is solved for.
    """
    ends = terminal[labels]
    arrived, under_way = np.where(ends, starts, 0.0), np.where(ends, 0.0, starts)
    for _ in range(_STEPS):
        if under_way.sum() <= _LOST:
            break
        step = under_way @ moves
        arrived += np.where(ends, step, 0.0)
        under_way = np.where(ends, 0.0, step)
    else:
        arrived += np.where(ends, _visits(moves, ends, under_way) @ moves, 0.0)
    shares = np.zeros(len(terminal))
    np.add.at(shares, labels, arrived)
    return shares


def _visits(moves: Any, ends: Any, starts: FloatArray) -> FloatArray:
    """The expected visits `v` of each node before an end, `(nodes,)`: `v = starts + v @ moves` on nodes reachable."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import spsolve

    reached, reachable = np.zeros(len(starts), np.bool_), starts > 0
    while (reachable & ~reached).any():
        reached = reachable
        reachable = reached | ((reached @ moves > 0) & ~ends)
    nodes = np.flatnonzero(reached)
    system = eye_array(len(nodes), format="csc") - moves[nodes][:, nodes].T.tocsc()
    visits = np.zeros(len(starts))
    visits[nodes] = spsolve(system, starts[nodes])
    return visits
