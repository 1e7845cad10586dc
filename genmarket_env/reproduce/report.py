"""The folder that a run leaves: one page that needs nothing else, the figures, their numbers, and the claims."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..about import About
from ..atomic import write_folder
from ..command_line import asked
from ..pictures import inline
from ..report import page
from .contents import Chapter, shown_cell
from .settings import Settings

TEMPLATE = Path(__file__).with_name("report.html.jinja")
PAGE = "report.html"


def write(sections: Mapping[str, Chapter], settings: Settings, folder: Path) -> Path:
    """Write the figures, the numbers, claims.json and report.html, all of them or none.

    Returns:
        The path of the page.

    Raises:
        OSError: the folder cannot be made or written.
    """
    pictures = [picture for section in sections.values() for picture in section.pictures]
    tables = [numbers for section in sections.values() for numbers in section.numbers]
    files = {f"{picture.name}.svg": picture.svg for picture in pictures}
    files |= {f"{numbers.name}.csv": numbers.csv() for numbers in tables}
    files |= {"claims.json": claims_json(sections, settings), PAGE: page_text(sections, settings)}
    write_folder(folder, {name: text.encode() for name, text in files.items()})
    return folder / PAGE


def claims_json(sections: Mapping[str, Chapter], settings: Settings) -> str:
    """The claims with what was measured and the verdict; `holds` is null where the run does not decide a claim."""
    document = {
        "version": version("genmarket_env"),
        "about": about(settings).as_dict(),
        "seed": settings.seed,
        "markets": settings.markets,
        "sections": list(sections),
        "claims": claim_records(sections),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def claim_records(sections: Mapping[str, Chapter]) -> list[dict[str, Any]]:
    """A record a claim, with the name of its section."""
    return [{"section": name, **vars(claim)} for name, section in sections.items() for claim in section.claims]


def about(settings: Settings) -> About:
    """What stands beside the claims."""
    return About(
        command=asked(),
        source='Wei, Shi, Zhang, "Market Games for Generative Models: Equilibria, Welfare, and Strategic Entry", '
        "ICLR 2026, arXiv 2602.17787; the sources of the real markets: genmarket markets show NAME; of the games: "
        "genmarket games NAME",
        scores="a number in [0, 1], larger is better; in the real markets that of the benchmark",
        masses="those of each market; each section says how markets are drawn",
        notes=(
            "The paper publishes what its figures show, not the numbers behind them: the markets are ours.",
            f"What is said of drawn markets is said of {settings.markets} of them.",
        ),
    )


def verdicts(sections: Mapping[str, Chapter]) -> str:
    """How many claims hold, in a sentence."""
    counts = Counter(claim.verdict for section in sections.values() for claim in section.claims)
    refuted, undecided = counts["does not hold"], counts["undecided"]
    rest = f", {refuted} {'does' if refuted == 1 else 'do'} not" if refuted else ""
    rest += f", {undecided} {'is' if undecided == 1 else 'are'} left undecided by the run" if undecided else ""
    return f"{counts['holds']} of {counts.total()} claims hold{rest}."


def page_text(sections: Mapping[str, Chapter], settings: Settings) -> str:
    """The page, as HTML."""
    return page(
        TEMPLATE,
        about(settings),
        filters={"shown": shown_cell, "inline": inline},
        sections=sections,
        verdicts=verdicts(sections),
        settings=settings,
        version=version("genmarket_env"),
    )
