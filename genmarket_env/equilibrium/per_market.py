"""Remember what a solver derives from a market alone, for as long as the market lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from ..compiled import RuleParameters
from ..market import Market

Derived = TypeVar("Derived")
Derivation = Callable[[Market, RuleParameters], Derived]


def latest_per_market(derive: Derivation[Derived]) -> Derivation[Derived]:
    """Keep the latest result of `derive` for each market: repeated calls with one rule find it again.

    Rules are compared by identity, since `compiled.parameters` returns the same object for the same rule.
    """
    latest: WeakKeyDictionary[Market, tuple[RuleParameters, Derived]] = WeakKeyDictionary()

    @wraps(derive)
    def remembered(market: Market, rule: RuleParameters) -> Derived:
        found = latest.get(market)
        if found is not None and found[0] is rule:
            return found[1]
        derived = derive(market, rule)
        latest[market] = (rule, derived)
        return derived

    return remembered
