"""Score tables as people have them: which shape a table has, and what of it becomes the market.

* Models by user types: a column of models, `model`, and one a user type. The first row may be named `masses`.
* User types by models: a column of user types, `user`, and one a model. A column may be named `mass`.
* Long: columns `model`, `user` and `score`, one row a model and user type; perhaps `se`, the standard error, or the
  ends of a 95 % interval, `score_lower` and `score_upper`; or `n`, the number of questions, for binomial standard
  errors.

Many other names of these columns are known, see `roles`, in any case; options name them otherwise. Scores may have a
per cent sign, and gaps any of the words in `cells.GAPS`. Where two readings are possible an error names the option that
decides.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..arguments import real_number
from ..messages import listed, shown
from ..tolerances import GIVEN
from . import amounts, roles, sheets
from .cells import number_of
from .disk import named
from .gaps import OPTION, POLICIES, without_gaps
from .left_out import chosen, names_of, several
from .measured import uncertainty
from .shapes import Content, Scores, is_numeric, long, models_by_users, users_by_models
from .sheets import Record
from .table import Table, check_names

OPTIONS: Mapping[str, str] = {
    "scale": "what a full score is in the file: 1 (default), or 100 for per cent",
    "users": "the user types to take, in this order, with commas between them; all by default",
    "drop": "user types or columns to leave out, with commas between them",
    "gaps": OPTION,
    "model": "the column of models, if it has an unusual name",
    "user": "the column of user types, if it has an unusual name",
    "score": "of a long table, the column of scores, if it has an unusual name",
    "rows": "what a row of the table is, if its first column does not say: models or users",
    **sheets.OPTIONS,
}
"""What each option of `read` takes, by its name."""

_ROWS = ("models", "users")


@dataclass(frozen=True)
class Asked:
    """How a table is to be read; see `OPTIONS`."""

    scale: float | str = 1
    users: str | Sequence[str] | None = None
    drop: str | Sequence[str] | None = None
    gaps: str = POLICIES[0]
    model: str | None = None
    user: str | None = None
    score: str | None = None
    rows: str | None = None


def read(path: str | os.PathLike[str], **options: Any) -> Table:
    """The table in the file at `path`, its masses as they stand there; `options` are those of `OPTIONS`.

    Warns:
        LeftOutWarning: models or user types with gaps are left out.

    Raises:
        ValueError: the file is not a score table or may be read in several ways, or an option is none of these.
        ImportError: the format needs a library that is not installed.
        TypeError: an option has another type.
    """
    asked = Asked(**{name: value for name, value in options.items() if name not in sheets.OPTIONS})
    of_sheet = {name: value for name, value in options.items() if name in sheets.OPTIONS}
    full = _checked_scale(asked.scale)
    return _table(*sheets.records_at(path, **of_sheet), named(path), asked, Scores(full))


def of_json(content: Any, where: str, **options: Any) -> Table:
    """The table in what a JSON text holds; as `read`, but for the options of other formats, which say nothing of it."""
    asked = Asked(**{name: value for name, value in options.items() if name not in sheets.OPTIONS})
    full = _checked_scale(asked.scale)
    return _table(*sheets.records_of_json(content, where), where, asked, Scores(full))


def _table(columns: Sequence[str], records: list[Record], where: str, asked: Asked, scores: Scores) -> Table:
    left_out = names_of("drop", asked.drop, columns) if asked.drop is not None else ()
    kept_columns = [column for column in columns if column not in left_out and not _is_index(column, records)]
    sold = amounts.columns_of(kept_columns, where)
    kept_columns = [column for column in kept_columns if column not in {column for column, _ in sold.values()}]
    content, model = _content(kept_columns, records, asked, scores, left_out, where)
    if not content.cells:
        raise ValueError(f"{where}: the pool is empty; after the header there must be one row a model")
    _check_left_out(left_out, columns, records, where)
    users = chosen(content.users, asked.users, "users", "user type", where)
    check_names(users, "user", where)
    if asked.users is None:
        roles.check_no_summary(users, where)
    check_names(tuple(content.cells), "model", where)
    kept = without_gaps(content.cells, users, where, asked.gaps, stacklevel=5)
    rows = [[content.cells[model][user] for user in kept.users] for model in kept.models]
    masses, notes = _masses(content, kept.users, left_out)
    unused = (f"Columns that are not used: {several(content.unused)}.",) if content.unused else ()
    amounts_of = _amounts(sold, records, model, kept.models, where)
    summaries = [model for model in kept.models if roles.is_summary(model)]
    if summaries:
        notes = (*notes, f"Taken as models, by their names perhaps summaries of others: {several(summaries)}.")
    return Table(
        where,
        kept.models,
        kept.users,
        tuple(tuple(cell.score for cell in row) for row in rows),
        masses,
        notes=(*kept.notes, *notes, *unused),
        **uncertainty(rows),
        prices=amounts_of.get("prices"),
        costs=amounts_of.get("costs"),
    )


def _amounts(
    sold: Mapping[str, tuple[str, str]],
    records: list[Record],
    model: str | None,
    models: Sequence[str],
    where: str,
) -> dict[str, amounts.Amounts]:
    if model is not None:
        return amounts.in_records(sold, records, model, models)
    for column, _ in sold.values():
        raise ValueError(
            f"{where}: {shown(column)} has one number a row, but rows are user types: leave it out, --set drop={column}"
        )
    return {}


def _is_index(column: str, records: list[Record]) -> bool:
    """Whether a column only counts the rows, as tables of pandas do."""
    if roles.key_of(column) not in ("", "unnamed0", "index"):
        return False
    counts = [record.cells[column] for record in records]
    return any(counts == [str(i) for i in range(start, start + len(counts))] for start in (0, 1))


def _check_left_out(left_out: Sequence[str], columns: Sequence[str], records: list[Record], where: str) -> None:
    for name in left_out:
        if name not in columns and not any(name in record.cells.values() for record in records):
            raise ValueError(
                f"{where} has no column or user type {shown(name)} to drop; its columns: {listed(columns)}"
            )


def _masses(
    content: Content, users: tuple[str, ...], left_out: Sequence[str]
) -> tuple[tuple[float, ...] | None, tuple[str, ...]]:
    """The masses of the user types kept; those of a part of the user types are divided by their sum."""
    if content.masses is None:
        return None, ()
    masses = [content.masses[user] for user in users]
    total = sum(masses)
    others = [*(user for user in content.users if user not in users), *left_out]
    if not others or abs(total - 1) <= GIVEN:
        return tuple(masses), ()
    if not total > 0:
        return None, ("The masses of the user types kept are all 0.",)
    note = f"The masses are those of the user types kept, divided by their sum; without {several(others)}."
    return tuple(mass / total for mass in masses), (note,)


def _content(
    columns: Sequence[str],
    records: list[Record],
    asked: Asked,
    scores: Scores,
    left_out: Sequence[str],
    where: str,
) -> tuple[Content, str | None]:
    """The content, and the column of models where each row is of one."""
    if len(columns) < 2:
        raise ValueError(f"{where}: the header must be 'model,<user type>,...'; got {shown(list(columns))}")
    if {"rating", "category"} <= {roles.key_of(column) for column in columns}:
        raise ValueError(
            f"{where} looks like LMArena's leaderboard, whose ratings are no scores: genmarket import --from lmarena "
            f"--set "
            f"reference=MODEL makes win rates of them"
        )
    model, user = _name_columns(columns, records, asked, where)
    if model is not None and user is not None:
        return long(columns, records, (model, user), asked.score, scores, left_out, where), model
    if asked.score is not None:
        raise ValueError(f"{where}: score={asked.score} is of long tables; say which columns are named model and user")
    if model is not None:
        users = [column for column in columns if column != model]
        if asked.users is None:
            roles.check_no_summary(users, where)
        known = chosen(users, asked.users, "users", "user type", where)
        asked_users = None if asked.users is None else known
        return models_by_users(columns, records, model, scores, asked_users, left_out), model
    assert user is not None
    return users_by_models(columns, records, user, scores, left_out), None


def _name_columns(
    columns: Sequence[str], records: list[Record], asked: Asked, where: str
) -> tuple[str | None, str | None]:
    """The column of models and that of user types: a long table has both, a wide one of them."""
    if asked.rows is not None and asked.rows not in _ROWS:
        raise ValueError(f"rows is {shown(asked.rows)}; it must be {' or '.join(_ROWS)}")
    text = [column for column in columns if not is_numeric(records, column)]
    first = next(iter(text), columns[0])
    if asked.rows == "users":
        return None, roles.column_of(roles.USER, text, asked.user, "user", where) or first
    model = columns[0] if asked.model is None and roles.key_of(columns[0]) in roles.MODEL else None
    if model is None:
        model = roles.column_of(roles.MODEL, text if asked.model is None else columns, asked.model, "model", where)
    if model is None:
        model = roles.column_of(roles.MODEL_PERHAPS, text, None, "model", where)
    if asked.rows == "models":
        return model or first, None
    others = [column for column in text if column != model] if asked.user is None else columns
    user = roles.column_of(roles.USER, others, asked.user, "user", where)
    if model is None and (user is None or len(text) > 1):
        names = listed(map(shown, columns), 100)
        raise ValueError(
            f"{where}: the header must be 'model,<user type>,...', but has {names}: say what a row is, --set "
            f"rows=models "
            f"or --set rows=users, or which column has the models, --set model=COLUMN"
        )
    return model, user


def _checked_scale(scale: float | str) -> float:
    number = number_of(scale, "scale") if isinstance(scale, str) else real_number("scale", scale)
    if not 0 < number < float("inf"):
        raise ValueError(f"scale is {scale}; it must be > 0: what a full score is in the file, such as 100")
    return number
