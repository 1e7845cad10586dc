"""Finished parts of a comparison on disk: written whole or not at all, found again by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from genmarket_env import ChoiceRule, Market
from genmarket_env.atomic import write_whole

FORMAT = 1
PRESENTATION = {"arguments.py", "compare.py", "compare_entry.py", "figures.py", "grid.py", "report.py", "summary.py"}
"""Modules of `train` that only show results: changing them leaves results as they are."""
OTHERS = ("diffusion",)
"""Packages of `train` that have nothing to do with comparisons."""

FIGURES = frozenset({"series", "end", "deployed"})
"""What the result of a learner's run holds."""


class Keyed(Protocol):
    """What a part of a comparison has to be to be stored."""

    def key(self) -> str:
        """A name that changes when anything the result depends on does, the code included."""


def content_key(content: Mapping[str, Any]) -> str:
    """A digest of plain data that results depend on, and of the code that computes them."""
    whole = {"format": FORMAT, "code": _code_digest(), **content}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Cell:
    """One learner's run with one seed on one market: all that its result depends on.

    Attributes:
        market: one market.
        choice: the users' choice rule.
        num_platforms: at least 1.
        learner: a name in `train.learners.names()`.
        seed: of the run, >= 0.
        rounds: how often the platforms move, at least 1.
    """

    market: Market
    choice: ChoiceRule
    num_platforms: int
    learner: str
    seed: int
    rounds: int

    def key(self) -> str:
        """A name that changes when anything the result depends on does, the code included."""
        digest = content_key(
            {
                "scores": self.market.scores.tolist(),
                "masses": self.market.masses.tolist(),
                "choice": repr(self.choice),
                "num_platforms": self.num_platforms,
                "learner": self.learner,
                "seed": self.seed,
                "rounds": self.rounds,
            }
        )
        return f"n{self.num_platforms}-{self.learner}-seed{self.seed}-{digest}"


@dataclass(frozen=True)
class CellStore:
    """A folder of finished cells.

    Args:
        folder: made when the first result is saved.
        figures: what a readable result holds.
    """

    folder: Path
    figures: frozenset[str] = FIGURES

    def load(self, cell: Keyed) -> dict[str, Any] | None:
        """The cell's result, or None if it is not there or not readable as one."""
        try:
            result = json.loads(self._path(cell).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            return None
        return result if isinstance(result, dict) and self.figures <= result.keys() else None

    def save(self, cell: Keyed, result: Mapping[str, Any]) -> None:
        """Write the cell's result, aside and then renamed, so that a kill never leaves half of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(cell), json.dumps(result, allow_nan=False).encode())

    def _path(self, cell: Keyed) -> Path:
        return self.folder / f"{cell.key()}.json"


@cache
def _code_digest() -> str:
    """A digest of the code that computes results: a change of it makes old cells void."""
    own = Path(__file__).parent
    root = own.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if path.is_relative_to(own) and (path.name in PRESENTATION or path.relative_to(own).parts[0] in OTHERS):
            continue
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
