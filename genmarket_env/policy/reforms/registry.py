"""The kinds of reforms by name, and reforms as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Protocol

from ...messages import listed, shown
from ..scenario import Scenario
from .models import Enter, Exclusive, Open, Withdraw
from .platforms import Merge, Reconsider, Split, SwitchingCost
from .rules import Distinct, EntryFee, PortfolioCap, PriceCap, Tax


class Reform(Protocol):
    """A change of the rules, or of who is in the market."""

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario after it.

        Raises:
            ValueError: it does not fit the scenario.
        """

    def __str__(self) -> str:
        """What happens, in words, as a main clause without a full stop."""


REFORMS: dict[str, type[Any]] = {
    "withdraw": Withdraw,
    "enter": Enter,
    "merge": Merge,
    "split": Split,
    "exclusive": Exclusive,
    "open": Open,
    "price-cap": PriceCap,
    "tax": Tax,
    "entry-fee": EntryFee,
    "portfolio-cap": PortfolioCap,
    "distinct": Distinct,
    "switching-cost": SwitchingCost,
    "reconsider": Reconsider,
}
"""The kinds of reforms by the names that files and command lines use."""


def reform_of(data: Any) -> Any:
    """A reform from plain data: `{"kind": "merge", "platforms": [1, 2]}`.

    Raises:
        ValueError: the kind is unknown, or an entry is missing, unknown or of another type.

    Example:
        >>> str(reform_of({"kind": "merge", "platforms": [1, 2]}))
        'platforms 1 and 2 merge'
        >>> reform_of({"kind": "tax"})
        Traceback (most recent call last):
        ValueError: a reform of the kind tax needs amount
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"a reform is an object with a kind; got {shown(data)}")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in REFORMS:
        raise ValueError(f"no reform is of the kind {shown(kind)}; the kinds are {listed(list(REFORMS))}")
    known = {part.name: part for part in fields(REFORMS[kind])}
    given = {name: value for name, value in data.items() if name != "kind"}
    for name in given:
        if name not in known:
            raise ValueError(f"a reform of the kind {kind} has no {shown(name)}; it has {listed(list(known))}")
    for name, part in known.items():
        if name not in given and part.default is MISSING:
            raise ValueError(f"a reform of the kind {kind} needs {name}")
    return REFORMS[kind](**{name: _typed(f"{kind}: {name}", str(known[name].type), one) for name, one in given.items()})


def to_data(reform: Reform) -> dict[str, Any]:
    """The reform as plain data, as `reform_of` takes it."""
    kind = next(name for name, made in REFORMS.items() if type(reform) is made)
    values = {part.name: getattr(reform, part.name) for part in fields(REFORMS[kind])}
    return {"kind": kind, **{name: list(one) if isinstance(one, tuple) else one for name, one in values.items()}}


def _typed(name: str, wanted: str, value: Any) -> Any:
    if wanted == "tuple[int, ...]":
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{name} must be a list of numbers of platforms; got {shown(value)}")
        return tuple(_integer(name, one) for one in value)
    if wanted == "int":
        return _integer(name, value)
    if wanted == "str":
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a name; got {shown(value)}")
        return value
    if value is None and "None" in wanted:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
        raise ValueError(f"{name} must be a finite number; got {shown(value)}")
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # of an integer that no float holds
        return False


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number; got {shown(value)}")
    return value
