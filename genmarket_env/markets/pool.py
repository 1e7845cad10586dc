"""Other pools of the same models: what if some were not there."""

from __future__ import annotations

from collections.abc import Iterable

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
    errors = {name: getattr(market, name) for name in ("standard_errors", "common_errors")}
    return Market(
        market.scores[..., kept, :],
        market.masses,
        model_names=[market.model_names[j] for j in kept],
        user_names=market.user_names,
        **{name: None if values is None else values[..., kept, :] for name, values in errors.items()},
    )
