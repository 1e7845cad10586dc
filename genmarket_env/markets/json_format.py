"""Market tables as JSON: the project's own format, `genmarket-market` version 1.

```
{
  "format": "genmarket-market",
  "version": 1,
  "title": "...", "source": "...", "licence": "...", "notes": ["..."],      (each may be left out)
  "unit": "what a score is, such as: win rate against poet",                  (may be left out)
  "users": ["chat", "code"],
  "masses": [0.75, 0.25],
  "models": [
    {"name": "poet", "scores": [0.9, 0.1], "standard_errors": [0.02, 0.03], "source": "..."},
    {"name": "coder", "scores": [0.2, 0.8], "standard_errors": [0.03, 0.03], "source": "..."}
  ]
}
```

`masses` sum to 1. In their place a file may offer several named schemes, whose shares are normalised when read:
`"masses": {"default": "survey", "schemes": {"survey": {"shares": [3, 1], "source": "..."}}}`.

`"prices": {"unit": "USD per query", "source": "...", "licence": "..."}` says what the `price` of each model is, and
`costs` so of its `cost`.

`standard_errors` are given for all models or for none, and so are `common_errors`, the errors that all scores of a user
type share (see `Market`). In place of the first a file may say of how many questions the scores
of each user type are the mean, `"questions": [202, 117]`: see `binomial_standard_errors`. A model's `source` may be
left out. `"mass_concentration"`, beside `masses` or in a scheme, says of about how many users the masses are the
shares: they are then redrawn too. What `genmarket markets show --json` prints is read too: see `json_shown`.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..market_checks import AMOUNTS
from ..messages import listed, shown
from ..uncertainty import checked_concentration
from . import amounts, json_shown
from .json_checks import a_list, a_string, an_object, checked, decoded, keys, number_or_none, strings
from .json_shown import ERRORS, TEXTS
from .measured import MAX_QUESTIONS
from .table import UNIFORM, MassScheme, Table, check_names

FORMAT = "genmarket-market"
VERSION = 1

_HINTS = {"genmarket-synthetic": "load it as paper-synthetic with the option config"}
"""What to do with documents of other formats of ours."""

_REQUIRED = ("users", "models")
_CONCENTRATION = "mass_concentration"
_OPTIONAL = (*TEXTS, "notes", "masses", _CONCENTRATION, "questions", *AMOUNTS)


def parse(text: str, where: str) -> Table:
    """The table in `text`.

    Raises:
        ValueError: the text is not JSON, a key is unknown, missing or given twice, format or version are others,
            a cell is not a number, a row has the wrong length, a name is empty or occurs twice; the message
            names `where` and the offending thing.
    """
    content = an_object(decoded(text, where), where)
    if content.get("format") == json_shown.FORMAT:
        content = {"format": FORMAT, "version": VERSION, **json_shown.market_document(content, where)}
    content = checked(content, where, FORMAT, VERSION, _REQUIRED, _OPTIONAL, hints=_HINTS)
    users = strings(content["users"], f"{where}: users")
    check_names(users, "user", where)
    rows = a_list(content["models"], f"{where}: models")
    if not users or not rows:
        raise ValueError(f"{where}: the pool is empty: {len(rows)} models, {len(users)} user types")
    models = [_model(row, users, f"{where}: models[{i}]") for i, row in enumerate(rows)]
    check_names(tuple(model.name for model in models), "model", where)
    masses, schemes, default = _masses(content.get("masses"), users, f"{where}: masses")
    questions = _questions(content.get("questions"), users, f"{where}: questions")
    errors = _errors(models, where, "standard_errors")
    if errors is not None and questions is not None:
        raise ValueError(f"{where}: give either the questions or the standard_errors of the models, not both")
    names = tuple(model.name for model in models)
    texts: dict[str, Any] = {key: a_string(content.get(key, ""), f"{where}: {key}") for key in TEXTS}
    of_models = [model.amounts for model in models]
    return Table(
        where,
        names,
        users,
        tuple(model.scores for model in models),
        masses,
        schemes,
        default,
        **texts,
        notes=strings(content.get("notes", []), f"{where}: notes"),
        standard_errors=errors,
        questions=questions,
        mass_concentration=_concentration(content.get(_CONCENTRATION), where),
        model_sources=tuple(model.source for model in models) if any(model.source for model in models) else (),
        common_errors=_errors(models, where, "common_errors"),
        prices=amounts.in_document(content.get("prices"), of_models, names, "prices", where),
        costs=amounts.in_document(content.get("costs"), of_models, names, "costs", where),
    )


def text_of(table: Table) -> str:
    """A table as JSON, one line a model; what is empty or not known is left out.

    Every number is written so that reading it gives the same float64.
    """
    head = {"format": FORMAT, "version": VERSION, **_known(table, (*TEXTS, "notes"))}
    head |= {name: amounts.head_of(one) for name, one in table.amounts.items() if one is not None}
    head |= {"users": table.users, **_masses_of(table), **_known(table, ("questions",))}
    models = ",\n".join(f"    {_line(_model_of(table, j))}" for j in range(len(table.models)))
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


def _known(table: Table | MassScheme, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(table, name) for name in names if getattr(table, name)}


def _masses_of(table: Table) -> dict[str, Any]:
    if not table.schemes:
        return {} if table.masses is None else {"masses": table.masses, **_known(table, (_CONCENTRATION,))}
    schemes = {
        name: {"shares": scheme.shares, **_known(scheme, ("source", _CONCENTRATION))}
        for name, scheme in table.schemes.items()
    }
    return {"masses": {"default": table.default_scheme, "schemes": schemes}}


def _model_of(table: Table, j: int) -> dict[str, Any]:
    model: dict[str, Any] = {"name": table.models[j], "scores": table.scores[j]}
    for name in ERRORS:
        rows = getattr(table, name)
        if rows is not None:
            model[name] = rows[j]
    for name, one in table.amounts.items():
        if one is not None:
            model[amounts.OF_MODEL[name]] = one.values[j]
    if table.model_sources and table.model_sources[j]:
        model["source"] = table.model_sources[j]
    return model


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


class _Model(NamedTuple):
    name: str
    scores: tuple[float, ...]
    errors: dict[str, tuple[float, ...]]
    source: str
    amounts: dict[str, float]


def _model(value: Any, users: tuple[str, ...], where: str) -> _Model:
    row = keys(value, where, ("name", "scores"), (*ERRORS, "source", *amounts.OF_MODEL.values()))
    name = a_string(row["name"], f"{where}: name")
    at = f"{where} ({shown(name)})"
    errors = {error: _numbers(row[error], users, f"{at}: {error}") for error in ERRORS if error in row}
    source = a_string(row.get("source", ""), f"{at}: source")
    return _Model(name, _numbers(row["scores"], users, at), errors, source, amounts.of_row(row, at))


def _errors(models: list[_Model], where: str, name: str) -> tuple[tuple[float, ...], ...] | None:
    rows = [model.errors[name] for model in models if name in model.errors]
    if rows and len(rows) < len(models):
        without = next(model.name for model in models if name not in model.errors)
        raise ValueError(f"{where}: model {shown(without)} has no {name}, but others have; give all or none")
    return tuple(rows) if rows else None


def _questions(value: Any, users: tuple[str, ...], where: str) -> tuple[int, ...] | None:
    if value is None:
        return None
    counts = a_list(value, where)
    if len(counts) != len(users):
        raise ValueError(f"{where}: {len(counts)} counts for {len(users)} user types; there must be one for each")
    for count, user in zip(counts, users, strict=True):
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_QUESTIONS:
            raise ValueError(
                f"{where}: the count for user {user!r} is {shown(count)}; it must be an integer in 1 to {MAX_QUESTIONS}"
            )
    return tuple(counts)


def _concentration(value: Any, where: str) -> float | None:
    if value is None:
        return None
    number = number_or_none(value)
    if number is None:
        raise ValueError(f"{where}: {_CONCENTRATION} is {shown(value)}; it must be a number of users")
    try:
        return checked_concentration(number)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


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
        parts = keys(scheme, at, ("shares",), ("source", _CONCENTRATION))
        schemes[name] = MassScheme(
            _numbers(parts["shares"], users, at),
            a_string(parts.get("source", ""), f"{at}: source"),
            _concentration(parts.get(_CONCENTRATION), at),
        )
    default = a_string(content["default"], f"{where}: default")
    if default not in {*schemes, UNIFORM}:
        raise ValueError(f"{where}: the default scheme {shown(default)} is not among the schemes {listed(schemes)}")
    return None, schemes, default
