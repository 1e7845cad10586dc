"""What stands beside every answer: where it comes from, what it assumes and leaves out, and how to get it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from importlib.metadata import version
from typing import Any

from .markets import Entry
from .markets.table import UNIFORM
from .messages import printable

TITLE = "About this answer"

NOT_MODELLED = (
    "prices, costs, speed and capacity: a platform earns the score of the users that it serves",
    "brand, bundling and habit: a platform is the model that it deploys, one at a time, and users can leave at no cost",
    "differences among the users of one type, and what a benchmark does not ask",
)
"""What no answer of this package knows of, whatever the market."""

INDICES = "platforms, models and user types count from 0 in JSON, in their order there; texts and pages count from 1"

SCORES = "a number in [0, 1], larger is better"
"""What a score is where the market does not say more."""


ASSUMED = "uniform masses were assumed: the file gives none"

STYLE = """
.about { border: 1px solid #999; padding: .2em 1em 1em; margin-top: 3em; font-size: .9em; overflow-wrap: anywhere; }
.about h2 { margin-top: .6em; border: 0; } .about dt { color: #444; font-weight: normal; } .about dd { margin: 0; }
.about dl { display: grid; grid-template-columns: max-content 1fr; gap: .3em 1.2em; margin: 0; }
@media (max-width: 34em) { .about dl { display: block; } .about dd { margin: 0 0 .5em; }
  figure { overflow-x: auto; } figure svg { max-width: none; } }
"""
"""What a page with the box needs among its styles; on a phone, pictures keep their size and can be moved."""


def masses_in_words(entry: Entry, asked: str | None) -> str:
    """Where the masses of a market come from.

    Args:
        entry: what is known of it.
        asked: the name of the scheme that was asked for, if one was.

    Example:
        >>> from genmarket_env import markets
        >>> masses_in_words(markets.describe("livebench-2026-06"), None)
        'the scheme chatgpt'
    """
    scheme = asked or entry.default_masses
    if scheme is not None:
        return f"the scheme {scheme}"
    return ASSUMED if entry.options.get("masses", "").startswith(UNIFORM) else "those of the market"


@dataclass(frozen=True)
class About:
    """The caveats of an answer, the same on pages, in texts and in JSON; "" or empty where there is nothing to say.

    Attributes:
        command: the command line that gives the answer again, without where and how it is written.
        market: the market as it was asked for.
        title: what it is.
        source: what to cite.
        licence: the terms of the numbers.
        scores: what a score is.
        prices: what a price of a model is, what to cite for them, and their terms.
        costs: the same of the costs.
        masses: where the masses of the user types come from.
        options: with which options the market was built, by name.
        left_out: the models that were left out on request.
        notes: what a reader must know of the selection and of modelling choices.
        not_modelled: what the answer does not know of.
        model_sources: where the scores of each model come from, by its name.
        version: of this package.

    Example:
        >>> About(command="genmarket solve mine.csv -n 2", masses="uniform: assumed").facts[:2]
        [('command', 'genmarket solve mine.csv -n 2'), ('masses', 'uniform: assumed')]
    """

    command: str = ""
    market: str = ""
    title: str = ""
    source: str = ""
    licence: str = ""
    scores: str = ""
    prices: str = ""
    costs: str = ""
    masses: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = NOT_MODELLED
    model_sources: Mapping[str, str] = field(default_factory=dict)
    version: str = field(default_factory=lambda: version("genmarket_env"))

    @classmethod
    def of_entry(cls, entry: Entry, **others: Any) -> About:
        """With what is known of a market; `others` are the attributes that it does not know.

        Example:
            >>> from genmarket_env import markets
            >>> About.of_entry(markets.describe("livebench-2026-06")).scores
            "LiveBench's mean of a category, divided by 100"
        """
        known = {
            "title": entry.title,
            "source": entry.source,
            "licence": entry.licence,
            "scores": entry.unit or SCORES,
            "prices": str(entry.prices or ""),
            "costs": str(entry.costs or ""),
            "notes": entry.notes,
            "model_sources": dict(entry.model_sources),
        }
        return cls(**{**known, **others})

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What there is to say, as pairs of what and text; the models' own sources stand apart."""
        found = [
            ("command", self.command),
            ("market", " - ".join(part for part in (self.market, self.title) if part)),
            ("source", self.source),
            ("licence", self.licence),
            ("scores", self.scores),
            ("prices", self.prices),
            ("costs", self.costs),
            ("masses", self.masses),
            *((f"option {name}", value) for name, value in self.options.items()),
            ("left out on request", ", ".join(self.left_out)),
            *(("note", note) for note in self.notes),
            *(("not modelled", text) for text in self.not_modelled),
            ("version", f"genmarket_env {self.version}"),
        ]
        return [(what, text) for what, text in found if text]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, empty ones too: every answer has the same keys."""
        return {**asdict(self), "indices": INDICES}

    @property
    def html(self) -> str:
        """The box of a page, whose styles hold `STYLE`."""
        sources = (
            f"<details><summary>Sources of the scores, model by model</summary>{_list(self.model_sources.items())}"
            f"</details>"
            if self.model_sources
            else ""
        )
        return f'<aside class="about">\n<h2>{TITLE}</h2>\n{_list(self.facts)}{sources}\n</aside>'


def _list(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "\n".join(f"<dt>{escape(printable(what))}</dt><dd>{escape(printable(text))}</dd>" for what, text in pairs)
    return f"<dl>\n{rows}\n</dl>"
