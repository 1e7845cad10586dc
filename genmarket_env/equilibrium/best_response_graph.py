"""The best-response graph of the market game: see `genmarket_env.exact.best_response_graph`."""

from __future__ import annotations

from .. import exact
from ..choice import ChoiceRule, HardMax
from ..exact.best_response_graph import MAX_NODES, ResponseGraph
from ..market import Market
from ..tolerances import REGRET_TOL
from .market_game import game_of

__all__ = ["MAX_NODES", "ResponseGraph", "response_graph"]


def response_graph(
    market: Market, num_platforms: int, choice: ChoiceRule = HardMax(), *, tol: float = REGRET_TOL
) -> ResponseGraph:
    """The best-response graph over multisets, its sinks, the cycles without a way out, and what share ends in each.

    An edge is the move of one platform whose regret exceeds `tol` to one of its best replies (within 1e-12 of the
    best). The sinks are what `pure_equilibria` finds. The paper's cycles (Def. 2.3) are of deterministic dynamics; the
    components are what random orders and random ties cannot leave either. Derived.

    Args:
        market: one market.
        num_platforms: at least 1.
        choice: how users choose; it must treat platforms alike.
        tol: the largest regret of a platform that stays, in units of payoff, >= 0.

    Raises:
        ValueError: a batch of markets, `num_platforms` below 1, `tol` negative or NaN, or more than 200,000 multisets.
        TypeError: `market` is no Market, `choice` no rule, `num_platforms` not an integer, or `tol` no number.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> graph = response_graph(market, 2)
        >>> graph.sinks, graph.sink_shares, graph.cycles
        (array([[0, 1]]), array([1.]), ())
        >>> list(graph.graph.edges)
        [((0, 0), (0, 1)), ((1, 1), (0, 1))]
    """
    return exact.response_graph(game_of("response_graph", market, num_platforms, choice), tol=tol)
