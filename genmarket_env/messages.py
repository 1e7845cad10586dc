"""How errors show what was given."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

MAX_LENGTH = 60
MAX_LIST = 500


def shown(value: Any, most: int = MAX_LENGTH) -> str:
    """The repr of `value` on one line, of at most `most` characters: an error stays readable whatever was given.

    Example:
        >>> shown("a" * 100)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    text = one_line(repr(value))
    return text if len(text) <= most else text[: most - 3] + "..."


def one_line(text: str) -> str:
    """A text with blanks in place of its line breaks, as names from files may have them.

    Example:
        >>> one_line("creative\\nwriting")
        'creative writing'
    """
    return " ".join(text.splitlines())


def listed(names: Iterable[str], most: int = MAX_LIST) -> str:
    """Names with commas between them, on one line; of a long list the beginning, and how many there are.

    Example:
        >>> listed(["chat", "code"]), listed(map(str, range(2000)), 15)
        ('chat, code', '0, 1, 2, 3, 4, ... (2,000 in all)')
    """
    names = tuple(names)
    text = one_line(", ".join(names))
    return text if len(text) <= most else f"{text[:most]}... ({len(names):,} in all)"


def counted(count: int) -> str:
    """A count >= 0 as errors show it: in full, or its order of magnitude if it has more than 15 digits.

    Example:
        >>> counted(2600), counted(24**3000)
        ('2,600', '10^4140')
    """
    return f"{count:,}" if count < 10**15 else f"10^{math.floor(math.log10(count))}"
