"""The shapes that score tables have, and what stands in each: scores by model and user type, perhaps masses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..messages import listed, shown
from ..tolerances import GIVEN
from . import roles
from .cells import is_gap, number_in, number_of
from .measured import MAX_QUESTIONS, NORMAL_95, Cells, MeasuredScore
from .sheets import Record

MAX_SHARE = 1e15
"""The largest share of a user type, in its unit."""

MASSES = "masses"
"""The name of the row of masses in a table of models by user types."""


@dataclass(frozen=True)
class Content:
    """What a table holds.

    Attributes:
        users: the user types in the order of the table.
        cells: the scores by model and user type; what is missing is a gap.
        masses: of all user types, as they stand in the table; None if it has none.
        unused: the columns that are neither names nor numbers of the market.
    """

    users: tuple[str, ...]
    cells: Cells
    masses: dict[str, float] | None = None
    unused: tuple[str, ...] = ()


class Scores:
    """Reads the numbers of a table as scores: all in units of a full score, or all with a per cent sign."""

    def __init__(self, full: float) -> None:
        self._full = full
        self._columns: Sequence[str] = ()
        self._per_cent: bool | None = None

    def among(self, columns: Sequence[str]) -> None:
        """The columns of which a score is one: an error names all that have none."""
        self._columns = columns

    def score(self, record: Record, column: str, name: str) -> float:
        """The score in a column, in [0, 1]; `name` is of the row.

        Raises:
            ValueError: it is not a number, out of range, or only some scores have a per cent sign.
        """
        score = self._number(record, column, name)
        if not 0 <= score <= 1:
            full = "100%" if self._per_cent else f"{self._full:g}"
            unset = self._full == 1 and not self._per_cent and 1 < score <= 100
            remedy = "; scale says what a full score is, 100 for per cent: --set scale=100" if unset else ""
            if roles.key_of(column) in roles.AMOUNT:
                remedy = f"; a column of prices or costs names its unit, such as {column} [USD per query]"
            raise ValueError(
                f"{_place(record, column, name)} is {record.cells[column]}; it must be in [0, {full}]{remedy}"
            )
        return score

    def error(self, record: Record, column: str, name: str) -> float:
        """The number in a column in units of the score; `name` is of the row.

        Raises:
            ValueError: it is not a number, or only some scores have a per cent sign.
        """
        if not record.has(column):
            raise ValueError(
                f"{record.where}: the column {column!r} has a gap beside a score; leave the column out: "
                f"--set drop={column}"
            )
        return self._number(record, column, name)

    def _number(self, record: Record, column: str, name: str) -> float:
        number = number_in(record.cells[column])
        if number is None:
            texts = [name for name in self._columns if number_in(record.cells[name]) is None and record.has(name)]
            remedy = f"--set drop={','.join(texts or [column])} leaves what is no score out"
            return number_of(record.cells[column], _place(record, column, name), remedy)  # which raises
        value, per_cent = number
        if self._per_cent is not per_cent:
            if self._per_cent is not None:
                cell = shown(record.cells[column])
                raise ValueError(f"{_place(record, column, name)} is {cell}; give all scores a per cent sign, or none")
            self._per_cent = per_cent
        return value if per_cent else value / self._full


def _place(record: Record, column: str, name: str) -> str:
    return f"{record.where} ({shown(name)}): the cell of column {column!r}"


def is_numeric(records: Sequence[Record], column: str) -> bool:
    """Whether a column has numbers, and else gaps alone."""
    cells = [cell for record in records if not is_gap(cell := record.cells[column])]
    return bool(cells) and all(number_in(cell) is not None for cell in cells)


def models_by_users(
    columns: Sequence[str],
    records: list[Record],
    model: str,
    scores: Scores,
    asked: Collection[str] | None,
    left_out: Collection[str],
) -> Content:
    """One row a model, perhaps after one of masses; one column a user type, of which only those asked for are read.

    Raises:
        ValueError: a name is missing or occurs twice, a cell is no score, or the row of masses is not the first.
    """
    every = tuple(column for column in columns if column != model)
    users = every if asked is None else tuple(column for column in every if column in asked)
    scores.among(users)
    masses = None
    if roles.key_of(records[0].cells[model]) in roles.MASS:
        first, *records = records
        if first.cells[model].lower() != MASSES:
            raise ValueError(f"{first.where}: name the row {shown(first.cells[model])} 'masses' if it holds the masses")
        masses = {user: _share(first, user) for user in users}
    cells: Cells = {}
    for record in records:
        name = record.text(model)
        if name in left_out:
            continue
        if name.lower() == MASSES:
            raise ValueError(f"{record.where}: the row 'masses' must be the only one and follow the header")
        if name in cells:
            raise ValueError(f"{record.where}: a second row of model {shown(name)}")
        cells[name] = {user: MeasuredScore(scores.score(record, user, name)) for user in users if record.has(user)}
    return Content(every, cells, masses, tuple(column for column in every if column not in users))


def users_by_models(
    columns: Sequence[str], records: list[Record], user: str, scores: Scores, left_out: Collection[str]
) -> Content:
    """One row a user type, one column a model, perhaps one of masses.

    Raises:
        ValueError: a name is missing or occurs twice, a cell is no score, or a column looks like a summary.
    """
    mass = roles.column_of(roles.MASS, columns, None, "masses", records[0].where)
    models = tuple(column for column in columns if column not in (user, mass))
    for model in models:
        if roles.is_summary(model):
            raise ValueError(
                f"{records[0].where}: the column {shown(model)} looks like a summary of the others and no model: "
                f"leave it "
                f"out: --set drop={model}"
            )
    users: dict[str, float] = {}
    cells: Cells = {model: {} for model in models}
    for record in records:
        name = record.text(user)
        if name in left_out:
            continue
        if name in users:
            raise ValueError(f"{record.where}: a second row of user type {shown(name)}")
        users[name] = _share(record, mass) if mass is not None else 0.0
        for model in models:
            if record.has(model):
                cells[model][name] = MeasuredScore(scores.score(record, model, name))
    return Content(tuple(users), cells, users if mass is not None else None)


def long(
    columns: Sequence[str],
    records: list[Record],
    names: tuple[str, str],
    score: str | None,
    scores: Scores,
    left_out: Collection[str],
    where: str,
) -> Content:
    """One row a model and user type; `names` are the columns of both, `score` that of scores where it has another name.

    Raises:
        ValueError: the column of scores is open, a name is missing, there are two rows of a model and user type, or a
            cell is no number.
    """
    model, user = names
    others = [column for column in columns if column not in names and is_numeric(records, column)]
    score = _score_column(others, score, user, columns, where)
    used = {role: roles.column_of(words, others, None, "drop", where) for role, words in _BESIDE_SCORES.items()}
    reads = _Measured(scores, score, **used)
    mass = roles.column_of(roles.MASS, others, None, "masses", where)
    users: dict[str, float] = {}
    cells: Cells = {}
    for record in records:
        row, name = cells.setdefault(record.text(model), {}), record.text(user)
        if name in left_out:
            continue
        if name in row:
            raise ValueError(
                f"{record.where}: a second score of model {shown(record.text(model))} for {name!r}; give one row a "
                f"model "
                f"and user type, such as the mean of its tasks"
            )
        if mass is not None and users.setdefault(name, _share(record, mass)) != _share(record, mass):
            raise ValueError(
                f"{record.where}: another share of {name!r} in the column {mass!r} than in the rows before; leave the "
                f"column out: --set drop={mass}"
            )
        users.setdefault(name, 0.0)
        if record.has(score):
            row[name] = reads.cell(record, record.text(model))
    unused = tuple(column for column in columns if column not in (*names, score, mass, *used.values()))
    return Content(tuple(users), cells, users if mass is not None else None, unused)


_BESIDE_SCORES = {
    "standard_error": roles.STANDARD_ERROR,
    "lower": roles.LOWER,
    "upper": roles.UPPER,
    "questions": roles.COUNT,
}


@dataclass(frozen=True)
class _Measured:
    """Reads a score and what is known of its error; each but the first names a column, if there is one."""

    scores: Scores
    score: str
    standard_error: str | None
    lower: str | None
    upper: str | None
    questions: str | None

    def cell(self, record: Record, model: str) -> MeasuredScore:
        score = self.scores.score(record, self.score, model)
        questions = record.count(self.questions, MAX_QUESTIONS) if self.questions is not None else None
        if self.standard_error is not None:
            return MeasuredScore(score, questions, self.scores.error(record, self.standard_error, model))
        if self.lower is None or self.upper is None:
            return MeasuredScore(score, questions)
        low, high = (self.scores.error(record, end, model) for end in (self.lower, self.upper))
        if not low <= score <= high:
            raise ValueError(f"{record.where}: the score {score:g} is not in its interval [{low:g}, {high:g}]")
        return MeasuredScore(score, questions, (high - low) / (2 * NORMAL_95))


def _share(record: Record, column: str) -> float:
    what = f"{record.where}: the mass of column {column!r}"
    share = number_of(record.text(column), what)
    if not -GIVEN <= share <= MAX_SHARE:
        raise ValueError(f"{what} is {share:g}; it must be in [0, {MAX_SHARE:g}]")
    return share


def _score_column(numeric: list[str], given: str | None, user: str, columns: Sequence[str], where: str) -> str:
    found = roles.column_of(roles.SCORE, numeric if given is None else columns, given, "score", where)
    if found is not None:
        return found
    known = frozenset.union(roles.MASS, *_BESIDE_SCORES.values())
    open_ones = [column for column in numeric if roles.key_of(column) not in known]
    if len(open_ones) == 1:
        return open_ones[0]
    raise ValueError(
        f"{where}: which column has the scores, {listed(map(shown, open_ones), 100) or 'as none has numbers'}? Say "
        f"--set score=COLUMN; or, if each but {user!r} is a user type, --set drop={user}"
    )
