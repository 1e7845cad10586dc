"""How errors show what was given."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

MAX_LENGTH = 60
MAX_LIST = 500

_UNPRINTABLE = re.compile(
    # Controls but the line feed and the tab; line and paragraph separators; what turns the direction of text; lone
    # surrogates, which stand for the bytes of a name that is not UTF-8.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


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


def printable(text: str) -> str:
    """A text with escapes in place of what a terminal would obey instead of showing it: the guard of what is printed.

    Example:
        >>> printable("\\x1b[31mred\\u202e, caf\u00e9")
        '\\\\x1b[31mred\\\\u202e, caf\u00e9'
    """
    return _UNPRINTABLE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def listed(names: Iterable[str], most: int = MAX_LIST) -> str:
    """Names with commas between them, on one line; of a long list the beginning, and how many there are.

    Example:
        >>> listed(["chat", "code"]), listed(map(str, range(2000)), 15)
        ('chat, code', '0, 1, 2, 3, 4, ... (2,000 in all)')
    """
    names = tuple(names)
    text = one_line(", ".join(names))
    return text if len(text) <= most else f"{text[:most]}... ({len(names):,} in all)"


def magnitude(count: int) -> str:
    """A count >= 0 as errors show it: in full, or its order of magnitude if it has more than 15 digits.

    Example:
        >>> magnitude(2600), magnitude(24**3000)
        ('2,600', '10^4140')
    """
    return f"{count:,}" if count < 10**15 else f"10^{math.floor(math.log10(count))}"
