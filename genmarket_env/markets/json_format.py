"""Market tables as JSON: the project's own format, `genmarket-market` version 1.

```
{
  "format": "genmarket-market",
  "version": 1,
  "title": "...", "source": "...", "licence": "...", "notes": ["..."],      (each may be left out)
  "users": ["chat", "code"],
  "masses": [0.75, 0.25],
  "models": [
    {"name": "poet", "scores": [0.9, 0.1]},
    {"name": "coder", "scores": [0.2, 0.8]}
  ]
}
```

`masses` sum to 1. In their place a file may offer several named schemes, whose shares are normalised when read:
`"masses": {"default": "survey", "schemes": {"survey": {"shares": [3, 1], "source": "..."}}}`.
"""

from __future__ import annotations

import json
from typing import Any

from ..market import Market
from ..messages import shown
from .table import MassScheme, Table, check_names

FORMAT = "genmarket-market"
VERSION = 1

_REQUIRED = ("format", "version", "users", "models")
_OPTIONAL = ("title", "source", "licence", "notes", "masses")


def parse(text: str, where: str) -> Table:
    """The table in `text`.

    Raises:
        ValueError: the text is not JSON, a key is unknown, missing or given twice, format or version are others,
            a cell is not a number, a row has the wrong length, a name is empty or occurs twice; the message
            names `where` and the offending thing.
    """
    content = _object(_decoded(text, where), where)
    _check_version(content, where)
    _check_keys(content, where, _REQUIRED, _OPTIONAL)
    users = _strings(content["users"], f"{where}: users")
    check_names(users, "user", where)
    rows = _list(content["models"], f"{where}: models")
    if not users or not rows:
        raise ValueError(f"{where}: the pool is empty: {len(rows)} models, {len(users)} user types")
    names, scores = zip(*(_model(row, users, f"{where}: models[{i}]") for i, row in enumerate(rows)), strict=True)
    check_names(names, "model", where)
    masses, schemes, default = _masses(content.get("masses"), users, f"{where}: masses")
    return Table(
        where,
        names,
        users,
        scores,
        masses,
        schemes,
        default,
        **{key: _string(content.get(key, ""), f"{where}: {key}") for key in ("title", "source", "licence")},
        notes=_strings(content.get("notes", []), f"{where}: notes"),
    )


def text_of(market: Market) -> str:
    """One market as JSON, one line a model.

    Every number is written so that reading it gives the same float64.
    """
    head = {"format": FORMAT, "version": VERSION, "users": market.user_names, "masses": market.masses.tolist()}
    rows = zip(market.model_names, market.scores.tolist(), strict=True)
    models = ",\n".join(f"    {_line({'name': name, 'scores': scores})}" for name, scores in rows)
    return "\n".join(
        [
            "{",
            *(f"  {_line(key)}: {_line(value)}," for key, value in head.items()),
            '  "models": [',
            models,
            "  ]",
            "}",
            "",
        ]
    )


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _decoded(text: str, where: str) -> Any:
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


def _check_version(content: dict[str, Any], where: str) -> None:
    """Before the keys: those of another version are not known here."""
    name, version = content.get("format"), content.get("version")
    if name != FORMAT:
        raise ValueError(f"{where}: the format is {shown(name)}; it must be {FORMAT!r}")
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"{where}: the version is {shown(version)}; this release reads version {VERSION}")


def _check_keys(content: dict[str, Any], where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    known = (*required, *optional)
    for key in content:
        if key not in known:
            raise ValueError(f"{where}: unknown key {shown(key)}; known: {', '.join(known)}")
    for key in required:
        if key not in content:
            raise ValueError(f"{where}: the key {key!r} is missing")


def _keys(value: Any, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    content = _object(value, where)
    _check_keys(content, where, required, optional)
    return content


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object; got {shown(value)}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list; got {shown(value)}")
    return value


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where}: expected a string; got {shown(value)}")
    return value


def _strings(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_string(item, f"{where}[{i}]") for i, item in enumerate(_list(value, where)))


def _numbers(value: Any, users: tuple[str, ...], where: str) -> tuple[float, ...]:
    cells = _list(value, where)
    if len(cells) != len(users):
        raise ValueError(f"{where}: {len(cells)} numbers for {len(users)} user types; there must be one for each")
    numbers = []
    for cell, user in zip(cells, users, strict=True):
        number = _number(cell)
        if number is None:
            raise ValueError(f"{where}: the value for user {user!r} is {shown(cell)}, not a number")
        numbers.append(number)
    return tuple(numbers)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _model(value: Any, users: tuple[str, ...], where: str) -> tuple[str, tuple[float, ...]]:
    row = _keys(value, where, ("name", "scores"))
    name = _string(row["name"], f"{where}: name")
    return name, _numbers(row["scores"], users, f"{where} ({shown(name)})")


def _masses(
    value: Any, users: tuple[str, ...], where: str
) -> tuple[tuple[float, ...] | None, dict[str, MassScheme], str | None]:
    if value is None:
        return None, {}, None
    if isinstance(value, list):
        return _numbers(value, users, where), {}, None
    content = _keys(value, where, ("default", "schemes"))
    schemes = {}
    for name, scheme in _object(content["schemes"], f"{where}: schemes").items():
        at = f"{where}: scheme {shown(name)}"
        parts = _keys(scheme, at, ("shares",), ("source",))
        schemes[name] = MassScheme(
            _numbers(parts["shares"], users, at), _string(parts.get("source", ""), f"{at}: source")
        )
    default = _string(content["default"], f"{where}: default")
    if default not in schemes:
        raise ValueError(f"{where}: the default scheme {default!r} is not among the schemes {', '.join(schemes)}")
    return None, schemes, default
