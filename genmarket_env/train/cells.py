"""Finished parts of a comparison on disk: written whole or not at all, found again by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from genmarket_env import ChoiceRule, Market
from genmarket_env.atomic import write_whole

from .provenance import LIBRARIES, code_digest, differences, versions

FORMAT = 2

FIGURES = frozenset({"series", "end", "deployed"})
"""What the result of a learner's run holds."""


class Keyed(Protocol):
    """What a part of a comparison has to be to be stored."""

    def key(self) -> str:
        """A name that changes when anything of the question does; not what computes the answer."""


def content_key(content: Mapping[str, Any]) -> str:
    """A digest of plain data that results depend on."""
    whole = {"format": FORMAT, **content}
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
        """A name that changes when anything above does."""
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


class UnusableError(Exception):
    """The file of a cell is there but cannot be believed; the message says why, as a participle or a phrase."""


@dataclass(frozen=True)
class CellStore:
    """A folder of finished cells, each with what computed it and a digest of everything in its file.

    Args:
        folder: made when the first result is saved.
        figures: what a readable result holds.
        code: a digest of the code that computes; taken once, as files may change while it runs.
        versions: of Python and the libraries that compute.
    """

    folder: Path
    figures: frozenset[str] = FIGURES
    code: str = field(default_factory=code_digest)
    versions: Mapping[str, str] = field(default_factory=lambda: versions(LIBRARIES))

    def load(self, cell: Keyed) -> dict[str, Any] | None:
        """The cell's result, or None if it is not there.

        Raises:
            UnusableError: the file is damaged, holds another cell, or was computed by other code or other versions.
        """
        try:
            content = json.loads(self._path(cell).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise UnusableError("damaged") from None
        if not isinstance(content, dict) or content.pop("digest", None) != _digest(content):
            raise UnusableError("damaged")
        if content["cell"] != cell.key():
            raise UnusableError("in the place of another")
        if different := differences(content["versions"], self.versions):
            raise UnusableError(f"computed by other versions ({different})")
        if content["code"] != self.code:
            raise UnusableError("computed by other code of this package")
        result = content["result"]
        if not self.figures <= result.keys():
            raise UnusableError("damaged")
        return dict(result)

    def save(self, cell: Keyed, result: Mapping[str, Any]) -> None:
        """Write the cell's result, aside and then renamed, so that a kill never leaves half of it."""
        made = {"cell": cell.key(), "code": self.code, "versions": dict(self.versions), "result": dict(result)}
        content = json.loads(json.dumps(made, allow_nan=False))
        content["digest"] = _digest(content)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(cell), json.dumps(content, allow_nan=False).encode())

    def _path(self, cell: Keyed) -> Path:
        return self.folder / f"{cell.key()}.json"


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
