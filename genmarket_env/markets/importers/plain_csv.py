"""A plain score table, `model,<user type>...`: our own CSV layout, but for gaps and other units.

An empty cell is a gap, and a model with a gap is left out with a notice. The first row may be named `masses`: the
shares of the user types in any unit, such as numbers of users, which are divided by their sum.
"""

from __future__ import annotations

import math
import os
import warnings

from ...arguments import ROUNDING, real_number
from ...messages import shown
from ..csv_format import HEADER, LIKE_MASSES, MASSES, number_of
from ..files import named
from ..table import Table, check_names
from .importer import DividedMassesWarning, Importer, complete_models
from .records import records_at

MAX_SHARE = 1e15
"""The largest share of a user type, in its unit."""


def read(path: str | os.PathLike[str], *, scale: float | str = 1) -> Table:
    """The table in the file at `path`; see the module.

    Args:
        path: a CSV file.
        scale: what a full score is in the file, > 0: 100 for per cent.

    Warns:
        DividedMassesWarning: the masses do not sum to 1.

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
    first_name = records[0].cells[HEADER]
    if first_name.lower() in LIKE_MASSES:
        raise ValueError(f"{records[0].where}: name the row {shown(first_name)} 'masses' if it holds the masses")
    if first_name.lower() == MASSES:
        first, *records = records
        masses = _summing_to_one([first.number(user, 0, MAX_SHARE) for user in users], first.where)
    remedy = "the option scale says what a full score is, 100 for per cent" if full == 1 else ""
    scores: dict[str, dict[str, float]] = {}
    for record in records:
        model = record.text(HEADER)
        if model.lower() == MASSES:
            raise ValueError(f"{record.where}: the row 'masses' must be the only one and follow the header")
        if model in scores:
            raise ValueError(f"{record.where}: a second row of model {shown(model)}")
        scores[model] = {user: record.number(user, 0, full, remedy) / full for user in users if record.cells[user]}
    models, notes = complete_models(scores, users, where)
    rows = tuple(tuple(scores[model][user] for user in users) for model in models)
    return Table(where, models, users, rows, masses, notes=notes)


def _summing_to_one(shares: list[float], where: str) -> tuple[float, ...]:
    """Shares in any unit as masses.

    Warns:
        DividedMassesWarning: they did not sum to 1.

    Raises:
        ValueError: all are 0.
    """
    total = math.fsum(shares)
    if not total:
        raise ValueError(f"{where}: the masses are all 0")
    if abs(total - 1) <= ROUNDING:
        return tuple(shares)
    warnings.warn(f"{where}: the masses sum to {total:g} and are divided by that", DividedMassesWarning, stacklevel=4)
    return tuple(share / total for share in shares)


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
