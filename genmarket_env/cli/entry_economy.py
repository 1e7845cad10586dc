"""The option `--economy` of `genmarket entry`: the economy of a market, and what a new model adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arguments import real_array
from ..economy import Economy
from ..market import FloatArray, Market
from ..messages import listed, shown
from ..plain import economy_from
from .economy_asked import NAMED, EconomyAsked, economy_data, economy_in_words

ENTRANT = "entrant"
"""The key of what is said of the new model."""

PARTS = ("utilities", "worths", "access")


def entry_economy_asked(text: str | None, market: Market, num_platforms: int) -> EconomyAsked | None:
    """The economy of the market with the entrant as the last model, whose scores count as 0; None where none is given.

    Args:
        text: a name or a file, as `economy_asked` takes it; the file may have an object `entrant`.
        market: the incumbents.
        num_platforms: at least 1.

    Raises:
        ValueError, TypeError: as `economy_asked`; or what is said of the entrant is missing or does not fit.
    """
    if text is None:
        return None
    if text in NAMED:
        return EconomyAsked(economy_from(text), NAMED[text])
    where, file, data = economy_data(text)
    entrant = data.pop(ENTRANT, {})
    try:
        economy = economy_from(data)
        economy.check_fits(num_platforms, market.num_models, market.num_users)
        found = with_new_model(economy, entrant, market, num_platforms)
        return EconomyAsked(found, economy_in_words({**data, **entrant}, file))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None


def with_new_model(economy: Economy, entrant: Any, market: Market, num_platforms: int) -> Economy:
    """The economy of a market with one more model.

    Args:
        economy: of the incumbents, which fits.
        entrant: of the new model `utilities` and `worths`, a number or one for each user type, and `access`, true or
            false for each platform. What follows the scores comes on top of its own.
        market: the incumbents.
        num_platforms: at least 1.

    Raises:
        ValueError: `entrant` lacks or has a part that the incumbents have or lack, does not fit, or users choose by
            what no score of the entrant moves.
        TypeError: a part is no number, or `access` not true or false.

    Example:
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> net = Economy.net_of_cost(market, [0.5, 0.25])
        >>> with_new_model(net, {"worths": -0.125}, market, 2).worths[-1]
        array([-0.125, -0.125])
    """
    if not isinstance(entrant, Mapping):
        raise TypeError(f"{ENTRANT} is {shown(entrant)}; it is an object of {listed(PARTS)}")
    for name in entrant:
        if name not in PARTS:
            raise ValueError(f"{ENTRANT} has no {shown(name)}; it takes {listed(PARTS)}")
    if economy.utilities is not None and "utilities" not in (economy.follows or ()):
        raise ValueError(
            "users choose by utilities that no score moves, so that it is all one what a new model is good at; "
            '"follows": ["utilities"] lets them follow the scores'
        )
    for name in economy.follows or ():
        if name not in entrant and getattr(economy, name) is not None:
            raise ValueError(
                f"{name} follow the scores, and are what each model has as measured: give those that the new one would "
                f'have at scores of 0, as "{ENTRANT}": {{"{name}": ...}}'
            )
    tables = {name: _rows(name, getattr(economy, name), entrant.get(name), market) for name in ("utilities", "worths")}
    access = _access(economy.access, entrant.get("access"), market, num_platforms)
    return Economy(brands=economy.brands, owners=economy.owners, follows=economy.follows, access=access, **tables)


def _rows(name: str, part: FloatArray | None, given: Any, market: Market) -> FloatArray | None:
    """A part with one more row, for each user type."""
    if given is None:
        if part is not None and part.ndim == 2 and len(part) > 1:
            raise ValueError(
                f'{name} are given model by model: give those of the new one too, as "{ENTRANT}": {{"{name}": ...}}'
            )
        return part
    if part is None:
        raise ValueError(f"{ENTRANT} has {name}, but the incumbents have none: theirs are their scores")
    row = real_array(f"{ENTRANT}: {name}", given)
    if row.shape not in ((), (market.num_users,)):
        raise ValueError(
            f"{ENTRANT}: {name} have the shape {row.shape}; give a number, or one for each of the {market.num_users} "
            "user types"
        )
    return np.vstack([np.broadcast_to(part, market.scores.shape), np.broadcast_to(row, market.num_users)])


def _access(part: Any, given: Any, market: Market, num_platforms: int) -> Any:
    """Which platform may deploy which model, the new one among them: by default all may."""
    if given is None:
        return None if part is None else np.hstack([part, np.ones((num_platforms, 1), np.bool_)])
    if not isinstance(given, list) or not all(isinstance(one, bool) for one in given):
        raise TypeError(f"{ENTRANT}: access is {shown(given)}; it is a list of true and false, one for each platform")
    if len(given) != num_platforms:
        raise ValueError(f"{ENTRANT}: access is of {len(given)} platforms; there are {num_platforms}")
    before = np.ones((num_platforms, market.num_models), np.bool_) if part is None else part
    return np.hstack([before, np.array(given)[:, None]])
