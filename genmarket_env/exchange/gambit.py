r"""Gambit's strategic game files, `.nfg`: the market game written, any game's payoffs read.

```
NFG 1 R "Market game" { "platform_0" "platform_1" }

{ { "poet" "coder" }
{ "poet" "coder" }
}
""

0.29 0.29
0.32 0.54
0.54 0.32
0.22 0.22
```

The kind is R or D, for rational and decimal payoffs, which files use as they like. After the title come the players,
the strategies of each, by name or as a number of them, and perhaps a comment. Then the payoffs of all players in every
profile, in which the strategy of the first player changes fastest; or a list of outcomes `{ "name" payoffs }` and for
every profile the number of its outcome, 0 for payoffs of 0.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain, count
from typing import TypeVar

import numpy as np

from ..choice import ChoiceRule, HardMax
from ..market import FloatArray, Market
from ..markets.disk import bytes_at, named
from ..messages import shown
from .tensor import MAX_PAYOFFS, MAX_PLATFORMS, payoff_tensor

_TOKEN = re.compile(r'"((?:\\"|[^"])*)"|[{}]|[^\s{}",]+|"')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?|[+-]?\d+/\d+")
_MAX_DIGITS = 400

_NO_LABEL = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that Gambit takes in no label: those of control, lone surrogates, and ends of lines."""

_LOST_BACKSLASH = re.compile(r'\\(?=["\\]|$)|(?<=\\)\\')
"""A backslash that its reader loses or takes for that of an escaped quote."""

_T = TypeVar("_T")


def to_gambit(market: Market, num_platforms: int, choice: ChoiceRule = HardMax()) -> str:
    """The game as the text of an `.nfg` file, every payoff with the digits that give it back to the bit.

    Gambit takes no label with control characters, blanks around it or two in a row, and its quotes have no way to write
    a backslash before another one, before a quote or at the end: such blanks become one, such backslashes slashes, and
    names that are then the same get a number.

    Raises:
        ValueError, TypeError: as `payoff_tensor`.

    Example:
        >>> from genmarket_env import Market, exchange
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.5, 0.5])
        >>> print(exchange.to_gambit(market, 1))
        NFG 1 R "Market game" { "platform_0" }
        <BLANKLINE>
        { { "model_0" "model_1" }
        }
        ""
        <BLANKLINE>
        0.5
        0.5
        <BLANKLINE>
    """
    tensor = payoff_tensor(market, num_platforms, choice)
    players = " ".join(_quoted(f"platform_{i}") for i in range(len(tensor)))
    strategies = f"{{ {' '.join(map(_quoted, labels(market.model_names)))} }}\n" * len(tensor)
    # The first player's strategy changes fastest, and the payoffs of one profile stand together.
    profiles = tensor.T.reshape(-1, len(tensor))
    rows = [" ".join(np.format_float_positional(payoff, trim="-") for payoff in row) for row in profiles]
    return "\n".join([f'NFG 1 R "Market game" {{ {players} }}', "", f'{{ {strategies}}}\n""', "", *rows, ""])


def read_nfg(path: str | os.PathLike[str]) -> FloatArray:
    """The payoffs in an `.nfg` file of Gambit: `[i, s_0, ..., s_(N-1)]` of `(N, M_0, ..., M_(N-1))`.

    The game need not be a market's: players may have different numbers of strategies, payoffs any finite value.

    Args:
        path: of the file; payoffs listed by profile or by outcome are both read.

    Raises:
        ValueError: there is no such file, it cannot be read, or its content is no strategic game (says in which line).
        TypeError: `path` is neither a string nor a path.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from genmarket_env import Market, exchange
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "game.nfg")
        ...     _ = file.write_text(exchange.to_gambit(market, 3))
        ...     bool((exchange.read_nfg(file) == exchange.payoff_tensor(market, 3)).all())
        True
    """
    tokens = _Tokens(_text_at(path), named(path))
    for words in (("NFG",), ("1",), ("R", "D")):
        tokens.expect(*words)
    tokens.text("a title in quotes")
    players = len(tokens.block(lambda: tokens.text("the name of a player in quotes")))
    counts = tokens.block(lambda: _strategies(tokens))
    if players == 0 or len(counts) != players or min(counts) < 1:
        raise tokens.error(f"strategies of {len(counts)} players where there are {players}; each needs at least one")
    if players > MAX_PLATFORMS:
        raise tokens.error(f"{players} players, more than the {MAX_PLATFORMS} that are read")
    profiles = math.prod(counts)
    if players * profiles > MAX_PAYOFFS:
        raise tokens.error(f"{players * profiles:,} payoffs, more than the {MAX_PAYOFFS:,} that are read")
    if tokens.ahead().startswith('"'):
        tokens.text("a comment in quotes")
    body = _by_outcome if tokens.ahead() == "{" else _by_profile
    payoffs = body(tokens, players, profiles)
    if tokens.ahead():
        raise tokens.error(f"{shown(tokens.ahead())} after the payoffs of {profiles} profiles; the file must end there")
    return np.ascontiguousarray(payoffs.reshape(*reversed(counts), players).T)


class _Tokens:
    """The words, texts in quotes and braces of a file, one after the other."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where = text, where
        self._matches = _TOKEN.finditer(text)
        self._last: re.Match[str] | None = None
        self._next = next(self._matches, None)

    def ahead(self) -> str:
        """The next token, still to be taken; empty at the end of the file."""
        return self._next[0] if self._next else ""

    def take(self) -> str:
        """The next token."""
        token = self.ahead()
        self._last, self._next = self._next or self._last, next(self._matches, None)
        return token

    def error(self, wrong: str) -> ValueError:
        """What is wrong at the token taken last, on one line."""
        line = self._text.count("\n", 0, self._last.start()) + 1 if self._last else 1
        return ValueError(f"{self._where}, line {line}: {wrong}")

    def expect(self, *tokens: str) -> None:
        """Take one of these tokens."""
        found = self.take()
        if found not in tokens:
            raise self.error(f"a strategic game of Gambit has {' or '.join(tokens)} here; got {_described(found)}")

    def text(self, what: str) -> str:
        """Take a text in quotes."""
        found = self.take()
        if len(found) < 2 or not found.startswith('"'):
            raise self.error(f"a strategic game of Gambit has {what} here; got {_described(found)}")
        return found

    def number(self) -> float:
        """Take a finite decimal number or fraction."""
        found = self.take()
        if len(found) <= _MAX_DIGITS and _NUMBER.fullmatch(found) and not re.search("/0+$", found):
            number = float(Fraction(found)) if "/" in found else float(found)
            if math.isfinite(number):
                return number
        raise self.error(f"a strategic game of Gambit has a finite number here; got {_described(found)}")

    def natural(self, most: int) -> int:
        """Take an integer from 0 to `most`."""
        found = self.take()
        if re.fullmatch(r"\d{1,9}", found) and int(found) <= most:
            return int(found)
        raise self.error(f"a strategic game of Gambit has an integer from 0 to {most:,} here; got {_described(found)}")

    def block(self, item: Callable[[], _T]) -> list[_T]:
        """Take a list in braces."""
        self.expect("{")
        items = []
        while self.ahead() != "}":
            items.append(item())  # which raises at the end of the file
        self.take()
        return items


def _strategies(tokens: _Tokens) -> int:
    """How many strategies a player has, by their names in braces or as a number."""
    if tokens.ahead() == "{":
        return len(tokens.block(lambda: tokens.text("the name of a strategy in quotes")))
    return tokens.natural(MAX_PAYOFFS)


def _by_profile(tokens: _Tokens, players: int, profiles: int) -> FloatArray:
    return np.fromiter((tokens.number() for _ in range(profiles * players)), np.float64, profiles * players)


def _by_outcome(tokens: _Tokens, players: int, profiles: int) -> FloatArray:
    def outcome() -> list[float]:
        tokens.text("the name of an outcome in quotes")
        return [tokens.number() for _ in range(players)]

    outcomes = tokens.block(lambda: _in_braces(tokens, outcome))
    table = np.array([[0.0] * players, *outcomes])
    return table[[tokens.natural(len(outcomes)) for _ in range(profiles)]]


def _in_braces(tokens: _Tokens, item: Callable[[], _T]) -> _T:
    tokens.expect("{")
    found = item()
    tokens.expect("}")
    return found


def _described(token: str) -> str:
    return shown(token) if token else "the end of the file"


def labels(names: Sequence[str]) -> list[str]:
    r"""The names as different labels that Gambit takes.

    Example:
        >>> labels(["two\nlines", "two lines", "C:\\"])
        ['two lines', 'two lines (2)', 'C:/']
    """
    taken: set[str] = set()
    found = []
    for name in names:
        shown = "".join(" " if unicodedata.category(character) in _NO_LABEL else character for character in name)
        label = _LOST_BACKSLASH.sub("/", " ".join(shown.split())) or "_"
        different = next(text for text in chain([label], (f"{label} ({i})" for i in count(2))) if text not in taken)
        taken.add(different)
        found.append(different)
    return found


def _text_at(path: str | os.PathLike[str]) -> str:
    """The text of a file; old ones have names that are not in UTF-8, which payoffs do not hang on."""
    data = bytes_at(path, "game")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _quoted(label: str) -> str:
    escaped = label.replace('"', '\\"')
    return f'"{escaped}"'
