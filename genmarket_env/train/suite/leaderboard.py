"""From the runs of a leaderboard to its tables: gaps by learner, kind and instance, with intervals over seeds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

import genmarket_env
from genmarket_env.about import About
from genmarket_env.intervals import MeanEstimate, stratified_mean
from genmarket_env.number_format import number

from ..games.cells import GameCell, by_libraries
from .instances import KINDS, Instance
from .make import FOUND

Run = tuple[Instance, GameCell, dict[str, Any]]
Table = tuple[tuple[str, ...], ...]
"""Rows of text, the header first."""


@dataclass(frozen=True)
class Leaderboard:
    """All that a leaderboard is made of.

    Attributes:
        arguments: what was asked for, by name, as plain data.
        runs: every run with its instance and result.
        about: what stands beside it.
    """

    arguments: dict[str, Any]
    runs: Sequence[Run]
    about: About = field(default_factory=About)

    @cached_property
    def gaps(self) -> dict[tuple[str, str], list[float]]:
        """The gap of each run, by learner and id of the instance."""
        found: dict[tuple[str, str], list[float]] = {}
        for one, cell, result in self.runs:
            found.setdefault((cell.learner, one.id), []).append(result["distance"] / one.random)
        return found

    @cached_property
    def instances(self) -> list[Instance]:
        """Those that are played, in the order of the suite."""
        return list({one.id: one for one, *_ in self.runs}.values())

    @cached_property
    def learners(self) -> list[str]:
        """Those that play: of at least half of the instances first, then by the share that they find, and their gap."""
        names = dict.fromkeys(cell.learner for _, cell, _ in self.runs)

        def rank(learner: str) -> tuple[bool, float, float]:
            found, played = self.found(learner)
            overall = self.gap(learner)
            assert overall is not None
            return 2 * played < len(self.instances), -found / played, overall.mean

        return sorted(names, key=rank)

    @property
    def kinds(self) -> list[str]:
        """The kinds that are played."""
        return [kind for kind in KINDS if any(one.kind == kind for one in self.instances)]

    def gap(self, learner: str, within: Callable[[Instance], bool] = lambda _: True) -> MeanEstimate | None:
        """The mean of a learner's gaps over instances, with its interval over seeds; None where it plays none."""
        groups = [
            self.gaps[learner, one.id] for one in self.instances if within(one) and (learner, one.id) in self.gaps
        ]
        return stratified_mean(groups) if groups else None

    def found(self, learner: str) -> tuple[int, int]:
        """In how many instances the gap's interval ends below `FOUND`, and how many the learner plays."""
        each = [self.gap(learner, lambda other, own=one: other is own) for one in self.instances]  # type: ignore[misc]
        known = [gap for gap in each if gap is not None]
        return sum(gap.high < FOUND for gap in known), len(known)

    def cost(self, learner: str, figure: str) -> float:
        """The mean of a figure of the learner's runs, "seconds" or "samples"."""
        return float(np.mean([result[figure] for _, cell, result in self.runs if cell.learner == learner]))

    def libraries(self, learner: str) -> dict[str, str]:
        """The versions of what another library's learner learned with, by name; none of our own learners."""
        found: list[dict[str, str]] = [
            result.get("libraries", {}) for _, cell, result in self.runs if cell.learner == learner
        ]
        return found[0] if found else {}

    def overall_table(self) -> Table:
        """A row a learner: what it finds, its gap, and what that cost."""
        rows = []
        for learner in self.learners:
            found, played = self.found(learner)
            seconds, samples = (self.cost(learner, figure) for figure in ("seconds", "samples"))
            gap = gap_shown(self.gap(learner))
            rows.append((learner, f"{found} of {played}", gap, f"{seconds:.2f}", f"{samples:,.0f}"))
        return (("learner", "answers found", "mean gap", "seconds a run", "samples a run"), *rows)

    def kind_table(self) -> Table:
        """A row a learner, a column a kind."""
        rows = [
            (learner, *(gap_shown(self.gap(learner, lambda one, kind=kind: one.kind == kind)) for kind in self.kinds))  # type: ignore[misc]
            for learner in self.learners
        ]
        return (("learner", *self.kinds), *rows)

    def instance_table(self, *, intervals: bool = True) -> Table:
        """A row an instance, a column a learner."""
        rows = []
        for one in self.instances:
            each = [self.gap(learner, lambda other, own=one: other is own) for learner in self.learners]  # type: ignore[misc]
            shown = [gap_shown(gap) if intervals else mean_shown(gap) for gap in each]
            rows.append((one.name, one.kind, one.grade, number(one.random), *shown))
        return (("instance", "kind", "grade", "random play", *self.learners), *rows)

    def summary(self) -> dict[str, Any]:
        """The summary as plain data."""
        learners = []
        for learner in self.learners:
            found, played = self.found(learner)
            learners.append(
                {
                    "learner": learner,
                    "found": found,
                    "played": played,
                    "gap": _plain(self.gap(learner)),
                    "by_kind": {
                        kind: _plain(self.gap(learner, lambda one, kind=kind: one.kind == kind))  # type: ignore[misc]
                        for kind in self.kinds
                    },
                    "seconds": self.cost(learner, "seconds"),
                    "samples": self.cost(learner, "samples"),
                    **by_libraries(self.libraries(learner)),
                }
            )
        return {
            "version": genmarket_env.__version__,
            "arguments": self.arguments,
            "about": self.about.as_dict(),
            "learners": learners,
        }

    def results_json(self) -> str:
        """The summary and every run as JSON text."""
        runs = [
            {"instance": one.name, "kind": one.kind, "learner": cell.learner, "seed": cell.seed, "rounds": cell.rounds}
            | {name: value for name, value in result.items() if name != "series"}
            | {"gap": result["distance"] / one.random}
            for one, cell, result in self.runs
        ]
        return json.dumps({"format": 1, **self.summary(), "runs": runs}, allow_nan=False, indent=1) + "\n"

    def results_csv(self) -> str:
        """Every run as CSV text."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["instance", "kind", "learner", "seed", "rounds", "distance", "gap", "seconds", "samples"])
        for one, cell, result in self.runs:
            told = (result["distance"], result["distance"] / one.random, result["seconds"], result["samples"])
            writer.writerow([one.name, one.kind, cell.learner, cell.seed, cell.rounds, *told])
        return text.getvalue()


def gap_shown(gap: MeanEstimate | None) -> str:
    """A gap with its interval as text, "" of none.

    Example:
        >>> gap_shown(MeanEstimate(0.123, 0.1, 1.5, 5))
        '0.12 [0.10, 1.50]'
    """
    return "" if gap is None else f"{gap.mean:.2f} [{gap.low:.2f}, {gap.high:.2f}]"


def mean_shown(gap: MeanEstimate | None) -> str:
    """A gap without its interval, "" of none."""
    return "" if gap is None else f"{gap.mean:.2f}"


def _plain(gap: MeanEstimate | None) -> dict[str, float] | None:
    return None if gap is None else {"mean": gap.mean, "low": gap.low, "high": gap.high}
