"""Finished parts of long work on disk: written whole or not at all, found by the question, believed if unchanged."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from genmarket_env.atomic import write_whole
from genmarket_env.market import Market
from genmarket_env.runner.provenance import differences, versions

from .modules import code_digest

LIBRARIES = ("gymnasium", "numba", "numpy", "pettingzoo", "scipy", "stable_baselines3", "torch")
"""Another version of one of these may give other results of a comparison."""

FORMAT = 2


class Part(Protocol):
    """What a part of the work has to be to be kept."""

    def key(self) -> str:
        """A name that changes when anything of the question does; the name of its file."""

    def modules(self) -> tuple[str, ...]:
        """The full names of the modules in which computing it begins."""


class UnusableError(Exception):
    """The file of a part is there but cannot be believed; the message says why, as a participle or a phrase."""


class ForeignError(UnusableError):
    """The file is another part's, or not one of ours."""

    def __init__(self) -> None:
        super().__init__("in the place of another")


Head = dict[str, Any]
"""What stands beside a result in its file: the part's `key`, the `code` and the `versions` that computed it."""

Result = TypeVar("Result")


class Form(Protocol[Result]):
    """How a result and its head become the bytes of a file, and back."""

    ending: str

    def written(self, result: Result, head: Head) -> bytes:
        """The bytes; the same for the same result and head. The form adds the digest."""

    def read(self, path: Path) -> tuple[Result, Head]:
        """The result and its head.

        Raises:
            FileNotFoundError: there is no such file.
            UnusableError: it was not written by this form, or has changed since; the message says why.
        """


@dataclass(frozen=True)
class Store(Generic[Result]):
    """A folder of finished parts, each with what computed it and a digest of everything in its file.

    Args:
        folder: made when the first result is saved.
        form: of the files.
        libraries: another version of one of these, or of Python, may give other results.
    """

    folder: Path
    form: Form[Result]
    libraries: tuple[str, ...]
    # Taken once for each set of modules: files may change while the work runs, and not what runs.
    _codes: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False)

    def has(self, part: Part) -> bool:
        """Whether there is a file of the part; a link that leads nowhere is one that cannot be read."""
        return os.path.lexists(self.path(part))

    def load(self, part: Part) -> Result | None:
        """The part's result, or None if it is not there.

        Raises:
            UnusableError: the file is damaged, holds another part, or was computed by other code or other versions.
        """
        code = self.code(part)
        try:
            result, head = self.form.read(self.path(part))
        except FileNotFoundError:
            return None
        if head["key"] != part.key():
            raise ForeignError
        if different := differences(head["versions"], versions(self.libraries)):
            raise UnusableError(f"computed by other versions ({different})")
        if head["code"] != code:
            raise UnusableError("computed by other code of this package")
        return result

    def save(self, part: Part, result: Result) -> None:
        """Write the part's result, aside and then renamed, so that a kill never leaves half of it."""
        head = {"key": part.key(), "code": self.code(part), "versions": versions(self.libraries)}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.path(part), self.form.written(result, head))

    def heads(self, pattern: str) -> Iterator[Head]:
        """The heads of all files whose names match, without the ending; files that cannot be believed are passed over.

        Args:
            pattern: of names, as `Path.glob` takes it.
        """
        for path in sorted(self.folder.glob(f"{pattern}.{self.form.ending}")):
            try:
                yield self.form.read(path)[1]
            except (OSError, UnusableError):
                continue

    def path(self, part: Part) -> Path:
        """The file of the part."""
        return self.folder / f"{part.key()}.{self.form.ending}"

    def code(self, part: Part) -> str:
        """A digest of the code that computes the part."""
        modules = part.modules()
        if modules not in self._codes:
            self._codes[modules] = code_digest(modules)
        return self._codes[modules]


@dataclass(frozen=True)
class PlainForm:
    """Results of plain data, as JSON.

    Args:
        figures: what a readable result holds.
    """

    figures: frozenset[str]
    ending = "json"

    def written(self, result: Mapping[str, Any], head: Head) -> bytes:
        """The text of one object."""
        made = {"cell": head["key"], "code": head["code"], "versions": head["versions"], "result": dict(result)}
        content = json.loads(json.dumps(made, allow_nan=False))
        content["digest"] = digest_of(content)
        return json.dumps(content, allow_nan=False).encode()

    def read(self, path: Path) -> tuple[dict[str, Any], Head]:
        """As `Form.read`."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise UnusableError("damaged") from None
        if not isinstance(content, dict) or content.pop("digest", None) != digest_of(content):
            raise UnusableError("damaged")
        result = content["result"]
        if not self.figures <= result.keys():
            raise UnusableError("damaged")
        return result, {"key": content["cell"], "code": content["code"], "versions": content["versions"]}


def cell_store(folder: Path, figures: frozenset[str]) -> Store[dict[str, Any]]:
    """The store of a comparison's finished cells.

    Args:
        folder: made when the first result is saved.
        figures: what a readable result holds.
    """
    return Store(folder, PlainForm(figures), LIBRARIES)


def content_key(content: Mapping[str, Any]) -> str:
    """A short digest of plain data that the result of a cell depends on."""
    return digest_of({"format": FORMAT, **content})[:16]


def market_digest(market: Market) -> str:
    """A digest of the scores and masses of a market, computed once for each object.

    Example:
        >>> from genmarket_env import Market
        >>> one, same, other = (Market([[0.9], [score]], [1.0]) for score in (0.2, 0.2, 0.3))
        >>> market_digest(one) == market_digest(same) != market_digest(other)
        True
    """
    if market not in _digests:
        digest = hashlib.sha256()
        for values in (market.scores, market.masses):
            digest.update(f"{values.shape}".encode())
            digest.update(values.astype("<f8").tobytes())
        _digests[market] = digest.hexdigest()
    return _digests[market]


_digests: WeakKeyDictionary[Market, str] = WeakKeyDictionary()


def digest_of(content: Any) -> str:
    """A digest of plain data.

    Example:
        >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1}) != digest_of({"a": 1})
        True
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
