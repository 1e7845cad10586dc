"""What `genmarket markets show --json` prints, format `genmarket-shown` version 1, read back as a market file."""

from __future__ import annotations

from typing import Any

from ..market_checks import AMOUNTS
from .amounts import OF_MODEL
from .json_checks import a_list, a_string, an_object, keys, strings
from .table import UNIFORM

FORMAT = "genmarket-shown"
VERSION = 1

ERRORS = ("standard_errors", "common_errors")
TEXTS = ("title", "source", "licence", "unit")
"""What both formats hold of a model, and of the whole."""

_REQUIRED = ("model_names", "user_names", "masses", "scores")
_OTHERS = ("mass_concentration", "name", "about", "notes", "options", "chosen", "mass_schemes", "model_sources")


def market_document(content: dict[str, Any], where: str) -> dict[str, Any]:
    """The same as a document of the format `genmarket-market`, without its format and version.

    The masses shown become the default; the other schemes can still be chosen, except beside masses that were given by
    type, which have no scheme to stand in.

    Args:
        content: the document.
        where: what errors name.

    Raises:
        ValueError: a key is missing or unknown, or what it holds is not of its kind.
    """
    known = keys(content, where, ("format", "version", *_REQUIRED), (*ERRORS, *TEXTS, *AMOUNTS, *_OTHERS))
    if known["version"] != VERSION or isinstance(known["version"], bool):
        raise ValueError(f"{where}: the version is {known['version']!r}; this release reads version {VERSION}")
    names = strings(known["model_names"], f"{where}: model_names")
    columns = {"scores": a_list(known["scores"], f"{where}: scores")}
    columns |= {name: a_list(known[name], f"{where}: {name}") for name in ERRORS if known.get(name) is not None}
    columns |= {
        name: a_list(an_object(known[name], f"{where}: {name}").get("values"), f"{where}: {name}: values")
        for name in AMOUNTS
        if known.get(name) is not None
    }
    for name, rows in columns.items():
        if len(rows) != len(names):
            raise ValueError(f"{where}: {name}: {len(rows)} rows for {len(names)} models; there must be one for each")
    sources = an_object(known.get("model_sources", {}), f"{where}: model_sources")
    masses, of_masses = _masses(known, where)
    return {
        **{name: known[name] for name in (*TEXTS, "notes") if name in known},
        "source": a_string(known.get("source", ""), f"{where}: source").removesuffix(f"; masses: {of_masses}"),
        **{
            name: {key: text for key, text in known[name].items() if key != "values"}
            for name in AMOUNTS
            if name in columns
        },
        "users": known["user_names"],
        "masses": masses,
        **_concentration(known, masses),
        "models": [
            {
                "name": name,
                **{OF_MODEL.get(column, column): rows[j] for column, rows in columns.items()},
                **({"source": sources[name]} if name in sources else {}),
            }
            for j, name in enumerate(names)
        ],
    }


def _concentration(content: dict[str, Any], masses: Any) -> dict[str, Any]:
    """Of masses that stand in no scheme, which would have its own."""
    return {} if isinstance(masses, dict) else {"mass_concentration": content.get("mass_concentration")}


def _masses(content: dict[str, Any], where: str) -> tuple[Any, str]:
    """The masses as a market file has them, and the source of the scheme that was chosen."""
    schemes = an_object(content.get("mass_schemes", {}), f"{where}: mass_schemes")
    chosen = an_object(content.get("chosen", {}), f"{where}: chosen").get("masses")
    if not schemes or (chosen not in schemes and chosen != UNIFORM):
        return content["masses"], ""
    scheme = an_object(schemes.get(chosen, {}), f"{where}: mass_schemes")
    return {"default": chosen, "schemes": schemes}, str(scheme.get("source", ""))
