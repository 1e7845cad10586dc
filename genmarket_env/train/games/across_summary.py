"""From comparisons on every game to one: gaps as shares of random play's, and who finds the answer in which kind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from rich.markup import escape
from rich.table import Table

import genmarket_env
from genmarket_env import agents
from genmarket_env.about import About
from genmarket_env.intervals import InterquartileEstimate
from genmarket_env.number_format import number

from ..summary import number_shown
from .learners import KNOWN
from .summary import GameComparison, GameRow

BASELINE = "random"
"""The learner whose distance is 1."""
FOUND = 0.05
"""A learner finds the answer where its interval ends below this share of random play's distance."""

Kind = Literal["simultaneous", "leader and follower", "private values", "dynamic"]
KINDS: tuple[Kind, ...] = get_args(Kind)

KINDS_IN_WORDS: dict[Kind, str] = {
    "simultaneous": "all move at once, and nothing is private",
    "leader and follower": "who moves later sees what was done before",
    "private values": "all move at once, each knowing its own type alone",
    "dynamic": "an action is a plan for many periods, or rounds hang together",
}


@dataclass(frozen=True)
class GameAcross:
    """One game of the comparison.

    Attributes:
        kind: of the game.
        comparison: all that was found of it.
    """

    kind: Kind
    comparison: GameComparison

    @property
    def name(self) -> str:
        """The game's name."""
        return str(self.comparison.arguments["game"])

    @property
    def random(self) -> float:
        """The distance of random play from equilibrium, in the game's units."""
        return float(self._row(BASELINE).end["nash_conv"].iqm)

    @property
    def half_width(self) -> float | None:
        """Half the largest interval (Student's, 95 %) of a learner's distance over draws, as a share of random play's.

        None where nothing is drawn, or random play is at rest.
        """
        widths = [float(row.end["nash_conv_half_width"].iqm) for row in self.comparison.rows]
        return max(widths) / self.random if max(widths) > 0 and self.random > 0 else None

    @property
    def learners(self) -> list[str]:
        """Those that play it."""
        return [row.learner for row in self.comparison.rows]

    def gap(self, learner: str) -> InterquartileEstimate | None:
        """A learner's distance as a share of random play's; None where it does not fit, or random play is at rest."""
        return self._share(learner, "nash_conv")

    def payoff_gap(self, learner: str) -> InterquartileEstimate | None:
        """The same of the gap to the exact payoffs; None also where there are none."""
        return self._share(learner, "payoff_gap")

    def best(self, *, told: bool) -> str | None:
        """The learner of the least gap, of those that are told what every action would have paid, or of the others."""
        some = [name for name in self.learners if KNOWN[name].learns and is_told(name) == told]
        known = [(float(gap.iqm), name) for name in some if (gap := self.gap(name)) is not None]
        return min(known)[1] if known else None

    def _share(self, learner: str, figure: str) -> InterquartileEstimate | None:
        if learner not in self.learners or figure not in self._row(learner).end:
            return None
        unit = float(self._row(BASELINE).end[figure].iqm)
        end = self._row(learner).end[figure]
        if not unit > 0:
            return None
        return InterquartileEstimate(end.iqm / unit, end.low / unit, end.high / unit, end.seeds)

    def _row(self, learner: str) -> GameRow:
        return next(row for row in self.comparison.rows if row.learner == learner)


@dataclass(frozen=True)
class AcrossComparison:
    """All that a comparison on every game found.

    Attributes:
        arguments: what was asked for, by name, as plain data.
        games: one for each game.
        about: what stands beside it.
    """

    arguments: dict[str, Any]
    games: list[GameAcross]
    about: About = field(default_factory=About)

    @property
    def learners(self) -> list[str]:
        """Those that play some game, as they are registered."""
        return [name for name in KNOWN if any(name in game.learners for game in self.games)]

    def libraries(self, learner: str) -> dict[str, str]:
        """The versions of what another library's learner learned with, by name; none of our own learners."""
        found = [game.comparison.libraries(learner) for game in self.games if learner in game.learners]
        return found[0] if found else {}

    def of_kind(self, kind: Kind) -> list[GameAcross]:
        """The games of a kind."""
        return [game for game in self.games if game.kind == kind]

    def found(self, learner: str, kind: Kind) -> tuple[int, int]:
        """In how many games of a kind the learner finds the answer, and how many it plays."""
        gaps = [gap for game in self.of_kind(kind) if (gap := game.gap(learner)) is not None]
        return sum(bool(gap.high < FOUND) for gap in gaps), len(gaps)

    def typical(self, learner: str, kind: Kind) -> float | None:
        """The median of the learner's gaps in a kind; None where it plays none."""
        gaps = [float(gap.iqm) for game in self.of_kind(kind) if (gap := game.gap(learner)) is not None]
        return float(np.median(gaps)) if gaps else None

    def summary(self) -> dict[str, Any]:
        """The summary as plain data: of each game what a comparison on it alone gives, its kind and the gaps."""
        found = []
        for game in self.games:
            whole = game.comparison.summary()
            del whole["version"]
            gaps = {name: _plain(game.gap(name)) for name in game.learners}
            found.append({"game": game.name, "kind": game.kind, "random": game.random, "gaps": gaps, **whole})
        return {
            "version": genmarket_env.__version__,
            "arguments": self.arguments,
            "about": self.about.as_dict(),
            "games": found,
        }

    def summary_json(self) -> str:
        """`summary` as JSON text."""
        return json.dumps(self.summary(), indent=2, allow_nan=False)

    def results_json(self) -> str:
        """The same as one line, with the number of its format; `documents.read` reads it."""
        return json.dumps({"format": 1, **self.summary()}, allow_nan=False)

    def results_csv(self) -> str:
        """The gaps as CSV text: one row a game, learner and seed, at the end of the run."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["game", "kind", "distance", "learner", "seed", "rounds", "nash_conv", "gap"])
        for game in self.games:
            for cell, result in game.comparison.cells:
                series = result["series"]
                last = max(1, len(series["rounds"]) // 4)
                end = float(np.mean(series["nash_conv"][-last:]))
                gap = end / game.random if game.random > 0 else ""
                told = (cell.learner, cell.seed, cell.rounds, end, gap)
                writer.writerow([game.name, game.kind, game.comparison.theory.distance, *told])
        return text.getvalue()


def is_told(learner: str) -> bool:
    """Whether a learner is told what each of its actions would have paid; others hear their own payoff alone.

    Example:
        >>> is_told("regret_matching"), is_told("exp3"), is_told("ppo")
        (True, False, False)
    """
    known = agents.REGISTRY.get(learner)
    return known is not None and known.observes == "profile"


def _plain(estimate: InterquartileEstimate | None) -> dict[str, float] | None:
    if estimate is None:
        return None
    return {name: float(getattr(estimate, name)) for name in ("iqm", "low", "high")}


def gap_shown(gap: InterquartileEstimate | None) -> str:
    """A gap as text, "" of none.

    Example:
        >>> gap_shown(InterquartileEstimate(np.array(0.123), np.array(0.1), np.array(1.5), 5))
        '0.12 [0.10, 1.50]'
    """
    return "" if gap is None else f"{_short(gap.iqm)} [{_short(gap.low)}, {_short(gap.high)}]"


def _short(value: Any) -> str:
    return f"{round(float(value), 2) + 0.0:.2f}"


def kind_rows(comparison: AcrossComparison, kind: Kind) -> list[tuple[str, ...]]:
    """The table of one kind of game: a head, random play's distance, the error of the draws, and a row a learner."""
    games = comparison.of_kind(kind)
    rows: list[tuple[str, ...]] = [("learner", *(game.name for game in games))]
    rows.append(("random play, in the game's units", *(number_shown(game.random) for game in games)))
    if any(game.half_width is not None for game in games):
        widths = (game.half_width for game in games)
        rows.append(("over draws, at most +/-", *("" if each is None else _short(each) for each in widths)))
    for learner in comparison.learners:
        cells = tuple(gap_shown(game.gap(learner)) for game in games)
        if learner != BASELINE and any(cells):
            rows.append((learner, *cells))
    return rows


def found_rows(comparison: AcrossComparison) -> list[tuple[str, ...]]:
    """Who finds the answer in which kind: a head, and a row a learner, "games found / played, median gap"."""
    kinds = [kind for kind in KINDS if comparison.of_kind(kind)]
    rows: list[tuple[str, ...]] = [("learner", *kinds)]
    for learner in comparison.learners:
        cells = []
        for kind in kinds:
            found, played = comparison.found(learner, kind)
            median = comparison.typical(learner, kind)
            cells.append("" if median is None else f"{found} of {played}, {_short(median)}")
        rows.append((learner, *cells))
    return rows


def best_rows(comparison: AcrossComparison) -> list[tuple[str, ...]]:
    """For each game the nearest learner that is told what each action would have paid, and of the others."""
    rows: list[tuple[str, ...]] = [("game", "kind", "told what actions pay", "from its own reward")]
    for game in comparison.games:
        cells = []
        for told in (True, False):
            name = game.best(told=told)
            cells.append("" if name is None else f"{name} {gap_shown(game.gap(name))}")
        rows.append((game.name, game.kind, *cells))
    return rows


def table(comparison: AcrossComparison) -> Table:
    """Who finds the answer in which kind of game, as a table for a terminal."""
    head, *rows = found_rows(comparison)
    result = Table(title="Learners in every game", caption=escape(found_caption()))
    for name in head:
        result.add_column(name)
    for row in rows:
        result.add_row(*map(escape, row))
    return result


def found_caption() -> str:
    """What stands under the table of who finds the answer."""
    return (
        f"Games in which the gap's interval ends below {number(FOUND, 2)}, of those played, and the median gap. "
        "Gap: distance from equilibrium over that of random play; 0 is exact, 1 as random."
    )


def caption(comparison: AcrossComparison) -> str:
    """What stands under the tables of gaps."""
    seeds = comparison.arguments["seeds"]
    rounds = sorted(set(comparison.arguments["rounds"].values()), reverse=True)
    return (
        f"Distance from equilibrium over that of random play: 0 is exact, 1 as random. Interquartile mean over "
        f"{seeds} seeds at the end of {' or, of networks, '.join(map(str, rounds))} rounds (of games measured exactly "
        "over their last quarter), with its 95 % bootstrap interval over seeds. Over draws: half of Student's 95 % "
        "interval of that distance over what is drawn, the largest of all learners; all are measured on the same draws."
    )


def markdown_table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows, the head first, as a Markdown table."""
    head, *others = rows
    lines = [head, ("---",) * len(head), *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown(comparison: AcrossComparison) -> str:
    """All tables as Markdown text."""
    parts = [markdown_table(found_rows(comparison)), found_caption()]
    for kind in KINDS:
        if games := comparison.of_kind(kind):
            distances = "; ".join(f"{game.name}: {game.comparison.theory.distance}" for game in games)
            words = f"**{kind.capitalize()}**: {KINDS_IN_WORDS[kind]}."
            parts += [words, markdown_table(kind_rows(comparison, kind)), f"Distance: {distances}."]
    return "\n\n".join([*parts, caption(comparison)]) + "\n"
