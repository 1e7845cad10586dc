"""What stands in a cell of a table: a number, perhaps in per cent, or a gap."""

from __future__ import annotations

from typing import NamedTuple

from ..messages import shown

GAPS = frozenset(
    ("", "n/a", "na", "n.a.", "#n/a", "nan", "null", "none", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "?", "missing")
)
"""What tables say in place of a number that is not there, in small letters."""


class Number(NamedTuple):
    """A number as it was written.

    Attributes:
        value: the number; of one in per cent the hundredth part.
        per_cent: whether it had a per cent sign.
    """

    value: float
    per_cent: bool


def is_gap(cell: str) -> bool:
    """Whether a cell says that there is no number.

    Example:
        >>> is_gap("N/A"), is_gap(""), is_gap("0")
        (True, True, False)
    """
    return cell.casefold() in GAPS


def number_in(cell: str) -> Number | None:
    """The number in a cell, NaN and infinities included; None if it is not a number.

    Example:
        >>> number_in("90%"), number_in("0.5"), number_in("high")
        (Number(value=0.9, per_cent=True), Number(value=0.5, per_cent=False), None)
    """
    digits = cell[:-1].rstrip() if cell.endswith("%") else cell
    try:
        # float() also takes 1_000, which no other reader of tables does.
        value = float(digits.replace("_", "?").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None
    return Number(value / 100, True) if digits is not cell else Number(value, False)


def number_of(cell: str, what: str, remedy: str = "") -> float:
    """The number in a cell, NaN and infinities included; `remedy` is what to do if it is none.

    Raises:
        ValueError: it is not a number; the message names `what`.
    """
    number = number_in(cell)
    if number is None:
        raise ValueError(f"{what} is {shown(cell)}, not a number{remedy and f': {remedy}'}")
    return number.value
