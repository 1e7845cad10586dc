"""A plain score table, `model,<user type>...`: our own CSV layout, but for gaps and other units.

An empty cell is a gap, and a model with a gap is left out with a notice; the first row may be named `masses`.
"""

from __future__ import annotations

import os

from ...arguments import real_number
from ...messages import shown
from ..csv_format import HEADER, MASSES, number_of
from ..files import named
from ..table import Table, check_names
from .importer import Importer, complete_models
from .records import records_at


def read(path: str | os.PathLike[str], *, scale: float | str = 1) -> Table:
    """The table in the file at `path`; see the module.

    Args:
        path: a CSV file.
        scale: what a full score is in the file, > 0: 100 for per cent.

    Raises:
        ValueError: the file is not a score table, or `scale` is not a positive number.
        TypeError: `scale` is neither a number nor text.
    """
    full = _checked_scale(scale)
    columns, records = records_at(path)
    where = named(path)
    if columns[0] != HEADER or len(columns) < 2:
        raise ValueError(f"{where}: the header must be 'model,<user type>,...'; got {shown(list(columns))}")
    users = columns[1:]
    check_names(users, "user", where)
    masses = None
    if records[0].cells[HEADER] == MASSES:
        first, *records = records
        masses = tuple(first.number(user, 0, 1) for user in users)
    scores: dict[str, dict[str, float]] = {}
    for record in records:
        model = record.text(HEADER)
        if model == MASSES:
            raise ValueError(f"{record.where}: the row 'masses' must be the only one and follow the header")
        if model in scores:
            raise ValueError(f"{record.where}: a second row of model {shown(model)}")
        scores[model] = {user: record.number(user, 0, full) / full for user in users if record.cells[user]}
    models, notes = complete_models(scores, users, where)
    rows = tuple(tuple(scores[model][user] for user in users) for model in models)
    return Table(where, models, users, rows, masses, notes=notes)


def _checked_scale(scale: float | str) -> float:
    number = number_of(scale, "scale") if isinstance(scale, str) else real_number("scale", scale)
    if not 0 < number < float("inf"):
        raise ValueError(f"scale is {scale}; it must be > 0: what a full score is in the file, such as 100")
    return number


IMPORTER = Importer(
    "a plain score table, model,<user type>...; models with an empty cell are left out",
    {"scale": "what a full score is in the file: 1 (default), or 100 for per cent"},
    read,
)
