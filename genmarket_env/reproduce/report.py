"""The folder that a run leaves: one page that needs nothing else, the figures, their numbers, and the claims."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..atomic import write_whole
from ..pictures import inline
from .contents import Section, shown_cell
from .settings import Settings

TEMPLATE = "report.html.jinja"


def write(sections: Mapping[str, Section], settings: Settings, folder: Path) -> Path:
    """Write the figures, the numbers, claims.json and, last, report.html; each file appears whole or not at all.

    Returns:
        The path of the page.

    Raises:
        OSError: the folder cannot be made or written.
    """
    page = page_text(sections, settings)
    folder.mkdir(parents=True, exist_ok=True)
    for section in sections.values():
        for picture in section.pictures:
            write_whole(folder / f"{picture.name}.svg", picture.svg.encode())
        for numbers in section.numbers:
            write_whole(folder / f"{numbers.name}.csv", numbers.csv().encode())
    write_whole(folder / "claims.json", claims_json(sections, settings).encode())
    path = folder / "report.html"
    write_whole(path, page.encode())
    return path


def claims_json(sections: Mapping[str, Section], settings: Settings) -> str:
    """The claims with what was measured and the verdict; `holds` is null where nothing tested a claim."""
    document = {"seed": settings.seed, "markets": settings.markets, "claims": claim_records(sections)}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def claim_records(sections: Mapping[str, Section]) -> list[dict[str, Any]]:
    """A record a claim, with the name of its section."""
    return [{"section": name, **vars(claim)} for name, section in sections.items() for claim in section.claims]


def verdicts(sections: Mapping[str, Section]) -> str:
    """How many claims hold, in a sentence."""
    counts = Counter(claim.verdict for section in sections.values() for claim in section.claims)
    untested = f"; {counts['not tested']} were not tested" if counts["not tested"] else ""
    return f"{counts['holds']} of {counts.total()} claims hold{untested}."


def page_text(sections: Mapping[str, Section], settings: Settings) -> str:
    """The page, as HTML."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["shown"] = shown_cell
    environment.filters["inline"] = inline
    template = environment.from_string(resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    return template.render(
        sections=sections, verdicts=verdicts(sections), settings=settings, version=version("genmarket_env")
    )
