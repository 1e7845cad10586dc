"""A plain score table: what `load` reads too, with masses in any unit, such as numbers of users.

They are divided by their sum with a notice, where `load` refuses masses that do not sum to 1.
"""

from __future__ import annotations

import dataclasses
import math
import os
import warnings
from typing import Any

from ...tolerances import GIVEN
from .. import score_table
from ..table import Table
from .importer import DividedMassesWarning, Importer


def read(path: str | os.PathLike[str], **options: Any) -> Table:
    """The table in the file at `path`; `options` are those of `score_table.OPTIONS`.

    Warns:
        DividedMassesWarning: the masses do not sum to 1.
        LeftOutWarning: models or user types with gaps are left out.

    Raises:
        ValueError, ImportError, TypeError: as `score_table.read`.
    """
    table = score_table.read(path, **options)
    if table.masses is None:
        return table
    return dataclasses.replace(table, masses=_summing_to_one(table.masses, table.where))


def _summing_to_one(shares: tuple[float, ...], where: str) -> tuple[float, ...]:
    total = math.fsum(shares)
    if not total > 0:
        raise ValueError(f"{where}: the masses are all 0")
    if abs(total - 1) <= GIVEN:
        return shares
    warnings.warn(f"{where}: the masses sum to {total:g} and are divided by that", DividedMassesWarning, stacklevel=4)
    return tuple(share / total for share in shares)


IMPORTER = Importer(
    "a plain score table: models by user types, user types by models, or model,user,score; of any format",
    score_table.OPTIONS,
    read,
)
