"""Other pools and other users of the same market: what if some models were not there, or the users were others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

import numpy as np

from ..arguments import real_number
from ..market import Market
from ..messages import listed, shown


def without(market: Market, names: Iterable[str]) -> Market:
    """The market without the models of these names, for example to ask what one of them is worth.

    Args:
        market: one market, or a batch.
        names: of models of the market.

    Raises:
        ValueError: the market has no such model, or none would be left.
        TypeError: `names` is one string.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["poet", "coder"])
        >>> without(market, ["poet"]).model_names
        ('coder',)
    """
    if isinstance(names, str):
        raise TypeError(f"names must be a list of names; got {shown(names)}")
    left_out = set(names)
    for name in left_out:
        if name not in market.model_names:
            raise ValueError(f"the market has no model {shown(name)} to leave out; it has {listed(market.model_names)}")
    kept = [j for j, name in enumerate(market.model_names) if name not in left_out]
    if not kept:
        raise ValueError("no model would be left")
    return market.only(kept)


def weighted(market: Market, shares: Mapping[str, float]) -> Market:
    """The market with other masses: the shares of the user types that are named, over their sum; others have none.

    Args:
        market: one market, or a batch, all of which get these masses.
        shares: by the names of user types of the market; finite, >= 0, and not all 0.

    Raises:
        ValueError: the market has no such user type, or the shares are not such.
        TypeError: a share is not a number.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], user_names=["chat", "code"])
        >>> weighted(market, {"code": 3, "chat": 1}).masses
        array([0.25, 0.75])
    """
    for name in shares:
        if name not in market.user_names:
            near = get_close_matches(str(name), market.user_names, 3, 0.5)
            hint = f"did you mean {' or '.join(map(shown, near))}?" if near else f"it has {listed(market.user_names)}"
            raise ValueError(f"the market has no user type {shown(name)}; {hint}")
    values = {name: real_number(f"the share of {shown(name)}", share) for name, share in shares.items()}
    total = sum(values.values())
    if not (0 < total < float("inf") and min(values.values()) >= 0):
        raise ValueError(f"the shares of user types must be finite, >= 0 and not all 0; got {shown(dict(values))}")
    masses = np.array([values.get(name, 0.0) / total for name in market.user_names])
    return replace(market, masses=masses, mass_concentration=None)
