"""Who offers which model at which price: real platforms with their portfolios, from the table of models.dev.

Names of models are matched by their key: without the vendor before the last slash or the first dots of Amazon's names,
in small letters, with hyphens for dots, blanks and underscores. A market's model is matched by the first of these that
some platform offers: its name without `-high` or `-xhigh`, its name, what `ALIASES` says that a short name stands for,
the name without any effort (`-max-effort`, `-thinking-auto-high-effort`), and without `-thinking` or `-reasoning` too.
Offers count whether their name ends in a date or not, but for `SNAPSHOTS`. Variants with other names, such as `-fast`,
are other models. Of several offers of a platform the cheapest counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked_integer, real_number
from ..market import FloatArray, Market
from ..market_checks import read_only
from ..messages import listed, shown
from ..tolerances import EQUAL
from .packaged import packaged_text

BoolArray = NDArray[np.bool_]

DATA = "offers-2026-07"

ALIASES = {
    "claude-v4": "claude-sonnet-4",
    "ds-v3-1-tms": "deepseek-v3-1-terminus",
    "gemini-flash": "gemini-2-5-flash",
    "gemini-pro": "gemini-2-5-pro",
    "gpt-5-chat": "gpt-5-chat-latest",
    "qwen3-235b": "qwen3-235b-a22b-instruct-2507",
    "qwen3-thinking": "qwen3-235b-a22b-thinking-2507",
}
"""What LLMRouterBench's short names stand for, read by us from its prices and dates."""

SNAPSHOTS = frozenset(("gpt-4o-2024-05-13",))
"""Dated models that differ from those of the same name without a date, in price too."""

_VENDOR = re.compile(
    r"^(?:(?:us|eu|apac|jp|au|ca|global)\.)?(?:amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshotai?|"
    r"nvidia|openai|qwen|writer|zai)\."
)
_MAKER = re.compile(r"^(?:meta-(?=llama)|anthropic-(?=claude)|openai-(?=gpt|o\d))")
_EFFORT = re.compile(r"(?:-thinking-(?:auto|\d+k))?(?:-\(?(?:x?high|medium|low|max|min(?:imal)?)\)?)?(?:-effort)?$")
_HIGH = re.compile(r"-x?high(?:-effort)?$")
_MODE = re.compile(r"-(?:thinking|reasoning)$")
_DATE = re.compile(r"-20\d\d-?[01]\d-?[0-3]\d$")

PRICE_DECIMALS = 12
"""A price that is one and the same for all user types stays itself, whatever their masses sum to in floats."""


@dataclass(frozen=True, eq=False)
class Platforms:
    """Platforms that offer models of a market.

    Attributes:
        names: the platforms, in alphabetical order.
        models: the models of the market, in its order; those that nobody here offers too.
        access: `(platforms, models)`, whether the platform offers the model: its portfolio is a row.
        prices: `(platforms, models)`, what it takes for it, in `unit`; NaN where it does not offer it.
        matched: the model of the table that each model was taken for, by its name; without those that nobody offers.
        unit: what a price is.
        source: what to cite.
        licence: the terms of the numbers.
    """

    names: tuple[str, ...]
    models: tuple[str, ...]
    access: BoolArray
    prices: FloatArray
    matched: Mapping[str, str]
    unit: str
    source: str
    licence: str

    def __repr__(self) -> str:
        return f"Platforms({len(self.names)} platforms, {len(self.matched)} of {len(self.models)} models)"

    def portfolio(self, platform: str) -> dict[str, float]:
        """What a platform offers: the price of each model, by name.

        Raises:
            ValueError: there is no such platform.
        """
        i = self._index(platform)
        return {self.models[j]: float(self.prices[i, j]) for j in np.flatnonzero(self.access[i]).tolist()}

    def only(self, names: Iterable[str]) -> Platforms:
        """These platforms alone, in this order.

        Raises:
            ValueError: there is no such platform, one is given twice, or none is given.
            TypeError: `names` is one string.
        """
        if isinstance(names, str):
            raise TypeError(f"names must be a list of platforms; got {shown(names)}")
        names = tuple(names)
        if not names or len(set(names)) < len(names):
            raise ValueError(f"names must be different platforms, at least one; got {shown(list(names))}")
        kept = [self._index(name) for name in names]
        return replace(self, names=names, access=self.access[kept], prices=self.prices[kept])

    def shares(self, given: Mapping[str, float]) -> FloatArray:
        """A table of market shares as a row in the order of the platforms, `(platforms,)`, divided by its sum.

        Args:
            given: finite numbers > 0 in any unit, one for each of the platforms; `only` leaves the others out.

        Raises:
            ValueError: a platform is missing or not among these, or a share is out of range.
            TypeError: a share is not a number.
        """
        for name in given:
            self._index(name)
        for name in self.names:
            if name not in given:
                raise ValueError(
                    f"there is no share of {shown(name)}; give one for each platform, or leave it out by only"
                )
        values = np.array([real_number(f"the share of {shown(name)}", given[name]) for name in self.names])
        bad = ~((values > 0) & np.isfinite(values))
        if bad.any():
            i = int(bad.argmax())
            raise ValueError(f"the share of {shown(self.names[i])} is {values[i]:g}; it must be finite and > 0")
        return read_only(values / values.sum())

    def market(self, market: Market) -> Market:
        """The platforms as they are: each is one composite model that serves each user type by its best model.

        Args:
            market: the one that the platforms are of, with any masses, or a batch of it.

        Returns:
            A market whose models are the platforms: a score is that of the platform's best model for the user type, the
            price that of the models that serve the users, by mass; of equal models the cheapest serves.

        Raises:
            ValueError: the market has other models.

        Source: perfect routing, as in `portfolios`.

        Example:
            >>> from genmarket_env import markets
            >>> livebench = markets.load("livebench-2026-06")
            >>> offered = markets.platforms(livebench).only(["anthropic", "openai", "google"])
            >>> offered.market(livebench).scores[:, 0].round(3)
            array([0.896, 0.896, 0.84 ])
        """
        if market.model_names != self.models:
            raise ValueError("market takes the one market that the platforms are of: its models are others")
        scores = np.where(self.access[:, :, None], market.scores[..., None, :, :], -np.inf)
        best = scores.max(axis=-2)
        serving = np.where(scores >= best[..., None, :] - EQUAL, self.prices[:, :, None], np.inf).min(axis=-2)
        return Market(
            best,
            market.masses,
            model_names=self.names,
            user_names=market.user_names,
            mass_concentration=market.mass_concentration,
            prices=np.matmul(serving, market.masses[..., None])[..., 0].round(PRICE_DECIMALS),
            price_unit=self.unit,
        )

    def _index(self, platform: str) -> int:
        if platform not in self.names:
            raise ValueError(f"there is no platform {shown(platform)}; known: {listed(self.names)}")
        return self.names.index(platform)


def platforms(market: Market, *, least: int = 2) -> Platforms:
    """The platforms that offer at least so many of the market's models, with their true portfolios and prices.

    The table is that of models.dev of 2026-07-02, 147 platforms; offers without a price or at 0, such as those of
    plans and free tiers, do not count.

    Args:
        market: one market, or a batch; its models are matched by name, see the module.
        least: >= 1, how many models a platform offers at least.

    Raises:
        ValueError: no platform offers so many of them.
        TypeError: `least` is not an integer, or `market` is no Market.

    Example:
        >>> from genmarket_env import markets
        >>> offered = markets.platforms(markets.load("livebench-2026-06"))
        >>> offered.portfolio("anthropic")["claude-fable-5-max-effort"]
        50.0
        >>> bool((offered.access.sum(axis=1) >= 2).all())
        True
    """
    if not isinstance(market, Market):
        raise TypeError(f"platforms takes a Market; got {shown(market)}")
    least = checked_integer("least", least, 1)
    table = _table()
    offered = {key for prices in table.offers.values() for key in prices}
    found = {name: keys for name in market.model_names if (keys := _matches(name, offered))}
    prices = np.full((len(table.offers), market.num_models), np.nan)
    for i, of_platform in enumerate(table.offers.values()):
        for j, name in enumerate(market.model_names):
            known = [of_platform[key] for key in found.get(name, ()) if key in of_platform]
            if known:
                prices[i, j] = min(known)
    kept = (~np.isnan(prices)).sum(axis=1) >= least
    if not kept.any():
        raise ValueError(f"no platform of the table offers {least} of the models {listed(market.model_names)}")
    prices = read_only(prices[kept])
    access = ~np.isnan(prices)
    access.flags.writeable = False
    return Platforms(
        tuple(name for name, keep in zip(table.offers, kept, strict=True) if keep),
        market.model_names,
        access,
        prices,
        {name: keys[0] for name, keys in found.items()},
        table.unit,
        table.source,
        table.licence,
    )


def key_of(name: str) -> str:
    """The name of a model without what platforms vary.

    Example:
        >>> key_of("us.anthropic.claude-opus-4-8"), key_of("Anthropic/Claude_Opus.4.8")
        ('claude-opus-4-8', 'claude-opus-4-8')
    """
    key = _VENDOR.sub("", name.strip().lower().rpartition("/")[2], count=1)
    return _MAKER.sub("", re.sub(r"[._\s]+", "-", key), count=1)


def _matches(name: str, offered: set[str]) -> tuple[str, ...]:
    """The keys of offers that are the model of that name, the nearest first; none if nobody offers it."""
    key = key_of(name)
    short = _EFFORT.sub("", key)
    for candidate in (_HIGH.sub("", key), key, ALIASES.get(key, key), short, _MODE.sub("", short)):
        same = [candidate] if candidate in SNAPSHOTS else [candidate, *_other_dates(candidate, offered)]
        if there := tuple(one for one in dict.fromkeys(same) if one in offered):
            return there
    return ()


def _other_dates(key: str, offered: set[str]) -> list[str]:
    """The same name without its date, or with one."""
    bare = _DATE.sub("", key)
    if bare != key:
        return [bare]
    return sorted(one for one in offered - SNAPSHOTS if one.startswith(f"{key}-20") and _DATE.sub("", one) == key)


@dataclass(frozen=True)
class _Table:
    offers: Mapping[str, Mapping[str, float]]
    unit: str
    source: str
    licence: str


@cache
def _table() -> _Table:
    content = json.loads(packaged_text(DATA))
    return _Table(content["platforms"], content["unit"], content["source"], content["licence"])
