"""Reforms as people type them, and as files hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..command_line import number_or_text
from ..markets.json_checks import decoded
from ..messages import listed, shown
from .reforms import REFORMS, Reform, Tax, reform_of

FORMS = {
    "withdraw": "withdraw=MODEL",
    "enter": "enter=NAME,like=MODEL[,factor=F][,price=P][,price_factor=F]",
    "merge": "merge=1,2",
    "split": "split=1",
    "exclusive": "exclusive=MODEL@1",
    "open": "open=MODEL",
    "price-cap": "price-cap=5",
    "tax": "tax=0.1",
    "subsidy": "subsidy=0.1",
    "entry-fee": "entry-fee=0.1",
    "portfolio-cap": "portfolio-cap=1",
    "distinct": "distinct",
    "switching-cost": "switching-cost=0.02",
    "reconsider": "reconsider=0.5",
}
"""How each kind is typed; platforms count from 1."""


def reforms_of(words: Sequence[str], platforms: Sequence[str] = ()) -> list[Reform]:
    """Reforms from words such as `merge=1,2`, or from JSON files that hold one or a list of them.

    Args:
        words: as people type them.
        platforms: the names of the platforms, which may stand for their numbers in words.

    Raises:
        ValueError: a word names no reform, or a file cannot be read or holds none.

    Example:
        >>> [str(reform) for reform in reforms_of(["merge=1,2", "withdraw=poet"])]
        ['platforms 1 and 2 merge', 'poet is withdrawn']
        >>> reforms_of(["merge"])
        Traceback (most recent call last):
        ValueError: --reform merge: give it as merge=1,2
    """
    found: list[Reform] = []
    for word in words:
        if word.endswith(".json") and "=" not in word:
            found += _of_file(Path(word))
        else:
            found.append(_of_word(word, platforms))
    return found


def _of_word(word: str, platforms: Sequence[str]) -> Reform:
    kind, _, text = word.partition("=")
    if kind not in FORMS:
        raise ValueError(
            f"--reform {shown(word)} is no reform; the kinds are {listed(FORMS.values(), 400)}, or a JSON file"
        )
    if platforms and kind in ("merge", "split", "exclusive"):
        text = _numbered(kind, text, platforms)
    data = _ARGUMENTS[kind](text) if text or kind == "distinct" else None
    if data is None or (kind == "distinct" and "=" in word):
        raise ValueError(f"--reform {kind}: give it as {FORMS[kind]}")
    if kind != "subsidy":
        return reform_of({"kind": kind, **data})
    amount = reform_of({"kind": "tax", **data}).amount
    if not amount >= 0:
        raise ValueError(f"--reform subsidy: the amount is {amount:g}; it must be >= 0")
    return Tax(-amount)


def _numbered(kind: str, text: str, platforms: Sequence[str]) -> str:
    """The text with the numbers of platforms in the place of their names."""
    model, sign, names = text.rpartition("@")
    for name in names.split(",") if text and (sign or kind != "exclusive") else ():
        if name not in platforms and not isinstance(number_or_text(name), int):
            raise ValueError(
                f"--reform {kind}: no platform is called {shown(name)}; the platforms are {listed(platforms)}"
            )
    numbers = (str(platforms.index(name) + 1) if name in platforms else name for name in names.split(","))
    return model + sign + ",".join(numbers)


def _entry(text: str) -> dict[str, Any] | None:
    name, *others = text.split(",")
    data: dict[str, Any] = {"model": name}
    for part in others:
        key, sign, value = part.partition("=")
        if not sign or key in data:
            return None
        data[key] = value if key == "like" else number_or_text(value)
    return data


def _deal(text: str) -> dict[str, Any] | None:
    model, sign, number = text.rpartition("@")
    return {"model": model, "platform": number_or_text(number)} if sign else None


def _amount(text: str) -> dict[str, Any]:
    return {"amount": number_or_text(text)}


_ARGUMENTS: dict[str, Callable[[str], dict[str, Any] | None]] = {
    "withdraw": lambda text: {"model": text},
    "enter": _entry,
    "merge": lambda text: {"platforms": [number_or_text(number) for number in text.split(",")]},
    "split": lambda text: {"platform": number_or_text(text)},
    "exclusive": _deal,
    "open": lambda text: {"model": text},
    "price-cap": lambda text: {"price": number_or_text(text)},
    "tax": _amount,
    "subsidy": _amount,
    "entry-fee": _amount,
    "portfolio-cap": lambda text: {"size": number_or_text(text)},
    "distinct": lambda _: {},
    "switching-cost": _amount,
    "reconsider": lambda text: {"share": number_or_text(text)},
}
"""What follows the sign of equality, as the plain data of `reform_of`; None if it does not have the form."""


def _of_file(path: Path) -> list[Reform]:
    where = f"--reform {shown(str(path))}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ValueError(f"{where} cannot be read: {reason}") from None
    data = decoded(text, where)
    reforms = data if isinstance(data, list) else [data]
    if not reforms:
        raise ValueError(f"{where} holds no reform; the kinds are {listed(REFORMS)}")
    try:
        return [reform_of(one) for one in reforms]
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
