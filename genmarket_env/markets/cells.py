"""What stands in a cell of a table: a number, perhaps in per cent, or a gap."""

from __future__ import annotations

from ..messages import shown

GAPS = frozenset(
    ("", "n/a", "na", "n.a.", "#n/a", "nan", "null", "none", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "?", "missing")
)
"""What tables say in place of a number that is not there, in small letters."""


def is_gap(cell: str) -> bool:
    """Whether a cell says that there is no number.

    Example:
        >>> is_gap("N/A"), is_gap(""), is_gap("0")
        (True, True, False)
    """
    return cell.casefold() in GAPS


def number_in(cell: str) -> tuple[float, bool] | None:
    """The number in a cell, NaN and infinities included, and whether it is in per cent; None if it is not a number.

    Of a number with a per cent sign it is the hundredth part.

    Example:
        >>> number_in("90%"), number_in("0.5"), number_in("high")
        ((0.9, True), (0.5, False), None)
    """
    per_cent = cell.endswith("%")
    digits = cell[:-1].rstrip() if per_cent else cell
    try:
        # float() also takes 1_000, which no other reader of tables does.
        value = float(digits.replace("_", "?").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None
    return (value / 100, True) if per_cent else (value, False)


def number_of(cell: str, what: str, remedy: str = "") -> float:
    """The number in a cell, NaN and infinities included; `remedy` is what to do if it is none.

    Raises:
        ValueError: it is not a number; the message names `what`.
    """
    number = number_in(cell)
    if number is None:
        raise ValueError(f"{what} is {shown(cell)}, not a number{remedy and f': {remedy}'}")
    return number[0]
