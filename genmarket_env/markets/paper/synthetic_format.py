"""Laws of synthetic markets as JSON: the project's own format, `genmarket-synthetic` version 1.

```
{
  "format": "genmarket-synthetic",
  "version": 1,
  "title": "...", "source": "...", "licence": "...", "notes": ["..."],      (each may be left out)
  "users": {
    "count": 60,
    "components": [
      {"weight": 0.6, "mean": [-1, 0], "covariance": [[0.3, 0], [0, 0.3]]},
      {"weight": 0.4, "mean": [1, 0], "covariance": [[0.3, 0.1], [0.1, 0.3]]}
    ]
  },
  "models": [
    {"name": "g1", "bias": 0.2, "bumps": [{"centre": [-1, 0], "amplitude": 0.5, "width": 0.7}]},
    {"name": "rival", "copies": 3, "bias": {"low": 0, "high": 0.4}, "bumps": []}
  ]
}
```

In the place of a mixture, `users` may give the user types: `{"points": [[-1, 0], [1, 0.5]], "masses": [0.6, 0.4]}`.
Every number of a model may be a range `{"low": ..., "high": ...}`, from which each draw takes it uniformly. A model
with `copies` stands for so many models of the same ranges, `rival_1`, `rival_2`, ..., drawn independently. User types
may have any number of coordinates; in this example they have two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ...messages import shown
from ..json_checks import a_list, a_string, document, keys, number_or_none, strings
from ..table import check_names
from .models import LEAST_WIDTH, Bumps, RandomBumps
from .synthetic import SyntheticMarkets
from .users import FixedUsers, MixtureUsers, Users

FORMAT = "genmarket-synthetic"
VERSION = 1
MAX_COPIES = 10_000
"""The most models that one entry of a document stands for."""

T = TypeVar("T")

Ends = tuple[float, float]
"""The ends of the range of a number; equal if it is fixed."""


@dataclass(frozen=True)
class Document:
    """What a document holds: the law of markets, and where it comes from."""

    markets: SyntheticMarkets
    title: str
    source: str
    licence: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Bump:
    centre: tuple[Ends, ...]
    amplitude: Ends
    width: Ends


@dataclass(frozen=True)
class _Model:
    names: tuple[str, ...]
    bias: Ends
    bumps: tuple[_Bump, ...]


def parse(text: str, where: str) -> Document:
    """The document in `text`.

    Raises:
        ValueError: the text is not JSON, a key is unknown, missing or given twice, format or version are others, or
            the numbers make no law of markets; one line that names `where` and the place in it.
    """
    content = document(text, where, FORMAT, VERSION, ("users", "models"), ("title", "source", "licence", "notes"))
    users = _users(content["users"], f"{where}: users")
    entries = a_list(content["models"], f"{where}: models")
    if not entries:
        raise ValueError(f"{where}: the pool is empty; give at least one model")
    models = [_model(entry, f"{where}: models[{i}]", users.dimension) for i, entry in enumerate(entries)]
    check_names(tuple(name for model in models for name in model.names), "model", where)
    markets = _built(where, SyntheticMarkets, users, _built(where, _pool, models, users.dimension))
    title, source, licence = (
        a_string(content.get(key, ""), f"{where}: {key}") for key in ("title", "source", "licence")
    )
    return Document(markets, title, source, licence, strings(content.get("notes", []), f"{where}: notes"))


def _users(value: Any, where: str) -> Users:
    if isinstance(value, dict) and "points" in value:
        content = keys(value, where, ("points", "masses"))
        points, masses = _matrix(content["points"], f"{where}: points"), _row(content["masses"], f"{where}: masses")
        return _built(where, FixedUsers, points, masses)
    content = keys(value, where, ("count", "components"))
    listed = a_list(content["components"], f"{where}: components")
    if not listed:
        raise ValueError(f"{where}: the mixture is empty; give at least one component")
    components = [_component(component, f"{where}: components[{i}]") for i, component in enumerate(listed)]
    return _built(where, MixtureUsers, content["count"], *zip(*components, strict=True))


def _component(value: Any, where: str) -> tuple[float, list[float], list[list[float]]]:
    content = keys(value, where, ("weight", "mean", "covariance"))
    return (
        _number(content["weight"], f"{where}: weight"),
        _row(content["mean"], f"{where}: mean"),
        _matrix(content["covariance"], f"{where}: covariance"),
    )


def _model(value: Any, where: str, dimension: int) -> _Model:
    content = keys(value, where, ("name", "bias", "bumps"), ("copies",))
    name = a_string(content["name"], f"{where}: name")
    names: tuple[str, ...] = (name,)
    if "copies" in content:
        copies = content["copies"]
        if isinstance(copies, bool) or not isinstance(copies, int) or not 1 <= copies <= MAX_COPIES:
            raise ValueError(f"{where}: copies must be an integer from 1 to {MAX_COPIES}; got {shown(copies)}")
        names = tuple(f"{name}_{index + 1}" for index in range(copies))
    bumps = a_list(content["bumps"], f"{where}: bumps")
    return _Model(
        names,
        _ends(content["bias"], f"{where}: bias"),
        tuple(_bump(bump, f"{where}: bumps[{i}]", dimension) for i, bump in enumerate(bumps)),
    )


def _bump(value: Any, where: str, dimension: int) -> _Bump:
    content = keys(value, where, ("centre", "amplitude", "width"))
    centre = a_list(content["centre"], f"{where}: centre")
    if len(centre) != dimension:
        raise ValueError(f"{where}: the centre has {len(centre)} coordinates, users have {dimension}; give as many")
    return _Bump(
        tuple(_ends(coordinate, f"{where}: centre[{i}]") for i, coordinate in enumerate(centre)),
        _ends(content["amplitude"], f"{where}: amplitude"),
        _width(content["width"], f"{where}: width"),
    )


def _pool(models: list[_Model], dimension: int) -> RandomBumps:
    """The models side by side, all with as many bumps as the one with most: those added have the amplitude 0."""
    most = max(len(model.bumps) for model in models)
    nothing = _Bump(((0.0, 0.0),) * dimension, (0.0, 0.0), (1.0, 1.0))
    copies = [model for model in models for _ in model.names]
    bumps = [(*model.bumps, *(nothing,) * (most - len(model.bumps))) for model in copies]
    shape = (len(copies), most)
    parameters = (
        np.array([model.bias for model in copies]),
        np.reshape([[bump.centre for bump in row] for row in bumps], (*shape, dimension, 2)),
        np.reshape([[bump.amplitude for bump in row] for row in bumps], (*shape, 2)),
        np.reshape([[bump.width for bump in row] for row in bumps], (*shape, 2)),
    )
    low, high = (Bumps(*(ends[..., side] for ends in parameters)) for side in (0, 1))
    return RandomBumps(tuple(name for model in models for name in model.names), low, high)


def _built(where: str, build: Callable[..., T], *parts: Any) -> T:
    """What `build` makes of the parts of the document; its errors name the place."""
    try:
        return build(*parts)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None


def _ends(value: Any, where: str) -> Ends:
    if isinstance(value, dict):
        content = keys(value, where, ("low", "high"))
        low, high = _number(content["low"], f"{where}: low"), _number(content["high"], f"{where}: high")
        if not low <= high:
            raise ValueError(f"{where}: the range from {low:g} to {high:g} is empty; low must be at most high")
        return low, high
    number = _number(value, where)
    return number, number


def _width(value: Any, where: str) -> Ends:
    ends = _ends(value, where)
    if not ends[0] >= LEAST_WIDTH:
        raise ValueError(f"{where}: a width must be at least {LEAST_WIDTH:g}; got {ends[0]:g}")
    return ends


def _number(value: Any, where: str) -> float:
    number = number_or_none(value)
    if number is None:
        raise ValueError(f"{where}: expected a number; got {shown(value)}")
    return number


def _row(value: Any, where: str) -> list[float]:
    return [_number(cell, f"{where}[{i}]") for i, cell in enumerate(a_list(value, where))]


def _matrix(value: Any, where: str) -> list[list[float]]:
    return [_row(row, f"{where}[{i}]") for i, row in enumerate(a_list(value, where))]
