"""From the cells of a comparison of entry to its table: means over markets or seeds, with intervals."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.markup import escape
from rich.table import Table

import genmarket_env
from genmarket_env.about import About
from genmarket_env.intervals import MeanEstimate, bootstrap_mean

from .cells import EntryCell

FIGURES = {
    "payoff": "value served",
    "share": "users served",
    "adopted_in_every": "deployed everywhere",
    "objective": "F",
    "regret": "regret",
    "seconds": "seconds",
}
"""What is estimated, and how the table calls it."""

CAPTION = (
    "Means with 95% bootstrap intervals: over the seeds on one market, over the markets where these are drawn. Value "
    "served: the user value that the entrant serves after entry, the hard outcome. Deployed everywhere: how often some "
    "platform deploys it in every equilibrium or cycle. F: the surrogate. Regret: the value served that is lacking to "
    "the best release that any of these methods found in that market. Releases: how many it tried; of best those whose "
    "outcome it looked at, after some climbs of smooth values. A method that draws nothing runs once on one market, "
    "without an interval."
)

Results = Sequence[tuple[EntryCell, Mapping[str, Any]]]


@dataclass(frozen=True)
class Row:
    """One method on one group of markets.

    Attributes:
        setting: the name of the group.
        method: its name.
        figures: the estimate of each of `FIGURES`.
        releases: how many it tried, the mean.
    """

    setting: str
    method: str
    figures: dict[str, MeanEstimate]
    releases: float


@dataclass(frozen=True)
class EntryComparison:
    """All that a comparison found.

    Attributes:
        arguments: what was asked for, by name, as plain data.
        rows: one for each method and group of markets; within a group the largest value served first.
        results: every cell with its result, the regret included.
        about: where the first market comes from, and what is not modelled.
    """

    arguments: dict[str, Any]
    rows: list[Row]
    results: list[tuple[EntryCell, dict[str, Any]]]
    about: About = field(default_factory=About)

    def summary_json(self) -> str:
        """The rows as JSON text."""
        return json.dumps(self._summary(), indent=2, allow_nan=False)

    def results_json(self) -> str:
        """The rows and every result as JSON text."""
        runs = [{**_place(cell), **result} for cell, result in self.results]
        return json.dumps({"format": 1, **self._summary(), "runs": runs}, allow_nan=False)

    def results_csv(self) -> str:
        """The results as CSV text, one row a cell; without the parameters, whose number differs."""
        text = io.StringIO()
        names = [*FIGURES, "evaluations"]
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["setting", "market", "method", "seed", *names])
        for cell, result in self.results:
            writer.writerow([*_place(cell).values(), *(result[name] for name in names)])
        return text.getvalue()

    def _summary(self) -> dict[str, Any]:
        return {
            "version": genmarket_env.__version__,
            "arguments": self.arguments,
            "about": self.about.as_dict(),
            "methods": [asdict(row) for row in self.rows],
        }


def _place(cell: EntryCell) -> dict[str, Any]:
    return {"setting": cell.setting, "market": cell.index, "method": cell.method, "seed": cell.seed}


def summarise(arguments: dict[str, Any], results: Results, about: About | None = None) -> EntryComparison:
    """Compare each release with the best that any method found in its market, and estimate."""
    best: dict[tuple[str, int], float] = {}
    for cell, result in results:
        place = cell.setting, cell.index
        best[place] = max(result["payoff"], best.get(place, 0.0))
    compared = [
        (cell, {**result, "regret": best[cell.setting, cell.index] - result["payoff"]}) for cell, result in results
    ]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for cell, result in compared:
        groups.setdefault((cell.setting, cell.method), []).append(result)
    rows = [_row(setting, method, found) for (setting, method), found in groups.items()]
    settings = list(dict.fromkeys(row.setting for row in rows))
    rows.sort(key=lambda row: (settings.index(row.setting), -row.figures["payoff"].mean))
    return EntryComparison(arguments, rows, compared, about or About())


def _row(setting: str, method: str, results: Sequence[Mapping[str, Any]]) -> Row:
    figures = {name: bootstrap_mean([result[name] for result in results]) for name in FIGURES}
    return Row(setting, method, figures, sum(result["evaluations"] for result in results) / len(results))


def cells_of(row: Row) -> tuple[str, ...]:
    """The cells of a row of the table, as text."""
    figures = row.figures
    return (
        row.method,
        shown(figures["payoff"]),
        shown(figures["share"]),
        f"{figures['adopted_in_every'].mean:.0%}",
        f"{figures['objective'].mean:.3f}",
        shown(figures["regret"]),
        f"{row.releases:,.0f}",
        f"{figures['seconds'].mean:.2f}",
    )


def header() -> tuple[str, ...]:
    """The heads of the table's columns."""
    names = list(FIGURES.values())
    return ("method", *names[:-1], "releases", names[-1])


def shown(value: MeanEstimate) -> str:
    """An estimate as text; of one draw without an interval.

    Example:
        >>> shown(bootstrap_mean([0.25, 0.25])), shown(bootstrap_mean([0.25]))
        ('0.250 [0.250, 0.250]', '0.250')
    """
    if value.draws == 1:
        return f"{value.mean:.3f}"
    return f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]"


def grouped(comparison: EntryComparison) -> dict[str, list[Row]]:
    """The rows by their setting, whose title says over how many draws they are at most."""
    groups: dict[str, list[Row]] = {}
    for row in comparison.rows:
        groups.setdefault(row.setting, []).append(row)
    most = {setting: max(row.figures["payoff"].draws for row in rows) for setting, rows in groups.items()}
    return {f"{setting} ({most[setting]} {'draw' if most[setting] == 1 else 'draws'})": rows
            for setting, rows in groups.items()}  # fmt: skip


def table(comparison: EntryComparison) -> Table:
    """The table that a person can read."""
    result = Table(title="Entry: schemes, references and learners", caption=CAPTION)
    for number, name in enumerate(header()):
        result.add_column(name, justify="left" if number == 0 else "right", no_wrap=number == 0)
    for title, rows in grouped(comparison).items():
        result.add_section()
        result.add_row(escape(title), style="bold")
        for row in rows:
            result.add_row(*cells_of(row))
    return result


def markdown(comparison: EntryComparison) -> str:
    """The same table as Markdown text."""
    lines = [header(), ("---", *["---:"] * (len(header()) - 1))]
    for title, rows in grouped(comparison).items():
        lines.append((f"**{title}**", *[""] * (len(header()) - 1)))
        lines += [cells_of(row) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{CAPTION}\n"
