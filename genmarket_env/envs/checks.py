"""Checks of what the environments of the market are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from ..choice import ChoiceRule, Logit, OutsideOption
from ..economy import Economy
from ..entry import Technology
from ..inertia import Inertia
from ..market import Market
from ..messages import shown
from ..plain import economy_from, technology_from


def checked_technology(given: Any, market: Market | None = None) -> Technology:
    """A technology, or the one of that name for the market.

    Raises:
        ValueError: the name is unknown, or the technology is made for one market and there is none.
        TypeError: it is neither a technology nor a name.
    """
    technology = technology_from(given, market)
    if isinstance(technology, type) or not isinstance(technology, Technology):
        raise TypeError(f"technology must be one such as DirectScores(), or the name of one; got {shown(given)}")
    return technology


def checked_economy(given: Any) -> Economy | None:
    """An economy, or the one of that plain data, or None.

    Raises:
        ValueError: a name or key is unknown, or the numbers are no economy's.
        TypeError: it is no economy.
    """
    economy = economy_from(given)
    if not (economy is None or isinstance(economy, Economy)):
        raise TypeError(f"economy must be an Economy, or plain data of one; got {shown(given)}")
    return economy


def checked_inertia(given: Any) -> Inertia | None:
    """An `Inertia`, or the one of these arguments by name, or None.

    Raises:
        ValueError: a name is unknown, or a number is out of range.
        TypeError: it is no inertia.

    Example:
        >>> checked_inertia({"reconsider": 0.5})
        Inertia(reconsider=0.5, switching_cost=0.0)
    """
    if given is None or isinstance(given, Inertia):
        return given
    if not isinstance(given, Mapping):
        raise TypeError(f"inertia must be an Inertia, or its arguments by name; got {shown(given)}")
    for name in given:
        if name not in ("reconsider", "switching_cost"):
            raise ValueError(f"inertia has no {shown(name)}; it has reconsider and switching_cost")
    return Inertia(**given)


def check_option(value: object, name: str, legal: object) -> None:
    """Raise ValueError unless the value is one of a `Literal`."""
    if value not in get_args(legal):
        raise ValueError(f"unknown {name} {value!r}; legal are {', '.join(map(repr, get_args(legal)))}")


def at_temperature(choice: ChoiceRule, temperature: float) -> ChoiceRule:
    """A `Logit`, or an `OutsideOption` of one, at another temperature.

    Raises:
        ValueError: the rule is another.
    """
    if isinstance(choice, Logit):
        return replace(choice, temperature=temperature)
    if type(choice) is OutsideOption:
        return OutsideOption(at_temperature(choice.rule, temperature), choice.reservation)
    raise ValueError(f"the schedule has a temperature, but the choice {shown(choice)} has none; give choice=Logit(...)")
