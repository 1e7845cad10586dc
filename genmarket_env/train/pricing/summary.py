"""From sessions to what they say: means with their intervals, a row a setting."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

import genmarket_env
from genmarket_env.about import About
from genmarket_env.intervals import Frequency, MeanEstimate, bootstrap_mean, frequency
from genmarket_env.market import FloatArray
from genmarket_env.number_format import percent
from genmarket_env.repeated.limit import INDIFFERENT

from .cells import Q_LEARNING, SessionCell, Setting

Results = Sequence[tuple[SessionCell, Mapping[str, Any]]]

TITLES = {
    "published": "Prices, at the published parameters",
    "grid": "Prices, at others",
    "models": "Models instead of prices",
    "networks": "Networks instead of tables",
}

HEADER = (
    "", "sessions", "gain", "rounds", "at rest", "best response better by", "Nash", "a deviation wins", "answered",
    "forgiven",
)  # fmt: skip

CAPTION = (
    "Means over sessions with 95% bootstrap intervals; of Nash Wilson's. Gain: of the mean payoff, 0 in the one-shot "
    "equilibrium and 1 in the joint optimum, in the cycle that the learned strategies end in. At rest: how often that "
    "cycle is one profile. Best response better by: what the exact best response to the others' strategies is worth "
    "more in discounted payoffs, of the player who wins most, where play goes through. Nash: how often nobody wins "
    "anything. A deviation wins: who gives the best reply of a round once, in discounted payoffs. Answered: how often "
    "the others' prices are lower in the next round than they would have been. Forgiven: how often play is on its path "
    "again within 15 rounds."
)


@dataclass(frozen=True)
class Row:
    """A setting over its sessions.

    Attributes:
        setting: what the sessions have in common.
        sessions: how many.
        converged: how many of them; None of networks, which play for as long as they are told.
        gain: of the mean payoff; None where there is nothing to gain.
        gains: the same of each session.
        rounds: until convergence.
        at_rest: in how many the cycle is one profile.
        regret: of the best response on the path, as a share of what play is worth.
        nash: in how many nobody has any.
        deviation: what it wins, as a share of what play is worth; None where there is none to make.
        answers: how often others charge less in the next round; None without prices, or with no deviation to make.
        returns: how often play is on its path again; None where there is no deviation to make.
        changes: of the deviator's and the others' actions in each round, estimates `(rounds, 2)`; None without levels.
    """

    setting: Setting
    sessions: int
    converged: Frequency | None
    gain: MeanEstimate | None
    gains: FloatArray
    rounds: MeanEstimate
    at_rest: Frequency
    regret: MeanEstimate
    nash: Frequency
    deviation: MeanEstimate | None
    answers: MeanEstimate | None
    returns: MeanEstimate | None
    changes: list[tuple[MeanEstimate, MeanEstimate]] | None

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, a cell for each of `HEADER`."""
        return (
            self.setting.name,
            f"{self.sessions:,}{self._unconverged}",
            "nothing to gain" if self.gain is None else in_numbers(self.gain),
            f"{self.rounds.mean:,.0f}",
            percent(self.at_rest.probability, 0),
            in_percent(self.regret),
            f"{percent(self.nash.probability)} [{percent(self.nash.low)}, {percent(self.nash.high)}]",
            "none to make" if self.deviation is None else in_percent(self.deviation),
            "" if self.answers is None else in_percent(self.answers),
            "" if self.returns is None else in_percent(self.returns),
        )

    @property
    def _unconverged(self) -> str:
        if self.converged is None or self.converged.count == self.sessions:
            return ""
        return f", {self.converged.count:,} converged"

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        found = {name: _plain(value) for name, value in vars(self).items() if name not in ("setting", "gains")}
        setting = self.setting
        known = {
            "group": setting.group,
            "name": setting.name,
            "learner": setting.learner,
            "discount": setting.game.discount,
            "benchmarks": asdict(setting.benchmarks),
        }
        if setting.learner == Q_LEARNING:
            known |= {"alpha": setting.alpha, "beta": setting.beta}
        return {**known, **found}


def in_numbers(estimate: MeanEstimate) -> str:
    """An estimate with three decimals.

    Example:
        >>> in_numbers(MeanEstimate(0.8354, 0.8, 0.86, 10))
        '0.835 [0.800, 0.860]'
    """
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def in_percent(estimate: MeanEstimate) -> str:
    """An estimate in percent.

    Example:
        >>> in_percent(MeanEstimate(-0.0125, -0.02, 0.0, 10))
        '-1.2% [-2.0%, 0.0%]'
    """
    return f"{percent(estimate.mean)} [{percent(estimate.low)}, {percent(estimate.high)}]"


def _plain(value: Any) -> Any:
    if isinstance(value, Frequency | MeanEstimate):
        return asdict(value)
    if isinstance(value, list):
        return [[asdict(each) for each in pair] for pair in value]
    return value


@dataclass(frozen=True)
class Summary:
    """All that was found.

    Attributes:
        arguments: what was asked for, by name, as plain data.
        rows: one a setting.
        cells: every session with its raw result.
        about: where the game comes from.
    """

    arguments: dict[str, Any]
    rows: list[Row]
    cells: Results
    about: About = field(default_factory=About)

    def of_group(self, group: str) -> list[Row]:
        """The rows of a group."""
        return [row for row in self.rows if row.setting.group == group]

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain data, without the sessions."""
        return {
            "version": genmarket_env.__version__,
            "arguments": self.arguments,
            "about": self.about.as_dict(),
            "settings": [row.as_dict() for row in self.rows],
        }

    def summary_json(self) -> str:
        """The same as JSON text."""
        return json.dumps(self.as_dict(), indent=2, allow_nan=False)

    def results_json(self) -> str:
        """Everything, each session included, as JSON text."""
        runs = [
            {"group": cell.setting.group, "name": cell.setting.name, "seed": cell.seed, **result}
            for cell, result in self.cells
        ]
        return json.dumps({"format": 1, **self.as_dict(), "runs": runs}, allow_nan=False)

    @property
    def verdict(self) -> str:
        """What was found, in one or two sentences."""
        (row,) = self.of_group("published")
        if row.gain is None:
            return ""
        words = (
            f"At the published parameters Q-learners end {percent(row.gain.mean, 0)} of the way from the profit of the "
            f"one-shot equilibrium to that of the joint monopoly: a gain of {in_numbers(row.gain)} over "
            f"{row.sessions:,} sessions (published: about .85)."
        )
        if row.deviation is not None and row.returns is not None and row.answers is not None:
            pays = "does not pay" if row.deviation.high < 0 else "pays" if row.deviation.low > 0 else "pays little"
            words += (
                f" A price cut in one round {pays}: {in_percent(row.deviation)} of what play is worth. The rival "
                f"answers {percent(row.answers.mean, 0)} of the cuts with a lower price in the next round, and after "
                f"{percent(row.returns.mean, 0)} all is as before within 15 rounds."
            )
        return words


def summarise(arguments: dict[str, Any], cells: Results, about: About | None = None) -> Summary:
    """A row for each setting, in the order of the cells."""
    groups: dict[int, tuple[Setting, list[Mapping[str, Any]]]] = {}
    for cell, result in cells:
        groups.setdefault(id(cell.setting), (cell.setting, []))[1].append(result)
    return Summary(arguments, [_row(*group) for group in groups.values()], cells, about or About())


def _row(setting: Setting, results: list[Mapping[str, Any]]) -> Row:
    count = len(results)
    gains = setting.benchmarks.gain([np.mean(result["payoffs"]) for result in results])
    deviating = [result for result in results if result["gains"]]
    changes = np.array([result["changes"] for result in deviating if result["changes"] is not None])
    return Row(
        setting,
        count,
        frequency(sum(result["converged"] for result in results), count) if setting.learner == Q_LEARNING else None,
        bootstrap_mean(gains) if np.isfinite(gains).all() else None,
        gains,
        bootstrap_mean([result["rounds"] for result in results]),
        frequency(sum(len(result["cycle"]) == 1 for result in results), count),
        bootstrap_mean([result["regret_on_path"] for result in results]),
        frequency(sum(result["regret_on_path"] <= INDIFFERENT for result in results), count),
        bootstrap_mean([np.mean(result["gains"]) for result in deviating]) if deviating else None,
        bootstrap_mean([result["answers"] for result in deviating]) if len(changes) else None,
        bootstrap_mean([result["returns"] for result in deviating]) if deviating else None,
        [(bootstrap_mean(own), bootstrap_mean(others)) for own, others in np.moveaxis(changes, 0, -1)]
        if len(changes)
        else None,
    )


def grouped(summary: Summary) -> dict[str, list[Row]]:
    """The rows of each group that has any, by its title."""
    return {title: rows for group, title in TITLES.items() if (rows := summary.of_group(group))}


def table(summary: Summary) -> Table:
    """The summary as one table that a person can read."""
    result = Table(title=escape("Learners in repeated games"), caption=escape(CAPTION))
    for place, name in enumerate(HEADER):
        result.add_column(name, overflow="fold", no_wrap=place == 0)
    for title, rows in grouped(summary).items():
        result.add_row(escape(title), *[""] * (len(HEADER) - 1), style="bold")
        for row in rows:
            result.add_row(*map(escape, row.cells))
    return result


def markdown(summary: Summary) -> str:
    """The same as Markdown text."""
    lines = [HEADER, ("---",) * len(HEADER)]
    for title, rows in grouped(summary).items():
        lines.append((f"**{title}**", *[""] * (len(HEADER) - 1)))
        lines += [row.cells for row in rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\n{CAPTION}\n"
