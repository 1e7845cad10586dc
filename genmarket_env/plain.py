"""Choice rules, markets, economies and technologies as plain data: what JSON, YAML and other command lines can hold.

The environments take plain data wherever they take the objects, and write their own settings so: `to_data` is one way,
`choice_from`, `market_from`, `economy_from` and `technology_from` are the other. Reading what was written gives the
same object, to the bit.

| object | plain data |
|---|---|
| `HardMax()`, `HardMax(1e-6)` | `"hardmax"`, `{"hardmax": 1e-6}` |
| `Logit(0.1)` | `{"logit": 0.1}`, or `{"logit": {"temperature": 0.1, "outside_utility": 0.5}}` |
| `OutsideOption(Logit(0.1), 0.6)` | `{"outside-option": {"rule": {"logit": 0.1}, "reservation": 0.6}}` |
| a market of the catalogue or a file | its name or path; with options `{"livebench-2026-06": {"masses": "uniform"}}` |
| any other market | `{"scores": [[0.9, 0.1], [0.2, 0.8]], "masses": [0.6, 0.4]}`: the arguments of `Market` by name |
| `Economy(owners=[0, 0, 1])` | `{"owners": [0, 0, 1]}`: the arguments of `Economy` by name; `"share"`, `"score"` |
| a market file | the document itself, `{"format": "genmarket-market", ...}` |
| a `Schedule` of the environments | `{"temperature": {"linear": {...}}, "masses": {"table": [...]}}` |
| a technology | its name, or `{"direct-scores": {"budget": 0.7}}`; a fitted `DataMixture` with its curves |

A number or a list in the place of the options is the first of them.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np

from . import markets
from .choice import ChoiceRule, HardMax, Logit, OutsideOption
from .economy import Economy
from .entry import Technology, technologies
from .entry.technologies import DataMixture, DirectScores, RadialBumps
from .market import Market
from .market_checks import AMOUNTS, ERRORS
from .markets import json_format
from .messages import shown

CHOICES: dict[str, type] = {"hardmax": HardMax, "logit": Logit, "outside-option": OutsideOption}

ChoiceSpec = ChoiceRule | str | Mapping[str, Any]
"""A choice rule, or plain data that describe one."""

TechnologySpec = Technology | str | Mapping[str, Any]
"""A technology, its name in the registry, or plain data that describe one."""

Data = Any
"""None, truth values, numbers, strings, and lists and dictionaries of these."""


def choice_from(data: Any) -> Any:
    """The choice rule that plain data describe; what is no plain data comes back as it is.

    Raises:
        ValueError: the name or an option is unknown, missing or out of range.
        TypeError: an option has the wrong type.

    Example:
        >>> choice_from({"logit": {"temperature": 0.1, "outside_utility": 0.5}})
        Logit(temperature=0.1, outside_utility=0.5)
        >>> choice_from("hard-max")
        Traceback (most recent call last):
        ValueError: unknown choice rule 'hard-max'; known are 'hardmax', 'logit', 'outside-option'
    """
    if not isinstance(data, (str, Mapping)):
        return data
    name, arguments, options = _named("choice rule", data)
    name = name.replace("_", "-")
    if name not in CHOICES:
        raise ValueError(f"unknown choice rule {shown(name)}; known are {', '.join(map(repr, CHOICES))}")
    if name == "outside-option":
        arguments = [choice_from(one) for one in arguments]
        options = {key: choice_from(one) if key == "rule" else one for key, one in options.items()}
    rule: ChoiceRule = _made(f"choice rule {name!r}", CHOICES[name], arguments, options)
    return rule


def market_from(data: Any) -> Any:
    """The market that plain data describe; what is no plain data comes back as it is.

    Raises:
        ValueError: the name, a key or an option is unknown, or the numbers are no market's.
        TypeError: a value has the wrong type.

    Example:
        >>> market_from({"scores": [[0.9, 0.1], [0.2, 0.8]], "masses": [0.6, 0.4]})
        Market(models=2, users=2)
        >>> market_from({"livebench-2026-06": {"masses": "uniform"}})
        Market(models=24, users=7)
        >>> market_from({"scores": [[0.9, 0.1]], "mass": [1, 0]})
        Traceback (most recent call last):
        ValueError: market has no option 'mass'; it takes scores, masses, model_names, ...
    """
    if isinstance(data, str):
        return markets.load(data)
    if not isinstance(data, Mapping):
        return data
    content = _bare(data)
    if "scores" in content:
        return _made("market", Market, [], content)
    if "format" in content or "models" in content:
        return json_format.parse(json.dumps(content), "market").market()
    name, arguments, options = _named("market", content)
    if arguments:
        options = {"masses": arguments[0]}
    return markets.load(name, **options)


def economy_from(data: Any) -> Any:
    """The economy that plain data describe; what is no plain data comes back as it is.

    Raises:
        ValueError: the name or a key is unknown, or the numbers are no economy's.
        TypeError: a value has the wrong type.

    Example:
        >>> economy_from({"worths": 1.0, "owners": ["one", "one", "two"]}).owners
        ('one', 'one', 'two')
        >>> economy_from("share")
        Economy(worths)
        >>> economy_from({"owner": [0, 0]})
        Traceback (most recent call last):
        ValueError: economy has no option 'owner'; it takes utilities, worths, access, brands, owners, follows
    """
    if isinstance(data, str):
        known = {"score": Economy.score, "share": Economy.share}
        if data not in known:
            raise ValueError(f"unknown economy {shown(data)}; known are {', '.join(map(repr, known))}")
        return known[data]()
    if not isinstance(data, Mapping):
        return data
    return _made("economy", Economy, [], _bare(data))


def technology_from(data: Any, market: Market | None = None) -> Any:
    """The technology that plain data describe, for a market; what is no plain data comes back as it is.

    Raises:
        ValueError: the name or an option is unknown or out of range, or the technology is made for one market and there
            is none.

    Example:
        >>> technology_from({"direct-scores": 0.7})
        DirectScores(budget=0.7)
    """
    if not isinstance(data, (str, Mapping)):
        return data
    name, arguments, options = _named("technology", data)
    name = name.replace("_", "-")
    if name == "data-mixture" and "floors" in options:
        return _made(f"technology {name!r}", DataMixture, arguments, options)
    if arguments and name in technologies.REGISTRY:
        options = {technologies.options_of(name)[0]: arguments[0]}
    return technologies.make(name, market, **options)


def to_data(value: Any) -> Data:
    """A choice rule, market, economy, technology or plain value as plain data.

    Raises:
        TypeError: it has no plain form, such as a function, or a rule or technology of your own.

    Example:
        >>> to_data(OutsideOption(Logit(0.1), [0.5, 0.6]))
        {'outside-option': {'rule': {'logit': 0.1}, 'reservation': [0.5, 0.6]}}
        >>> to_data(Market([[0.9, 0.1]], [0.5, 0.5]))
        {'scores': [[0.9, 0.1]], 'masses': [0.5, 0.5]}
    """
    if isinstance(value, (np.generic, np.ndarray)):  # before float, which numpy.float64 is
        return to_data(value.tolist())
    if isinstance(value, Enum):
        return to_data(value.value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): to_data(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [to_data(one) for one in value]
    if type(value) in _WRITERS:  # not a subclass of one, which may do something else
        return _WRITERS[type(value)](value)
    if callable(getattr(value, "plain", None)):  # a schedule, which knows its own form
        return to_data(value.plain())
    raise TypeError(
        f"{shown(value)} has no plain form; those of genmarket_env.plain have one, others must be passed as objects"
    )


def _hardmax_data(rule: HardMax) -> Data:
    return "hardmax" if rule == HardMax() else {"hardmax": rule.tie_tol}


def _logit_data(rule: Logit) -> Data:
    if rule.outside_utility is None:
        return {"logit": rule.temperature}
    return {"logit": {"temperature": rule.temperature, "outside_utility": rule.outside_utility}}


def _outside_data(rule: OutsideOption) -> Data:
    return {"outside-option": {"rule": to_data(rule.rule), "reservation": to_data(rule.reservation)}}


def _market_data(market: Market) -> Data:
    data = {"scores": market.scores.tolist(), "masses": market.masses.tolist()}
    by_default = Market(market.scores, market.masses)
    for name in ("model_names", "user_names"):
        if getattr(market, name) != getattr(by_default, name):
            data[name] = list(getattr(market, name))
    for name in (*ERRORS, *AMOUNTS):
        values = getattr(market, name)
        if values is not None:
            data[name] = values.tolist()
    for unit in AMOUNTS.values():
        if getattr(market, unit):
            data[unit] = getattr(market, unit)
    if market.mass_concentration is not None:
        data["mass_concentration"] = market.mass_concentration
    return data


def _economy_data(economy: Economy) -> Data:
    given = _fields(economy, "utilities", "worths", "access", "brands", "owners", "follows")
    return {name: part for name, part in given.items() if part is not None}


def _direct_scores_data(technology: DirectScores) -> Data:
    return "direct-scores" if technology.budget is None else {"direct-scores": {"budget": technology.budget}}


def _bumps_data(technology: RadialBumps) -> Data:
    return {"radial-bumps": _fields(technology, "positions", "num_bumps", "budget")}


def _mixture_data(technology: DataMixture) -> Data:
    arrays = ("preferences", "floors", "ceilings", "scales", "exponents")
    return {"data-mixture": _fields(technology, *arrays, "data", "spread", "class_names")}


def _fields(value: Any, *names: str) -> dict[str, Data]:
    return {name: to_data(getattr(value, name)) for name in names}


_WRITERS: dict[type, Callable[[Any], Data]] = {
    HardMax: _hardmax_data,
    Logit: _logit_data,
    OutsideOption: _outside_data,
    Market: _market_data,
    Economy: _economy_data,
    DirectScores: _direct_scores_data,
    RadialBumps: _bumps_data,
    DataMixture: _mixture_data,
}


def _named(what: str, data: str | Mapping[Any, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    """The name in plain data, and its arguments by place and by name."""
    if isinstance(data, str):
        return data, [], {}
    content = _bare(data)
    if len(content) != 1:
        raise ValueError(f"a {what} is a name, or a dictionary of one name and its options; got {shown(content)}")
    ((name, options),) = content.items()
    if isinstance(options, dict):
        return name, [], options
    return name, [] if options is None else [options], {}


def _made(what: str, maker: Callable[..., Any], arguments: list[Any], options: dict[str, Any]) -> Any:
    """What a maker makes of plain data, with errors that name it."""
    parameters = inspect.signature(maker).parameters
    takes = f"it takes {', '.join(parameters)}"
    for option in options:
        if option not in parameters:
            raise ValueError(f"{what} has no option {shown(option)}; {takes}")
    given = {*list(parameters)[: len(arguments)], *options}
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in given:
            raise ValueError(f"{what} needs {name}; {takes}")
    try:
        return maker(*arguments, **options)
    except (TypeError, ValueError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f"{what}: {error}") from None


def _bare(data: Any) -> Any:
    """The same as dictionaries and lists: those of OmegaConf and the like are neither."""
    if isinstance(data, Mapping):
        return {str(key): _bare(value) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [_bare(value) for value in data]
    return data


__all__ = ["ChoiceSpec", "TechnologySpec", "choice_from", "economy_from", "market_from", "technology_from", "to_data"]
