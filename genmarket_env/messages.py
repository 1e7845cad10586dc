"""How errors show what was given."""

from __future__ import annotations

import math
from typing import Any

MAX_LENGTH = 60


def shown(value: Any, most: int = MAX_LENGTH) -> str:
    """The repr of `value` on one line, of at most `most` characters: an error stays readable whatever was given.

    Example:
        >>> shown("a" * 100)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    text = " ".join(repr(value).splitlines())
    return text if len(text) <= most else text[: most - 3] + "..."


def counted(count: int) -> str:
    """A count >= 0 as errors show it: in full, or its order of magnitude if it has more than 15 digits.

    Example:
        >>> counted(2600), counted(24**3000)
        ('2,600', '10^4140')
    """
    return f"{count:,}" if count < 10**15 else f"10^{math.floor(math.log10(count))}"
