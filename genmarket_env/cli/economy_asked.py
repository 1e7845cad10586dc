"""The option `--economy`: what users choose by and platforms earn, where it is not the score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from ..economy import Economy
from ..markets.json_checks import decoded
from ..messages import shown
from ..plain import economy_from

EconomyText = Annotated[
    str | None,
    typer.Option(
        "--economy",
        metavar="share|FILE",
        help="What platforms earn, where it is not the score: share, their share of users; or a JSON file with the "
        "utilities by which users choose, the worths that platforms earn, and the access, brands and owners by which "
        "platforms differ, or some of these.",
    ),
]

PARTS = ("utilities", "worths", "access", "brands", "owners")

NAMED = {"score": "platforms earn the score", "share": "platforms earn their share of users"}


class EconomyAsked(NamedTuple):
    """An economy, and what a reader is told of it."""

    economy: Economy
    in_words: str


def economy_asked(text: str | None) -> EconomyAsked | None:
    """The economy by its name, or that of a JSON file; None where none is given.

    Raises:
        ValueError: there is no such file, it is no JSON, or no economy.

    Example:
        >>> economy_asked("share").in_words
        'platforms earn their share of users'
    """
    if text is None:
        return None
    if text in NAMED:
        return EconomyAsked(economy_from(text), NAMED[text])
    where, file, data = economy_data(text)
    try:
        return EconomyAsked(economy_from(data), economy_in_words(data, file))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None


def economy_data(text: str) -> tuple[str, str, dict[str, Any]]:
    """What the option is called in messages, the name of its file, and the object in it.

    Raises:
        ValueError: there is no such file, or it holds no JSON object.
    """
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"--economy {shown(text)} is neither score, share nor a file; give one of them")
    where = f"--economy {shown(text)}"
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{where} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    data = decoded(content, where)
    if not isinstance(data, dict):
        raise ValueError(f"{where} is no JSON object of utilities, worths, access, brands and owners")
    return where, path.name, data


def economy_in_words(data: dict[str, Any], file: str) -> str:
    """Which parts a file has.

    Example:
        >>> economy_in_words({"worths": 1.0, "owners": [0, 0]}, "mine.json")
        'worths and owners by mine.json'
    """
    given = [part for part in PARTS if data.get(part) is not None]
    if not given:
        return f"{file} changes nothing"
    *most, last = given
    return f"{', '.join(most)} and {last} by {file}" if most else f"{last} by {file}"
