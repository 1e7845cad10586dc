"""How numbers are shown to people: the same digits and signs in every table, page and picture.

Scores, payoffs, welfare and indices have four decimals, `0.8534`, in tables where many stand side by side three; shares
are per cent with one decimal and the sign close by, `42.8%`; a dash stands for what there is not.
"""

from __future__ import annotations

DIGITS = 4
"""The decimals of a number in units of the score."""

SETTLED = 12
"""The decimals on which machines agree."""

NONE = "-"
"""What there is not."""


def number(value: float | None, digits: int = DIGITS) -> str:
    """A number with so many decimals; a dash for none.

    Example:
        >>> number(0.84999), number(-1e-17), number(None), number(float("inf"))
        ('0.8500', '0.0000', '-', 'inf')
    """
    return NONE if value is None else _without_sign_of_zero(f"{_settled(value):.{digits}f}")


def amount(value: float | None) -> str:
    """A sum of money, in four digits that matter; a dash for none.

    Example:
        >>> amount(15.0), amount(0.443061), amount(1234.5), amount(None)
        ('15', '0.4431', '1,234', '-')
    """
    if value is None:
        return NONE
    settled = _settled(value)
    return f"{settled:,.0f}" if abs(settled) >= 1000 else f"{settled:.4g}"


def signed(value: float, digits: int = DIGITS) -> str:
    """A change, with its sign; nothing that rounds to 0 is negative.

    Example:
        >>> signed(0.25), signed(-0.25), signed(-1e-17)
        ('+0.2500', '-0.2500', '+0.0000')
    """
    text = f"{_settled(value):+.{digits}f}"
    return text.replace("-", "+") if float(text) == 0 else text


def percent(share: float | None, digits: int = 1) -> str:
    """A share in [0, 1] in per cent; a dash for none.

    Example:
        >>> percent(0.4283), percent(1.0, 0), percent(-1e-17), percent(None)
        ('42.8%', '100%', '0.0%', '-')
    """
    return NONE if share is None else f"{_without_sign_of_zero(f'{_settled(100 * share):.{digits}f}')}%"


def interval(low: float, high: float, digits: int = DIGITS) -> str:
    """Two ends of a range.

    Example:
        >>> interval(0.25, 0.75)
        '0.2500 to 0.7500'
    """
    return f"{number(low, digits)} to {number(high, digits)}"


def percent_interval(low: float, high: float, digits: int = 1) -> str:
    """Two ends of a range of shares.

    Example:
        >>> percent_interval(0.25, 0.75)
        '25.0% to 75.0%'
    """
    return f"{percent(low, digits)} to {percent(high, digits)}"


def _settled(value: float) -> float:
    """Without the last digits, in which machines differ: they would decide how a number half way between two rounds.

    Example:
        >>> _settled(0.91649999999999998) == _settled(0.91650000000000009)
        True
    """
    return round(float(value), SETTLED)


def _without_sign_of_zero(text: str) -> str:
    """Rounding leaves a sign on what is zero."""
    return text.lstrip("-") if float(text) == 0 else text
