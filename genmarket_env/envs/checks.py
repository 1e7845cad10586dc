"""Checks of what the environments of the market are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from ..choice import ChoiceRule, Logit, OutsideOption
from ..entry import Technology
from ..market import Market
from ..messages import shown
from ..plain import technology_from


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
