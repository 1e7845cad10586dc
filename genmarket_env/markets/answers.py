"""Markets of the catalogue that are known answer by answer: their user types are tasks, or single questions.

Their files have the format `genmarket-answers`: the answers of each model, question by question in the order of the
groups, in base64. Where all are right or wrong they are `bits`, the first one the highest of its byte; otherwise
`thousandths`, unsigned 16-bit integers with the low byte first, compressed by zlib. `missing` are the places of those
that are not there, and stand as wrong: the mean of a group leaves them out.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..market import Market
from ..messages import shown
from .amounts import Amounts
from .entries import Entry
from .merging import groups_of, merge_types
from .packaged import packaged_text
from .table import MassScheme, Table

RIGHT = 1000
"""What a right answer counts in a file."""

KNOWN = ("llmrouter", "mmlu-pro")
"""The markets of the catalogue that are known answer by answer."""

QUESTIONS = "questions"
"""The masses under which every question counts the same."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What a file of answers holds.

    Attributes:
        name: of the market.
        groups: the names of the groups of questions, such as tasks, each with how many there are, in the order of the
            answers.
        too_small: the groups that are no user types of their own.
        models: the names of the models.
        answers: `(models, questions)`, in [0, 1]; 0 where there is none.
        there: the same, whether there is one.
        group: what a group is called, and so the value of the option `types`.
        question: what a question is called.
        texts: title, source, licence and unit, by name.
        notes: what a reader must know, of either kind of user type.
        prices: of the models, if they are known.
    """

    name: str
    groups: Mapping[str, int]
    too_small: tuple[str, ...]
    models: tuple[str, ...]
    answers: NDArray[np.float64]
    there: NDArray[np.bool_]
    group: str
    question: str
    texts: Mapping[str, Any]
    notes: tuple[str, ...]
    prices: Amounts | None

    def table(self, types: str | int) -> Table:
        """The market whose user types are the groups, the single questions, or so many merged of them.

        Raises:
            ValueError: there are no such types.
        """
        if types == self.group:
            return self._by_group()
        if types == self.question:
            return self._by_question()
        if not isinstance(types, int) or isinstance(types, bool) or not 1 <= types <= self.answers.shape[1]:
            raise ValueError(
                f"{self.name}: types is {shown(types)}; it must be {self.group}, {self.question}, or a number in 1 to "
                f"{self.answers.shape[1]}"
            )
        return self._merged(types)

    def single(self, types: str | int) -> tuple[Market, tuple[str, ...]]:
        """The market of single questions, and the user type of each of them as `table` has these.

        Raises:
            ValueError: there are no such types, or every question is one.
        """
        if types == self.question:
            raise ValueError(f"types is {types}: of single ones taste and luck cannot be told apart; take fewer types")
        self.table(types)  # there are such types
        market = self._by_question().market()
        if isinstance(types, int):
            groups, names = groups_of(market, types)
            return market, tuple(names[group] for group in groups)
        return market, tuple(chain.from_iterable([group] * count for group, count in self.groups.items()))

    def _by_group(self) -> Table:
        ends = np.cumsum(list(self.groups.values()))
        sums, counted = (np.split(values, ends[:-1], axis=1) for values in (self.answers, self.there))
        means_of = {
            group: right.sum(axis=1) / count.sum(axis=1)
            for group, right, count in zip(self.groups, sums, counted, strict=True)
        }
        kept = tuple(group for group in self.groups if group not in self.too_small)
        counts = tuple(self.groups[group] for group in kept)
        means = np.stack([means_of[group] for group in kept], axis=1)
        left_out = sum(self.groups[group] for group in self.too_small)
        note = f"{left_out} questions of {' and '.join(self.too_small)} are left out: too few for a user type."
        return self._table(kept, means, counts, (note,) if left_out else (), questions=counts)

    def _by_question(self) -> Table:
        names = tuple(chain.from_iterable(_numbered(group, count) for group, count in self.groups.items()))
        note = (
            f"Every {self.question} is a user type of its own, whose score is one answer: what differs between "
            f"models is taste and luck together, so that this is the most that users may differ."
        )
        return self._table(names, self.answers, (1,) * len(names), (note,))

    def _merged(self, types: int) -> Table:
        merged = merge_types(self._by_question().market(), types)
        note = (
            f"User types are {merged.num_users} groups of questions that models answered alike, by weighted k-means: "
            f"groups that are made by answers keep luck and taste alike, so that their differences are too large."
        )
        return self._table(merged.user_names, merged.scores, tuple(merged.masses.tolist()), (note,))

    def _table(
        self,
        users: tuple[str, ...],
        scores: NDArray[np.float64],
        shares: tuple[float, ...],
        notes: tuple[str, ...],
        **others: Any,
    ) -> Table:
        source = f"every {self.question} counts the same: a choice of the benchmark, not a survey of users"
        return Table(
            self.name,
            self.models,
            users,
            tuple(map(tuple, scores.tolist())),
            schemes={QUESTIONS: MassScheme(tuple(map(float, shares)), source)},
            default_scheme=QUESTIONS,
            notes=(*self.notes, *notes),
            prices=self.prices,
            **{**self.texts, **others},
        )


def entry(name: str, masses: str | None = None, types: str | int | None = None) -> Entry:
    """What the catalogue knows of the market, with these masses and user types.

    Raises:
        ValueError: there are no such types.
    """
    known = _packaged(name)
    found = Entry.of_table(known.table(known.group if types is None else types), masses)
    offered = (
        f"{known.group} (default); {known.question}: each {known.question} is a user type; or a number: so many groups "
        f"that k-means makes of them"
    )
    return replace(found, options={**found.options, "types": offered}, build=partial(_market, name))


def _market(name: str, masses: str | None = None, types: str | int | None = None) -> Market:
    known = _packaged(name)
    return known.table(known.group if types is None else types).market(masses=masses)


def single_questions(name: str, types: str | int | None = None) -> tuple[Market, tuple[str, ...]]:
    """A market of the catalogue by single questions, and the user type of each, for `coverage_bounds`.

    Args:
        name: of a market that is known answer by answer.
        types: as the market takes them.

    Raises:
        ValueError: the market is not known answer by answer, or there are no such types.

    Example:
        >>> market, tasks = single_questions("llmrouter")
        >>> market.num_users == len(tasks), tasks[0] in tasks[1:]
        (True, True)
    """
    if name not in KNOWN:
        raise ValueError(f"{shown(name)} is not known answer by answer; these are: {', '.join(KNOWN)}")
    known = _packaged(name)
    return known.single(known.group if types is None else types)


@cache
def _packaged(name: str) -> Answers:
    content = json.loads(packaged_text(name))
    groups = {group["name"]: group["count"] for group in content["groups"]}
    models = content["models"]
    there = np.ones((len(models), sum(groups.values())), dtype=np.bool_)
    for j, model in enumerate(models):
        there[j, model.get("missing", [])] = False
    sold = content.get("prices")
    return Answers(
        name,
        groups,
        tuple(content["too_small"]),
        tuple(model["name"] for model in models),
        np.stack([unpacked(model, there.shape[1]) for model in models]),
        there,
        content["group"],
        content["question"],
        {key: content[key] for key in ("title", "source", "licence", "unit")},
        tuple(content["notes"]),
        None if sold is None else Amounts(tuple(model["price"] for model in models), **sold),
    )


def packed(answers: NDArray[np.float64]) -> dict[str, str]:
    """The answers of one model as a file has them.

    Example:
        >>> packed(np.array([1.0, 0.0, 1.0]))
        {'bits': 'oA=='}
    """
    if ((answers == 0) | (answers == 1)).all():
        return {"bits": base64.b64encode(np.packbits(answers == 1).tobytes()).decode()}
    thousandths = np.rint(answers * RIGHT).astype("<u2")
    return {"thousandths": base64.b64encode(zlib.compress(thousandths.tobytes(), 9)).decode()}


def unpacked(model: Mapping[str, Any], count: int) -> NDArray[np.float64]:
    """The answers of one model to `count` questions, `(count,)`.

    Raises:
        ValueError: there are not as many.

    Example:
        >>> unpacked(packed(np.array([1.0, 0.0, 0.25])), 3)
        array([1.  , 0.  , 0.25])
    """
    if "bits" in model:
        bits = np.unpackbits(np.frombuffer(base64.b64decode(model["bits"]), dtype=np.uint8))
        found = bits[:count].astype(np.float64)
        rest = len(bits) - count
    else:
        found = np.frombuffer(zlib.decompress(base64.b64decode(model["thousandths"])), dtype="<u2") / RIGHT
        rest = len(found) - count
    if not 0 <= rest < (8 if "bits" in model else 1):
        raise ValueError(f"there are not {count} answers")
    return found


def _numbered(group: str, count: int) -> tuple[str, ...]:
    return tuple(f"{group} {i + 1}" for i in range(count))
