"""From the cells of a comparison on a game to its summary: interquartile means with intervals, and one table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

import genmarket_env
from genmarket_env.about import About
from genmarket_env.intervals import InterquartileEstimate, bootstrap_interquartile_mean
from genmarket_env.market import FloatArray
from genmarket_env.messages import printable

from ..summary import interval_shown, number_shown, shown
from .cells import GameCell, by_libraries
from .theory import GameTheory

WIDE = 150
"""The columns of a terminal that a table with intervals needs."""


@dataclass(frozen=True)
class GameRow:
    """One learner over all seeds.

    Attributes:
        learner: its name.
        curves: the estimate over time of each figure, arrays `(windows,)` or, a player each, `(windows, N)`.
        end: the same over the last quarter of the windows, floats or `(N,)`.
        rounds: the number of rounds at the end of each window.
    """

    learner: str
    curves: dict[str, InterquartileEstimate]
    end: dict[str, InterquartileEstimate]
    rounds: list[int]


@dataclass(frozen=True)
class GameComparison:
    """All that a comparison on a game found.

    Attributes:
        arguments: what was asked for, by name, as plain data.
        theory: the exact answer.
        rows: one for each learner.
        cells: every cell with its raw result.
        about: where the game comes from.
    """

    arguments: dict[str, Any]
    theory: GameTheory
    rows: list[GameRow]
    cells: list[tuple[GameCell, dict[str, Any]]]
    about: About = field(default_factory=About)

    @property
    def title(self) -> str:
        """The game's name, and the parameters that were set."""
        set_to = [f"{name}={value}" for name, value in self.arguments["parameters"].items()]
        return printable(f"{self.arguments['game']}{': ' if set_to else ''}{', '.join(set_to)}")

    def libraries(self, learner: str) -> dict[str, str]:
        """The versions of what another library's learner learned with, by name; none of our own learners."""
        found: list[dict[str, str]] = [
            result.get("libraries", {}) for cell, result in self.cells if cell.learner == learner
        ]
        return found[0] if found else {}

    def summary(self) -> dict[str, Any]:
        """The summary as plain data: theory, and per learner the figures at the end with their intervals."""
        return {
            "version": genmarket_env.__version__,
            "arguments": self.arguments,
            "about": self.about.as_dict(),
            "theory": self.theory.as_dict(),
            "learners": [
                {
                    "learner": row.learner,
                    "seeds": row.end["nash_conv"].seeds,
                    **by_libraries(self.libraries(row.learner)),
                    **{
                        name: {
                            "iqm": np.asarray(value.iqm).tolist(),
                            "low": np.asarray(value.low).tolist(),
                            "high": np.asarray(value.high).tolist(),
                        }
                        for name, value in row.end.items()
                    },
                }
                for row in self.rows
            ],
        }

    def summary_json(self) -> str:
        """`summary` as JSON text."""
        return json.dumps(self.summary(), indent=2, allow_nan=False)

    def results_json(self) -> str:
        """Everything, the raw series of every cell included, as JSON text."""
        runs = [{"learner": cell.learner, "seed": cell.seed, **result} for cell, result in self.cells]
        return json.dumps({"format": 1, **self.summary(), "runs": runs}, allow_nan=False)

    def results_csv(self) -> str:
        """The raw series as CSV text: one row a cell and window."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        players = self.theory.players
        figures = list(self.cells[0][1]["series"]["figures"][0]) if self.cells else []
        plain = ("rounds", "nash_conv", "nash_conv_half_width", "nash_conv_average")
        by_player = ("regrets", "payoffs")
        heads = [f"{name.removesuffix('s')}_{player}" for name in by_player for player in players]
        writer.writerow(["learner", "seed", *plain, *heads, *figures])
        for cell, result in self.cells:
            series = result["series"]
            for at in range(len(series["rounds"])):
                own = [value for name in by_player for value in series[name][at]]
                values = [series[name][at] for name in plain]
                writer.writerow([cell.learner, cell.seed, *values, *own, *series["figures"][at].values()])
        return text.getvalue()


def summarise(
    arguments: dict[str, Any],
    theory: GameTheory,
    cells: list[tuple[GameCell, dict[str, Any]]],
    about: About | None = None,
) -> GameComparison:
    """Aggregate the cells over their seeds."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for cell, result in cells:
        groups.setdefault(cell.learner, []).append(result["series"])
    rows = [_row(learner, series, theory) for learner, series in groups.items()]
    return GameComparison(arguments, theory, rows, cells, about or About())


def _row(learner: str, series: Sequence[dict[str, Any]], theory: GameTheory) -> GameRow:
    values: dict[str, FloatArray] = {}
    for name in ("nash_conv", "nash_conv_half_width", "nash_conv_average", "regrets", "payoffs"):
        given = [run[name] for run in series]
        if not any(value is None for run in given for value in run):
            values[name] = np.array(given, float)
    for name in series[0]["figures"][0]:
        values[f"figure {name}"] = np.array([[figures[name] for figures in run["figures"]] for run in series])
    if theory.payoffs is not None:
        values["payoff_gap"] = np.abs(values["payoffs"] - np.array(theory.payoffs)).max(axis=-1)
    if theory.welfare_name is not None:
        ratio = theory.welfare_ratio(values[f"figure {theory.welfare_name}"])
        if ratio is not None:
            values["welfare_ratio"] = ratio
    last = max(1, len(series[0]["rounds"]) // 4)
    return GameRow(
        learner,
        {name: bootstrap_interquartile_mean(value) for name, value in values.items()},
        {name: bootstrap_interquartile_mean(value[:, -last:].mean(axis=1)) for name, value in values.items()},
        series[0]["rounds"],
    )


@dataclass(frozen=True)
class Column:
    """A column of the table: its head, and how it reads of a learner and of the reference."""

    head: str
    figure: str
    reference: str


def columns(comparison: GameComparison) -> list[Column]:
    """The columns that have something to say about this game."""
    theory, found = comparison.theory, comparison.theory.figures or {}
    distance = theory.distance.split(",")[0]
    at_rest = "" if theory.nash_conv is None else number_shown(theory.nash_conv)
    welfare = found.get(theory.welfare_name or "")
    ratio = None if welfare is None else theory.welfare_ratio(welfare)
    possible = [
        Column(distance, "nash_conv", at_rest),
        Column(f"{distance}, average", "nash_conv_average", ""),
        Column("gap to exact payoffs", "payoff_gap", "" if theory.payoffs is None else number_shown(0.0)),
        Column("welfare / best", "welfare_ratio", "" if ratio is None else number_shown(ratio)),
        Column("welfare", f"figure {theory.welfare_name}", "" if welfare is None else number_shown(welfare)),
        Column("revenue", "figure revenue", number_shown(found["revenue"]) if "revenue" in found else ""),
    ]
    told = {name for row in comparison.rows for name in row.end}
    if "welfare_ratio" in told:
        told.discard(f"figure {theory.welfare_name}")
    return [column for column in possible if column.figure in told]


def reference_row(comparison: GameComparison) -> tuple[str, ...]:
    """The cells of the table's row of the exact answer."""
    name = comparison.theory.concept or "no exact reference"
    return (name, *(column.reference for column in columns(comparison)))


def learner_rows(comparison: GameComparison, *, intervals: bool = True) -> list[tuple[str, ...]]:
    """The cells of the table's rows of learners."""
    cell = shown if intervals else (lambda value: number_shown(value.iqm))
    shown_columns = columns(comparison)
    return [
        (row.learner, *(cell(row.end[c.figure]) if c.figure in row.end else "" for c in shown_columns))
        for row in comparison.rows
    ]


def table(comparison: GameComparison, width: int) -> Table:
    """The summary as one table that a person can read; without the intervals where `width` is too small for them."""
    wide = width >= WIDE
    note = caption(comparison) if wide else f"{caption(comparison)} The intervals are in the report."
    result = Table(title=escape(f"{comparison.title}: learners against the exact answer"), caption=escape(note))
    for name in ("learner", *(column.head for column in columns(comparison))):
        result.add_column(name, overflow="fold", no_wrap=name == "learner" and wide)
    result.add_row(*map(escape, reference_row(comparison)), style="bold")
    for row in learner_rows(comparison, intervals=wide):
        result.add_row(*map(escape, row))
    return result


def markdown(comparison: GameComparison) -> str:
    """The same table as Markdown text."""
    heads = ("learner", *(column.head for column in columns(comparison)))
    lines = [heads, ("---",) * len(heads)]
    lines.append(tuple(f"**{cell}**" if cell else "" for cell in reference_row(comparison)))
    lines += learner_rows(comparison)
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\n{caption(comparison)}\n"


def caption(comparison: GameComparison) -> str:
    """What stands under the table."""
    seeds = comparison.rows[0].end["nash_conv"].seeds if comparison.rows else 0
    over = "one seed" if seeds == 1 else f"{seeds} seeds"
    theory = comparison.theory
    words = (
        f"Interquartile mean over {over} of the last quarter of the rounds, with its 95% bootstrap interval. "
        f"Distance from equilibrium: {theory.distance}."
    )
    if theory.payoffs is not None:
        words += " Gap: of the player whose payoff is farthest from that of the exact answer."
    if theory.welfare_ratio(0.0) is not None:
        words += f" Best welfare: {theory.best_welfare_how}."
    return words


def brief(comparison: GameComparison) -> str:
    """What the learners reached against the exact answer, in a few sentences."""
    theory = comparison.theory
    nearest = min(comparison.rows, key=lambda row: float(row.end["nash_conv"].iqm))
    named = [nearest, *(row for row in comparison.rows if row.learner == "ppo" and row is not nearest)]
    sentences = []
    for row in named:
        words = f"{row.learner} ends at a distance of {shown(row.end['nash_conv'])} from equilibrium"
        if row is nearest and len(comparison.rows) > 1:
            words = f"Nearest to equilibrium ends {row.learner}, at {shown(row.end['nash_conv'])}"
        if "payoff_gap" in row.end:
            words += f", its payoffs within {shown(row.end['payoff_gap'])} of the exact answer ({theory.concept})"
        if "welfare_ratio" in row.end:
            ratio = row.end["welfare_ratio"]
            words += f", with {number_shown(ratio.iqm)} {interval_shown(ratio)} of the best welfare"
        sentences.append(f"{words}.")
    return " ".join(sentences)
