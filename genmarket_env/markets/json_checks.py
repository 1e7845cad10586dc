"""Checks of JSON documents: errors are one line that names the document and the place in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..messages import shown


def document(
    text: str,
    where: str,
    name: str,
    version: int,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    *,
    hints: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """The object in `text`, of the format `name` in that version, with all of the required keys and no unknown one.

    `hints` says what to do with a document of another format.

    Raises:
        ValueError: the text is not JSON, a key is unknown, missing or given twice, or format or version are others.
    """
    return checked(an_object(decoded(text, where), where), where, name, version, required, optional, hints=hints)


def checked(
    content: dict[str, Any],
    where: str,
    name: str,
    version: int,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    *,
    hints: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """As `document`, of an object that is decoded already.

    Raises:
        ValueError: a key is unknown or missing, or format or version are others.
    """
    _check_version(content, where, name, version, hints)
    return keys(content, where, ("format", "version", *required), optional)


def decoded(text: str, where: str) -> Any:
    """What a JSON text holds.

    Raises:
        ValueError: it is empty or not JSON, or an object has a key twice.
    """
    if not text.strip():
        raise ValueError(f"{where}: the file is empty")
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError(f"{where}: not readable as JSON (nested too deeply)") from None
    except ValueError as error:
        raise ValueError(f"{where}: not readable as JSON ({error})") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"the key {shown(key)} is given twice")
        content[key] = value
    return content


def _check_version(content: dict[str, Any], where: str, name: str, version: int, hints: Mapping[str, str]) -> None:
    """Before the keys: those of another version are not known here."""
    given_name, given_version = content.get("format"), content.get("version")
    if given_name != name:
        hint = f"; {hints[given_name]}" if isinstance(given_name, str) and given_name in hints else ""
        raise ValueError(f"{where}: the format is {shown(given_name)}; it must be {name!r}{hint}")
    if given_version != version or isinstance(given_version, bool):
        raise ValueError(f"{where}: the version is {shown(given_version)}; this release reads version {version}")


def keys(value: Any, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """`value`, once it is known to be an object with all of the required keys and no unknown one."""
    content = an_object(value, where)
    known = (*required, *optional)
    for key in content:
        if key not in known:
            raise ValueError(f"{where}: unknown key {shown(key)}; known: {', '.join(known)}")
    for key in required:
        if key not in content:
            raise ValueError(f"{where}: the key {key!r} is missing")
    return content


def an_object(value: Any, where: str) -> dict[str, Any]:
    """`value`, once it is known to be an object."""
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object; got {shown(value)}")
    return value


def a_list(value: Any, where: str) -> list[Any]:
    """`value`, once it is known to be a list."""
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list; got {shown(value)}")
    return value


def a_string(value: Any, where: str) -> str:
    """`value`, once it is known to be a string."""
    if not isinstance(value, str):
        raise ValueError(f"{where}: expected a string; got {shown(value)}")
    return value


def strings(value: Any, where: str) -> tuple[str, ...]:
    """`value`, once it is known to be a list of strings."""
    return tuple(a_string(item, f"{where}[{i}]") for i, item in enumerate(a_list(value, where)))


def number_or_none(value: Any) -> float | None:
    """`value` as a float if it is a number, NaN and infinities included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
