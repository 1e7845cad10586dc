"""Where an environment's markets come from: markets, names in the catalogue, or samplers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from ..market import Market
from ..markets.samplers import MarketSampler
from ..plain import market_from
from .dynamics import MarketDraw
from .prices import Prices

MarketSpec = Market | str | Mapping[str, Any] | MarketDraw
"""A market, plain data that describe one such as a name in the catalogue, or a sampler `rng -> Market`.

A sampler is drawn from at every reset; one that has `many`, all markets of a batch at once.
"""


class MarketSource:
    """B markets of one size, drawn anew at every reset where a sampler gives them.

    A sampler is also drawn from once at creation, with a generator of its own, to learn its size.

    Args:
        market: one `MarketSpec` for all, or a sequence of one for each.
        num_markets: B.

    Attributes:
        num_models: M, of every market.
        num_users: K, of every market.
        first: the first of the markets, or the draw from which the size of a sampler's markets is known.
        shared: the market, if all play the same one in every episode; else None.
        stays: whether every episode is played on the same markets.

    Raises:
        ValueError: there are not B of them, they differ in size, one is a batch, or a name is unknown.
        TypeError: one is no Market, name or sampler, or a sampler does not return a Market.
    """

    def __init__(self, market: MarketSpec | Sequence[MarketSpec], num_markets: int) -> None:
        if isinstance(market, Sequence) and not isinstance(market, str):
            given, copies = list(market), 1
        else:
            given, copies = [market], num_markets
        if len(given) * copies != num_markets:
            raise ValueError(f"{len(given)} markets for num_markets={num_markets}; give one for all, or one for each")
        specs = [_loaded(spec) for spec in given]
        firsts = [_drawn(spec, np.random.default_rng(0)) for spec in specs]
        self.num_models, self.num_users = firsts[0].num_models, firsts[0].num_users
        for index, first in enumerate(firsts):
            self._check_size(index, first)
        sampled = any(callable(spec) for spec in specs)
        self.first = firsts[0]
        self.shared = firsts[0] if len(specs) == 1 and not sampled else None
        self.stays = not sampled
        one = specs[0]
        self._at_once = one.many if len(specs) == 1 and isinstance(one, MarketSampler) else None
        self._specs = specs * copies
        self._fixed = None if sampled else Market.stacked(firsts * copies)

    def draw(self, rngs: Sequence[np.random.Generator]) -> Market:
        """The markets of the next episode, a batch `(B,)`, each from its own generator, or all from the first one.

        Raises:
            ValueError: a sampler drew a market of another size than its first, or a batch.
            TypeError: a sampler drew something else than a Market.
        """
        if self._fixed is not None:
            return self._fixed
        if self._at_once is not None:
            return self._checked_batch(self._at_once(rngs[0], len(rngs)), len(rngs))
        markets = [_drawn(spec, rng) for spec, rng in zip(self._specs, rngs, strict=True)]
        for index, market in enumerate(markets):
            self._check_size(index, market)
        return Market.stacked(markets)

    def given(self, market: MarketSpec | Sequence[MarketSpec], rngs: Sequence[np.random.Generator]) -> Market:
        """Other markets of the same size for one episode, a batch `(B,)`, as the argument `market` would give them.

        Raises:
            ValueError, TypeError: as the class, or they have another size.
        """
        others = MarketSource(market, len(rngs))
        self._check_size(0, others.first)
        return others.draw(rngs)

    def with_costs(self, prices: Prices | None) -> Prices | None:
        """Prices with the costs of the market, unless they have their own.

        Raises:
            ValueError: they have none, and it has none, or there is more than one market.
        """
        return None if prices is None else prices.with_costs_of(self.shared)

    def _checked_batch(self, markets: Market, count: int) -> Market:
        if not isinstance(markets, Market) or markets.batch_shape != (count,):
            raise TypeError(
                f"many(rng, {count}) of a sampler must return a batch ({count},) of markets; got {markets!r}"
            )
        self._check_size(0, markets)
        return markets

    def _check_size(self, index: int, market: Market) -> None:
        if (market.num_models, market.num_users) != (self.num_models, self.num_users):
            raise ValueError(
                f"market {index} has {market.num_models} models and {market.num_users} user types, but the first "
                f"had {self.num_models} and {self.num_users}: all markets, and all draws of a sampler, must keep both"
            )


def _loaded(spec: MarketSpec) -> Market | MarketDraw:
    return cast(Market | MarketDraw, market_from(spec))


def _drawn(spec: Market | MarketDraw, rng: np.random.Generator) -> Market:
    market = spec(rng) if callable(spec) else spec
    if not isinstance(market, Market):
        raise TypeError(f"market must be a Market, a catalogue name or a sampler rng -> Market; got {market!r}")
    if market.batch_shape:
        raise ValueError(f"market is a batch {market.batch_shape}; give one market, or a list of them to VectorMarket")
    return market
