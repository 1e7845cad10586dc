"""Where an environment's markets come from: a market, a name in the catalogue, or a sampler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..market import Market
from .dynamics import MarketSampler


@dataclass(frozen=True, eq=False)
class MarketSource:
    """A market to play, or a sampler to draw one from at every reset, and the size that both keep.

    Attributes:
        market: what `MarketDynamics.reset` takes.
        num_models: M.
        num_users: K.
    """

    market: Market | MarketSampler
    num_models: int
    num_users: int


def market_source(market: Market | str | MarketSampler) -> MarketSource:
    """The source that `market` names.

    A sampler is drawn from once, with a generator of its own, to learn its size.

    Raises:
        ValueError: the name is not in the catalogue, or it is a batch of markets.
        TypeError: it is no Market, name or sampler, or the sampler does not return a Market.
    """
    if isinstance(market, str):
        from ..markets import load

        market = load(market)
    first = market(np.random.default_rng(0)) if callable(market) else market
    if not isinstance(first, Market):
        raise TypeError(f"market must be a Market, a catalogue name or a sampler rng -> Market; got {first!r}")
    if first.batch_shape:
        raise ValueError(f"market is a batch {first.batch_shape}; an environment plays one market at a time")
    return MarketSource(market, first.num_models, first.num_users)
