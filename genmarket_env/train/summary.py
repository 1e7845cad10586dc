"""From the cells of a comparison to its summary: interquartile means with intervals, and one table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

import genmarket_env
from genmarket_env import ChoiceRule, Market, markets
from genmarket_env.about import About
from genmarket_env.intervals import InterquartileEstimate, bootstrap_interquartile_mean
from genmarket_env.market import FloatArray
from genmarket_env.messages import printable

from .cells import Cell
from .theory import Theory

FIGURES = (
    "nash_conv",
    "nash_conv_average",
    "coarse_correlated_gap",
    "welfare_ratio",
    "coverage",
    "model_hhi",
    "platform_hhi",
)
"""What is recorded in each window of a run, in units of the score (HHIs and the ratio have none)."""

COLUMNS = ("learner", "NashConv", "NashConv, average", "CC gap", "welfare / planner", "model HHI", "ends in")
"""The heads of the table's columns."""

WIDE = 165
"""The columns of a terminal that a table with intervals needs."""

ENDS = ("equilibrium", "cycle", "neither")


@dataclass(frozen=True)
class Row:
    """One learner with one number of platforms, over all seeds.

    Attributes:
        num_platforms: N.
        learner: its name.
        curves: the estimate over time of each of `FIGURES`, arrays `(windows,)`.
        end: the estimate of each of `FIGURES` over the last quarter of the windows.
        ends: how many seeds ended in each of `ENDS`.
        deployed: the share of platforms that deployed each model in the last quarter, `(models,)`.
        rounds: the number of rounds at the end of each window, `(windows,)`.
        cycle: the cycle of the first seed that ended in one, as profiles, a row a round, or None.
    """

    num_platforms: int
    learner: str
    curves: dict[str, InterquartileEstimate]
    end: dict[str, InterquartileEstimate]
    ends: dict[str, int]
    deployed: list[float]
    rounds: list[int]
    cycle: list[list[int]] | None


@dataclass(frozen=True)
class Comparison:
    """All that a comparison found.

    Attributes:
        market: the market.
        arguments: what was asked for, by name, as plain data; `market` is the market's name.
        choice: the users' choice rule.
        theory: the analytic answer for each number of platforms.
        rows: one for each learner and number of platforms.
        cells: every cell with its raw result.
        about: where the market comes from, and what is not modelled.
    """

    market: Market
    arguments: dict[str, Any]
    choice: ChoiceRule
    theory: list[Theory]
    rows: list[Row]
    cells: list[tuple[Cell, dict[str, Any]]]
    about: About = field(default_factory=About)

    @property
    def title(self) -> str:
        """The market's name, and its mass scheme if one was asked for."""
        masses = self.arguments.get("masses")
        market = self.arguments["market"]
        name = Path(market).stem if markets.files.is_path(market) else market
        return printable(f"{name}{'' if masses is None else f', {masses} masses'}")

    def summary(self) -> dict[str, Any]:
        """The summary as plain data: theory, and per learner the figures at the end with their intervals."""
        return {
            "version": genmarket_env.__version__,
            "arguments": self.arguments,
            "choice": repr(self.choice),
            "about": self.about.as_dict(),
            "models": self.market.model_names,
            "users": self.market.user_names,
            "masses": self.market.masses.tolist(),
            "theory": [answer.as_dict() for answer in self.theory],
            "learners": [
                {
                    "platforms": row.num_platforms,
                    "learner": row.learner,
                    "seeds": row.end["nash_conv"].seeds,
                    "ends": row.ends,
                    "cycle": row.cycle,
                    **{
                        name: {"iqm": float(value.iqm), "low": float(value.low), "high": float(value.high)}
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
        runs = [
            {"platforms": cell.game.num_platforms, "learner": cell.learner, "seed": cell.seed, **result}
            for cell, result in self.cells
        ]
        return json.dumps({"format": 1, **self.summary(), "runs": runs}, allow_nan=False)

    def results_csv(self) -> str:
        """The raw series as CSV text: one row a cell and window."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        most = max((answer.num_platforms for answer in self.theory), default=0)
        writer.writerow(["platforms", "learner", "seed", "rounds", *FIGURES, *(f"platform_{i}" for i in range(most))])
        for cell, result in self.cells:
            series = result["series"]
            for window, rounds in enumerate(series["rounds"]):
                profile = [self.market.model_names[j] for j in series["profile"][window]]
                figures = [series[name][window] for name in FIGURES]
                writer.writerow([cell.game.num_platforms, cell.learner, cell.seed, rounds, *figures, *profile])
        return text.getvalue()


def summarise(
    market: Market,
    arguments: dict[str, Any],
    choice: ChoiceRule,
    answers: list[Theory],
    cells: list[tuple[Cell, dict[str, Any]]],
    about: About | None = None,
) -> Comparison:
    """Aggregate the cells over their seeds."""
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for cell, result in cells:
        groups.setdefault((cell.game.num_platforms, cell.learner), []).append(result)
    rows = [_row(platforms, learner, results) for (platforms, learner), results in groups.items()]
    return Comparison(market, arguments, choice, answers, rows, cells, about or About())


def _row(num_platforms: int, learner: str, results: Sequence[dict[str, Any]]) -> Row:
    curves, end = {}, {}
    for name in FIGURES:
        series = np.array([result["series"][name] for result in results])
        curves[name] = bootstrap_interquartile_mean(series)
        end[name] = bootstrap_interquartile_mean(series[:, -max(1, series.shape[1] // 4) :].mean(axis=1))
    cycles = [result["end"]["cycle"] for result in results if result["end"]["cycle"] is not None]
    return Row(
        num_platforms=num_platforms,
        learner=learner,
        curves=curves,
        end=end,
        ends={kind: sum(result["end"]["kind"] == kind for result in results) for kind in ENDS},
        deployed=np.mean([result["deployed"] for result in results], axis=0).tolist(),
        rounds=results[0]["series"]["rounds"],
        cycle=cycles[0] if cycles else None,
    )


def shown(value: InterquartileEstimate) -> str:
    """An estimate as text.

    Example:
        >>> shown(bootstrap_interquartile_mean([0.25, 0.25]))
        '0.250 [0.250, 0.250]'
    """
    return f"{number_shown(value.iqm)} {interval_shown(value)}"


def interval_shown(value: InterquartileEstimate) -> str:
    """The interval of an estimate as text."""
    return f"[{number_shown(value.low)}, {number_shown(value.high)}]"


def number_shown(number: float | FloatArray) -> str:
    """A number to three decimals; -0.0 and what rounds to it is 0.000."""
    return f"{round(float(number), 3) + 0.0:.3f}"


def ends_shown(row: Row) -> str:
    """How the seeds of a row ended, as text."""
    seeds = sum(row.ends.values())
    return ", ".join(f"{kind} {count}/{seeds}" for kind, count in row.ends.items() if count)


def table(comparison: Comparison, width: int) -> Table:
    """The summary as one table that a person can read; without the intervals where `width` is too small for them."""
    wide = width >= WIDE
    caption = _caption(comparison) if wide else f"{_caption(comparison)} The intervals are in the report."
    result = Table(title=escape(f"{comparison.title}: learners against theory"), caption=caption)
    for name in COLUMNS:
        result.add_column(name, overflow="fold", no_wrap=name == COLUMNS[0] and wide)
    for answer in comparison.theory:
        result.add_section()
        result.add_row(*theory_row(answer), style="bold")
        for row in learner_rows(comparison, answer, intervals=wide):
            result.add_row(*row)
    return result


def markdown(comparison: Comparison) -> str:
    """The same table as Markdown text."""
    lines = [COLUMNS, ("---",) * len(COLUMNS)]
    for answer in comparison.theory:
        lines.append(tuple(f"**{cell}**" if cell else "" for cell in theory_row(answer)))
        lines += learner_rows(comparison, answer)
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\n{_caption(comparison)}\n"


def _caption(comparison: Comparison) -> str:
    seeds = comparison.rows[0].end["nash_conv"].seeds if comparison.rows else 0
    over = "one seed" if seeds == 1 else f"{seeds} seeds"
    return (
        f"Interquartile mean over {over} of the last quarter of the rounds, with its 95% bootstrap interval. "
        "NashConv: of the current policies; average: of the policies averaged over time. CC gap: coarse-correlated gap."
    )


def learner_rows(comparison: Comparison, answer: Theory, *, intervals: bool = True) -> list[tuple[str, ...]]:
    """The cells of the table's rows of learners with that number of platforms."""
    cell = shown if intervals else (lambda value: number_shown(value.iqm))
    figures = ("nash_conv", "nash_conv_average", "coarse_correlated_gap", "welfare_ratio", "model_hhi")
    return [
        (row.learner, *(cell(row.end[name]) for name in figures), ends_shown(row))
        for row in comparison.rows
        if row.num_platforms == answer.num_platforms
    ]


def theory_row(answer: Theory) -> tuple[str, ...]:
    """The cells of the table's row of theory: of the pure equilibria, or else of the mixed one and the cycle."""
    name = f"theory, N = {answer.num_platforms}"
    outcome, planner = answer.outcome, answer.planner_value
    if answer.equilibria and outcome:
        count = len(answer.equilibria)
        kind = f"{count} pure {'equilibrium' if count == 1 else 'equilibria'}"
        return name, "0.000", "0.000", "0.000", _span(outcome["welfare"], planner), _span(outcome["model_hhi"]), kind
    kind = f"no pure equilibrium (least epsilon {answer.least_epsilon:.3f})"
    ratio, hhi = f"{answer.mixture_welfare / planner:.3f} (mixed)", ""
    if outcome:
        ratio += f", {outcome['welfare']['mean'] / planner:.3f} (cycle)"
        hhi = f"{outcome['model_hhi']['mean']:.3f} (cycle)"
    return name, "0.000 (mixed)", "0.000 (mixed)", "0.000 (mixed)", ratio, hhi, kind


def _span(values: dict[str, float], unit: float = 1.0) -> str:
    """The smallest, mean and largest value as text; one number if they are the same."""
    low, mean, high = (f"{values[name] / unit:.3f}" for name in ("min", "mean", "max"))
    return low if low == high else f"{mean} ({low} to {high})"
