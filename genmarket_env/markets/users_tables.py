"""Tables with one row a user, batch by batch: from arrays, Parquet and CSV."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..messages import listed, shown
from ..users.data import Users
from .left_out import LeftOutWarning
from .roles import MASS, key_of
from .users_labels import NUMBERS_OF_USERS, label_columns

WITHOUT = "a column that is no model's is left out by --without, in Python without=[...]"

BATCH = 1 << 22
"""So many scores of a source are in memory together."""


class UserTable:
    """A table of scores that comes in batches of rows, and perhaps of masses.

    Args:
        where: what errors call it.
        users: how many rows it has.
        models: the names of its columns of scores.
        batches: the scores `(rows, models)` and masses `(rows,)`, or None without them, in order; read once.
        labels: the names of its columns of labels.
    """

    def __init__(
        self,
        where: str,
        users: int,
        models: Sequence[str],
        batches: Iterator[tuple[Any, NDArray[Any] | None]],
        labels: Sequence[str] = (),
    ) -> None:
        self.where, self.users, self.models, self.batches = where, users, tuple(models), batches
        self.labels = tuple(labels)

    @classmethod
    def of_array(cls, array: NDArray[Any], where: str, model_names: Sequence[str] | None) -> UserTable:
        """The table of an array, which errors call `where`.

        Raises:
            ValueError: it is no array `(users, models)` of numbers, or the names do not fit.
        """
        if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiub":
            raise ValueError(
                f"{where}: scores must be numbers with the axes (users, models), each at least 1; got {array.dtype} of "
                f"the shape {array.shape}"
            )
        try:
            names = Users(np.zeros((1, array.shape[1]), np.uint16), model_names=model_names).model_names
        except (ValueError, TypeError) as error:
            raise type(error)(f"{where}: {error}") from None
        rows = max(1, BATCH // array.shape[1])
        batches = ((array[start : start + rows], None) for start in range(0, len(array), rows))
        return cls(where, len(array), names, batches)


def table_of(path: Path, where: str, model_names: Sequence[str] | None, without: Sequence[str] = ()) -> UserTable:
    """The table in a `.npy`, `.parquet` or `.csv` file; of the last two the columns of these names, or all but some.

    Raises:
        ValueError: the file is not readable, or its columns are no scores.
        ImportError: it needs pyarrow, which is not installed.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        if without:
            raise ValueError(f"{where} has no names of columns: {shown(without[0])} cannot be left out")
        return UserTable.of_array(mapped(path, where), where, model_names)
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise ImportError(f"{where}: {suffix} needs pyarrow: pip install 'genmarket_env[parquet]'") from None
    return (_parquet if suffix == ".parquet" else _csv)(path, where, model_names, without)


def _parquet(path: Path, where: str, model_names: Sequence[str] | None, without: Sequence[str]) -> UserTable:
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise ValueError(f"{where}: not readable as Parquet ({type(error).__name__})") from None
    names, (texts, whole) = file.schema_arrow.names, _kinds(file.schema_arrow)
    begins = next(file.iter_batches(batch_size=1000, columns=texts), None)
    labels = label_columns(names, texts, whole, (*(model_names or ()), *without))
    models, mass = _columns(names, _without_numbers(texts, begins), labels, where, model_names, without)
    rows = max(1, BATCH // len(models))
    batches = file.iter_batches(batch_size=rows, columns=[*models, *([mass] if mass else [])])
    return UserTable(where, file.metadata.num_rows, models, _arrays(batches, where, models, mass), labels)


def _csv(path: Path, where: str, model_names: Sequence[str] | None, without: Sequence[str]) -> UserTable:
    from pyarrow import ArrowException, csv, float64, types

    names: Sequence[str] = ()
    try:
        with path.open(encoding="utf-8-sig") as file:
            reader = csv.open_csv(path, read_options=csv.ReadOptions(block_size=1 << 20))
            head, begins = reader.schema, next(iter(reader), None)
            users = sum(1 for line in file if line.strip()) - 1
        if model_names is None:
            _check_named(head.names, where)
        names, (texts, whole) = head.names, _kinds(head)
        labels = label_columns(names, texts, whole, (*(model_names or ()), *without))
        models, mass = _columns(names, _without_numbers(texts, begins), labels, where, model_names, without)
        columns = [*models, *([mass] if mass else [])]
        kinds = {name: kind if types.is_boolean(kind := head.field(name).type) else float64() for name in columns}
        asked = csv.ConvertOptions(include_columns=columns, column_types=kinds)
        batches = csv.open_csv(path, convert_options=asked)
    except UnicodeDecodeError as error:
        raise ValueError(f"{where} is not UTF-8 text (byte {error.start})") from None
    except (ArrowException, OSError) as error:
        raise ValueError(f"{where}: not readable as CSV: {_in_words(error, names)}") from None
    return UserTable(where, users, models, _arrays(batches, where, models, mass, names), labels)


def _kinds(schema: Any) -> tuple[list[str], list[str]]:
    """The columns that hold text, and those that hold whole numbers."""
    from pyarrow import types

    def is_text(kind: Any) -> bool:
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return bool(types.is_string(kind) or types.is_large_string(kind))

    whole = [field.name for field in schema if types.is_integer(field.type)]
    return [field.name for field in schema if is_text(field.type)], whole


def _without_numbers(texts: Sequence[str], begins: Any) -> list[str]:
    """The columns of text in whose first rows most texts are no numbers.

    A column of numbers with a cell that is none is one of text too: it stays a model's, and its cell an error.
    """
    return [name for name in texts if begins is None or not _are_numbers(begins.column(name).unique().to_pylist())]


def _are_numbers(texts: Sequence[str | None]) -> bool:
    given = [text for text in texts if text]
    return 2 * sum(map(_is_number, given)) > len(given)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _in_words(error: Exception, names: Sequence[str]) -> str:
    """An error of pyarrow in one line that names the column, and how to do without it."""
    said = " ".join(str(error).split())[:200]
    place = re.search(r"In CSV column #(\d+): ", said)
    if place is None or int(place[1]) >= len(names):
        return said
    return f"the column {shown(names[int(place[1])])}: {said.replace(place[0], '')}; {WITHOUT}"


def _check_named(names: Sequence[str], where: str) -> None:
    """Raise ValueError if the first line of a CSV holds a user rather than names."""
    for name in names:
        try:
            float(name)
        except ValueError:
            continue
        raise ValueError(
            f"{where}: the first line holds {shown(name)} where the name of a model belongs: put a line of names "
            f"before the users, or name the columns to take with write_users(..., model_names=[...])"
        )


def _columns(
    names: Sequence[str],
    texts: Sequence[str],
    labels: Sequence[str],
    where: str,
    asked: Sequence[str] | None,
    without: Sequence[str],
) -> tuple[list[str], str | None]:
    """The columns of models, and that of masses."""
    twice = sorted({name for name in names if list(names).count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"{where}: columns occur twice: {listed(map(shown, twice))}")
    unknown = [name for name in without if name not in names]
    if unknown:
        raise ValueError(f"{where} has no column {shown(unknown[0])} to leave out; it has {listed(names, 120)}")
    names = [name for name in names if name not in without]
    masses = [name for name in names if key_of(name) in MASS and name not in (asked or ())]
    other = [name for name in texts if name in names and name not in (*labels, *masses)] if asked is None else []
    if len(masses) > 1:
        raise ValueError(f"{where}: several columns may hold masses: {listed(masses)}; leave one")
    numbered = [name for name in names if key_of(name) in NUMBERS_OF_USERS] if asked is None else []
    if numbered:
        warnings.warn(
            f"{where}: the columns {listed(map(shown, numbered))} look like numbers of users and are left out; to take "
            f"them as models name all of these with write_users(..., model_names=[...])",
            LeftOutWarning,
            stacklevel=2,
        )
    if other:
        warnings.warn(
            f"{where}: text that is left out: {listed(map(shown, other))}; a column of labels, by which users can be "
            f"grouped, is one called language, category, task, group or the like",
            LeftOutWarning,
            stacklevel=2,
        )
    if labels:
        warnings.warn(
            f"{where}: kept as labels, by which users can be grouped: {listed(map(shown, labels))}; every other column "
            f"of numbers is a model" + (f", but for the masses in {shown(masses[0])}" if masses else ""),
            LeftOutWarning,
            stacklevel=2,
        )
    apart = (*masses, *numbered, *labels, *other)
    models = [name for name in names if name not in apart] if asked is None else list(asked)
    missing = [name for name in models if name not in names]
    if missing:
        raise ValueError(f"{where} has no column {shown(missing[0])}; it has {listed(names, 120)}")
    if not models:
        raise ValueError(f"{where} has no column of a model's scores")
    return models, masses[0] if masses else None


def _arrays(
    batches: Any, where: str, models: Sequence[str], mass: str | None, names: Sequence[str] = ()
) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None]]:
    """The batches of a table as arrays; a gap is NaN, which the check of the scores names."""
    from pyarrow import ArrowException, types

    first = 0
    try:
        for batch in batches:
            for name in (*models, *([mass] if mass else [])):
                kind = batch.schema.field(name).type
                if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
                    raise ValueError(f"{where}: the column {shown(name)} holds {kind}, not numbers; {WITHOUT}")
            columns = [_numbers(batch.column(name)) for name in models]
            masses = None
            if mass:
                masses = _numbers(batch.column(mass))
                gaps = np.flatnonzero(np.isnan(masses))
                if len(gaps):
                    raise ValueError(f"{where}: the mass of user {first + gaps[0]} (from 0) is missing")
            yield np.stack(columns, axis=1), masses
            first += batch.num_rows
    except (ArrowException, OSError) as error:
        raise ValueError(f"{where}: not readable: {_in_words(error, names)}") from None


def _numbers(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def mapped(path: Path, where: str) -> NDArray[Any]:
    """The array in a `.npy` file, as a memory map; errors name `where`.

    Raises:
        ValueError: it is not readable as one array.
    """
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = "an empty file" if path.is_file() and path.stat().st_size == 0 else str(error).splitlines()[0][:120]
        raise ValueError(f"{where}: {path.name} is not readable as a NumPy array: {reason}") from None
    if not isinstance(found, np.ndarray):
        raise ValueError(f"{where} holds several arrays; users are one, saved with numpy.save")
    return found
