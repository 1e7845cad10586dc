"""Labels of users that a table has beside their scores, such as a language: kept with the scores, one file a column."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..messages import listed, shown
from .disk import checked_path
from .roles import USER, key_of

MISSING = ""
"""The label of users who have none."""


NUMBERS_OF_USERS = frozenset(("id", "ids", "user", "users", "userid", "uid", "index", "unnamed0", "indexlevel0", ""))
"""Names of columns that number users, as `key_of` gives them; the last ones are those of pandas."""


def label_columns(names: Sequence[str], texts: Sequence[str], whole: Sequence[str], others: Sequence[str]) -> list[str]:
    """The columns that are named like a kind of user.

    Args:
        names: of all columns.
        texts: of those that hold text.
        whole: of those that hold whole numbers, which number users where they are called so.
        others: columns that are asked for as something else.
    """
    labelled = [*texts, *(name for name in whole if key_of(name) not in NUMBERS_OF_USERS)]
    return [name for name in names if name in labelled and key_of(name) in USER and name not in others]


def write_labels(source: Path, columns: Sequence[str], folder: Path) -> dict[str, list[str]]:
    """Write the labels of users into a folder, as numbers; the labels that these stand for, by column.

    Raises:
        ValueError: the columns cannot be read.
    """
    found = {}
    for place, name in enumerate(columns):
        coded = _column(source, name).combine_chunks().dictionary_encode()
        numbers = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        found[name] = [MISSING if label is None else str(label) for label in coded.dictionary.to_pylist()]
        np.save(folder / _file(place), numbers.astype(np.int32))
    return found


def user_labels(path: str | os.PathLike[str], column: str) -> NDArray[np.str_]:
    """The labels of users in one column of the file that they came from, `(users,)`; empty where there is none.

    Args:
        path: a folder of `write_users`, or a Parquet or CSV file that has been opened with `open_users`, whose folder
            `FILE.users` is beside it.
        column: its name.

    Raises:
        ValueError: there is no such folder, or it keeps no such column.

    Example:
        >>> import tempfile, warnings
        >>> from genmarket_env import markets, users
        >>> with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        ...     file = Path(folder, "votes.csv")
        ...     _ = file.write_text("poet,coder,language\\n0.9,0.1,en\\n0.2,0.8,fr\\n")
        ...     crowd = markets.open_users(file)
        ...     labels = markets.user_labels(file, "language")
        >>> users.welfare_by_group(crowd, [0], labels).names
        ('en', 'fr')
    """
    folder, where = checked_path(path, "users")
    if folder.is_file():
        folder = folder.with_name(folder.name + ".users")
    try:
        kept = json.loads((folder / "users.json").read_text(encoding="utf-8")).get("labels") or {}
    except (OSError, json.JSONDecodeError, AttributeError):
        kept = {}
    if column not in kept:
        there = f"it has {listed(map(shown, kept), 120)}" if kept else "it has none"
        raise ValueError(
            f"{where} keeps no labels of users called {shown(column)}; {there}. Kept are columns of text called "
            f"language, category, task, domain, group or the like"
        )
    numbers = np.load(folder / _file(list(kept).index(column)), mmap_mode="r", allow_pickle=False)
    names: NDArray[np.str_] = np.array([*kept[column], MISSING])
    return names[numbers]


def _file(place: int) -> str:
    return f"labels-{place}.npy"


def _column(source: Path, name: str) -> Any:
    from pyarrow import ArrowException, csv, parquet, string

    try:
        if source.suffix.lower() == ".parquet":
            return parquet.read_table(source, columns=[name]).column(name).cast(string())
        kinds = csv.ConvertOptions(
            include_columns=[name], column_types={name: string()}, strings_can_be_null=True, null_values=[""]
        )
        return csv.read_csv(source, convert_options=kinds).column(name)
    except (ArrowException, OSError) as error:
        raise ValueError(
            f"{shown(str(source))}: the column {shown(name)} is not readable: {' '.join(str(error).split())}"
        ) from None
