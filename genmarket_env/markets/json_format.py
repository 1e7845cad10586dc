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
from .json_checks import a_list, a_string, an_object, document, keys, number_or_none, strings
from .table import MassScheme, Table, check_names

FORMAT = "genmarket-market"
VERSION = 1

_REQUIRED = ("users", "models")
_OPTIONAL = ("title", "source", "licence", "notes", "masses")


def parse(text: str, where: str) -> Table:
    """The table in `text`.

    Raises:
        ValueError: the text is not JSON, a key is unknown, missing or given twice, format or version are others,
            a cell is not a number, a row has the wrong length, a name is empty or occurs twice; the message
            names `where` and the offending thing.
    """
    content = document(text, where, FORMAT, VERSION, _REQUIRED, _OPTIONAL)
    users = strings(content["users"], f"{where}: users")
    check_names(users, "user", where)
    rows = a_list(content["models"], f"{where}: models")
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
        **{key: a_string(content.get(key, ""), f"{where}: {key}") for key in ("title", "source", "licence")},
        notes=strings(content.get("notes", []), f"{where}: notes"),
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


def _numbers(value: Any, users: tuple[str, ...], where: str) -> tuple[float, ...]:
    cells = a_list(value, where)
    if len(cells) != len(users):
        raise ValueError(f"{where}: {len(cells)} numbers for {len(users)} user types; there must be one for each")
    numbers = []
    for cell, user in zip(cells, users, strict=True):
        number = number_or_none(cell)
        if number is None:
            raise ValueError(f"{where}: the value for user {user!r} is {shown(cell)}, not a number")
        numbers.append(number)
    return tuple(numbers)


def _model(value: Any, users: tuple[str, ...], where: str) -> tuple[str, tuple[float, ...]]:
    row = keys(value, where, ("name", "scores"))
    name = a_string(row["name"], f"{where}: name")
    return name, _numbers(row["scores"], users, f"{where} ({shown(name)})")


def _masses(
    value: Any, users: tuple[str, ...], where: str
) -> tuple[tuple[float, ...] | None, dict[str, MassScheme], str | None]:
    if value is None:
        return None, {}, None
    if isinstance(value, list):
        return _numbers(value, users, where), {}, None
    content = keys(value, where, ("default", "schemes"))
    schemes = {}
    for name, scheme in an_object(content["schemes"], f"{where}: schemes").items():
        at = f"{where}: scheme {shown(name)}"
        parts = keys(scheme, at, ("shares",), ("source",))
        schemes[name] = MassScheme(
            _numbers(parts["shares"], users, at), a_string(parts.get("source", ""), f"{at}: source")
        )
    default = a_string(content["default"], f"{where}: default")
    if default not in schemes:
        raise ValueError(f"{where}: the default scheme {default!r} is not among the schemes {', '.join(schemes)}")
    return None, schemes, default
