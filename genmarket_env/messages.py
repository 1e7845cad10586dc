"""How errors show what was given."""

from __future__ import annotations

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
