"""Files of users: one row a user, in Parquet, CSV or NumPy; and the folders into which they are converted once.

A folder of users has `scores.npy` `(users, models)`, float32 or uint16, which is mapped and never read as a whole,
`masses.npy`, float64, and `users.json`, which names the models and says what the folder was made from.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_real
from ..atomic import behind_links
from ..messages import listed, shown
from ..tolerances import GIVEN
from ..users.data import STEPS, Users, check_scores
from .disk import checked_path, text_at
from .roles import MASS, key_of

FORMAT, VERSION = "genmarket-users", 1

SUFFIX = ".users"
"""What the folder beside a file is called after it."""

SOURCES = (".parquet", ".csv", ".npy")

BATCH = 1 << 22
"""So many scores of a source are in memory together."""


def open_users(
    path: str | os.PathLike[str],
    *,
    masses: ArrayLike | None = None,
    model_names: Sequence[str] | None = None,
    threads: int | None = None,
) -> Users:
    """Users from a file with one row a user, or from a folder of `write_users`, as a memory map.

    A `.npy` file of float32, `(users, models)`, is mapped as it is, once it is checked, which reads it once. A folder
    of `write_users` was checked when it was written. Of Parquet, CSV and other `.npy` files a folder is made beside
    them at the first call, `FILE.users`, and again after the file has changed.

    Args:
        path: of the file or the folder.
        masses: one a user, in any unit; by default those of the file, or equal ones.
        model_names: one a model; by default those of the file.
        threads: how many work on a reduction at most; None for one a core. No result depends on it.

    Raises:
        ValueError: there is no such file, it cannot be read, or what it holds is no table of scores; one line that
            names the file, and the user and the model where there is one.
        ImportError: the format needs pyarrow, which is not installed.
        TypeError: an argument has another type.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(f"{folder}/votes.npy", np.array([[0.75, 0.25], [0.5, 1]], np.float32))
        ...     open_users(f"{folder}/votes.npy", model_names=["poet", "coder"])
        Users(users=2, models=2)
    """
    file_path, where = checked_path(path, "users")
    if file_path.is_dir():
        return _opened(file_path, where, masses, model_names, threads)
    _check_source(file_path, where)
    if file_path.suffix.lower() == ".npy" and _mapped(file_path, where).dtype == np.float32:
        try:
            return Users(_mapped(file_path, where), masses, model_names=model_names, threads=threads, source=file_path)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    folder = file_path.with_name(file_path.name + SUFFIX)
    if not _is_of(folder, file_path):
        write_users(file_path, folder)
    return _opened(folder, where, masses, model_names, threads)


def write_users(
    source: str | os.PathLike[str] | ArrayLike,
    folder: str | os.PathLike[str],
    *,
    masses: ArrayLike | None = None,
    model_names: Sequence[str] | None = None,
    scale: float = 1.0,
    fixed_point: bool = False,
) -> Path:
    """Convert a table with one row a user into a folder that `open_users` maps, block by block.

    The folder appears whole or not at all; one that is there is replaced. A column named like a mass (`mass`,
    `weight`, `share`) holds masses, every other one the scores of a model.

    Args:
        source: a `.parquet`, `.csv` or `.npy` file, or an array `(users, models)`.
        folder: where it goes.
        masses: one a user, in any unit; by default those of the file, or equal ones.
        model_names: of an array or a `.npy` file, one a model; of a table the columns to take, in this order.
        scale: what a full score is in the source: 1, or 100 for per cent.
        fixed_point: keep scores as uint16, in steps of 1/65,535: half the room, and an error of up to half a step in
            each score; `users.regret_within` says what that leaves certain. By default float32. The largest error
            that there was is kept with them.

    Returns:
        The folder.

    Raises:
        ValueError: a score is missing or outside [0, scale] by more than 1e-6 of it, columns are no numbers or occur
            twice, or a place cannot be read or written; one line, and nothing is left half-written.
        ImportError: the format needs pyarrow, which is not installed.
        TypeError: an argument has another type.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     made = write_users([[90, 20], [10, 80]], f"{folder}/crowd", scale=100, model_names=["poet", "coder"])
        ...     users = open_users(made)
        ...     users.model_names, users.scores.round(2).tolist()
        (('poet', 'coder'), [[0.8999999761581421, 0.20000000298023224], [0.10000000149011612, 0.800000011920929]])
    """
    scale = checked_real("scale", scale, float(np.finfo(float).tiny), float(np.finfo(np.float32).max))
    place, where = checked_path(folder, "users")
    place = behind_links(place)
    if place.exists() and not (place / "users.json").is_file():
        raise ValueError(f"{where} is there and holds no users: name another folder, it would be replaced")
    if isinstance(source, (str, os.PathLike)):
        source_path, named = checked_path(source, "users")
        _check_source(source_path, named)
        table = _table_of(source_path, named, model_names)
    else:
        table = _Table.of_array(np.asarray(source), "the array", model_names)
        source_path = None
    aside = place.with_name(f".{place.name[:32]}.{secrets.token_hex(8)}")
    try:
        aside.mkdir()
        kind = np.dtype(np.uint16 if fixed_point else np.float32)
        found, error = _write_scores(table, aside / "scores.npy", scale, kind)
        checked = Users(np.zeros((table.users, 1), np.uint16), found if masses is None else masses, check=False)
        np.save(aside / "masses.npy", checked.masses)
        about = {"format": FORMAT, "version": VERSION, "models": list(table.models), "score_error": error}
        about["source"] = _mark(source_path)
        (aside / "users.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
        if place.exists():
            old = place.with_name(f".{place.name[:32]}.{secrets.token_hex(8)}")
            place.rename(old)
            aside.rename(place)
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.rename(place)
    except OSError as error:
        raise ValueError(f"{where} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


class _Table:
    """A table of scores that comes in batches of rows, and perhaps of masses."""

    def __init__(
        self, where: str, users: int, models: Sequence[str], batches: Iterator[tuple[Any, NDArray[Any] | None]]
    ) -> None:
        self.where, self.users, self.models, self.batches = where, users, tuple(models), batches

    @classmethod
    def of_array(cls, array: NDArray[Any], where: str, model_names: Sequence[str] | None) -> _Table:
        if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiu":
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


def _table_of(path: Path, where: str, model_names: Sequence[str] | None) -> _Table:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _Table.of_array(_mapped(path, where), where, model_names)
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise ImportError(f"{where}: {suffix} needs pyarrow: pip install 'genmarket_env[parquet]'") from None
    return (_parquet if suffix == ".parquet" else _csv)(path, where, model_names)


def _parquet(path: Path, where: str, model_names: Sequence[str] | None) -> _Table:
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise ValueError(f"{where}: not readable as Parquet ({type(error).__name__})") from None
    models, mass = _columns(file.schema_arrow.names, where, model_names)
    rows = max(1, BATCH // len(models))
    columns = [*models, *([mass] if mass else [])]
    batches = file.iter_batches(batch_size=rows, columns=columns)
    return _Table(where, file.metadata.num_rows, models, _arrays(batches, where, models, mass))


def _csv(path: Path, where: str, model_names: Sequence[str] | None) -> _Table:
    from pyarrow import ArrowException, csv, float64

    try:
        with path.open(encoding="utf-8-sig") as file:
            head = csv.open_csv(path, read_options=csv.ReadOptions(block_size=1 << 20)).schema.names
            users = sum(1 for line in file if line.strip()) - 1
        models, mass = _columns(head, where, model_names)
        columns = [*models, *([mass] if mass else [])]
        asked = csv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(columns, float64()))
        batches = csv.open_csv(path, convert_options=asked)
    except UnicodeDecodeError as error:
        raise ValueError(f"{where} is not UTF-8 text (byte {error.start})") from None
    except (ArrowException, OSError) as error:
        raise ValueError(f"{where}: not readable as CSV: {' '.join(str(error).split())[:200]}") from None
    return _Table(where, users, models, _arrays(batches, where, models, mass))


def _columns(names: Sequence[str], where: str, asked: Sequence[str] | None) -> tuple[list[str], str | None]:
    """The columns of models, and that of masses."""
    twice = sorted({name for name in names if list(names).count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"{where}: columns occur twice: {listed(map(shown, twice))}")
    masses = [name for name in names if key_of(name) in MASS and name not in (asked or ())]
    if len(masses) > 1:
        raise ValueError(f"{where}: several columns may hold masses: {listed(masses)}; leave one")
    models = [name for name in names if name not in masses] if asked is None else list(asked)
    missing = [name for name in models if name not in names]
    if missing:
        raise ValueError(f"{where} has no column {shown(missing[0])}; it has {listed(names, 120)}")
    if not models:
        raise ValueError(f"{where} has no column of a model's scores")
    return models, masses[0] if masses else None


def _arrays(
    batches: Any, where: str, models: Sequence[str], mass: str | None
) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None]]:
    """The batches of a table as arrays; a gap is NaN, which the check of the scores names."""
    from pyarrow import ArrowException, types

    first = 0
    try:
        for batch in batches:
            for name in (*models, *([mass] if mass else [])):
                kind = batch.schema.field(name).type
                if not (types.is_integer(kind) or types.is_floating(kind)):
                    raise ValueError(
                        f"{where}: the column {shown(name)} holds {kind}, not numbers; name the models to take with "
                        f"write_users(..., model_names=[...])"
                    )
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
        raise ValueError(f"{where}: not readable: {' '.join(str(error).split())[:200]}") from None


def _numbers(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _write_scores(
    table: _Table, path: Path, scale: float, dtype: np.dtype[Any]
) -> tuple[NDArray[np.float64] | None, float]:
    """Write the scores, checked; the masses of the table, if it has some, and the largest error of a score."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
    masses: list[NDArray[Any]] = []
    first, off = 0, 0.0
    unit = 1 / STEPS if dtype == np.uint16 else 1.0
    with path.open("xb") as file:  # and no map, which a full disk would end without a word
        np.lib.format.write_array_header_2_0(file, {**header, "shape": (table.users, len(table.models))})
        for batch, of_batch in table.batches:
            near = _checked(batch, table, first, scale)
            kept = (np.rint(near * STEPS) if dtype == np.uint16 else near).astype(dtype)
            file.write(np.ascontiguousarray(kept).data)
            off = max(off, float(np.abs(kept * unit - near).max()))
            first += len(near)
            if of_batch is not None:
                masses.append(of_batch)
    if first != table.users:
        raise ValueError(f"{table.where}: {first} rows where {table.users} were expected; is a cell broken over lines?")
    return np.concatenate(masses) if masses else None, off


def _checked(batch: Any, table: _Table, first: int, scale: float) -> NDArray[np.float64]:
    """The scores of a batch, whose first user has that number, in [0, 1]."""
    values = np.asarray(batch, dtype=np.float64) / scale
    near = np.where((values < 0) & (values >= -GIVEN), 0.0, values)
    near = np.where((near > 1) & (near <= 1 + GIVEN), 1.0, near)
    try:
        check_scores(near, table.models, first)
    except ValueError as error:
        raise ValueError(f"{table.where}: {error}") from None
    return near


def _opened(
    folder: Path, where: str, masses: ArrayLike | None, model_names: Sequence[str] | None, threads: int | None
) -> Users:
    about = _about(folder, where)
    scores = _mapped(folder / "scores.npy", where)
    if scores.ndim != 2 or scores.shape[1] != len(about["models"]):
        raise ValueError(f"{where}: scores.npy does not fit users.json; write the folder again")
    kept = _mapped(folder / "masses.npy", where) if masses is None else masses
    names = about["models"] if model_names is None else model_names
    try:
        error = about.get("score_error")
        return Users(scores, kept, model_names=names, threads=threads, source=folder, check=False, score_error=error)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{where}: {error}") from None


def _about(folder: Path, where: str) -> dict[str, Any]:
    if not (folder / "users.json").is_file():
        raise ValueError(f"{where} is a folder without users.json: name a file of users, or a folder of write_users")
    try:
        about = json.loads(text_at(folder / "users.json", "users"))
    except json.JSONDecodeError:
        about = None
    if not isinstance(about, dict) or about.get("format") != FORMAT or not isinstance(about.get("models"), list):
        raise ValueError(f"{where}: users.json is not of the format {FORMAT}; write the folder again")
    if about.get("version") != VERSION:
        raise ValueError(f"{where}: users.json has the version {shown(about.get('version'))}; known: {VERSION}")
    return about


def _mapped(path: Path, where: str) -> NDArray[Any]:
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = "an empty file" if path.is_file() and path.stat().st_size == 0 else str(error).splitlines()[0][:120]
        raise ValueError(f"{where}: {path.name} is not readable as a NumPy array: {reason}") from None
    if not isinstance(found, np.ndarray):
        raise ValueError(f"{where} holds several arrays; users are one, saved with numpy.save")
    return found


def _check_source(path: Path, where: str) -> None:
    if not path.is_file():
        raise ValueError(f"{where}: there is no such file" if not path.exists() else f"{where} is not a regular file")
    if path.suffix.lower() not in SOURCES:
        raise ValueError(f"{where}: users are read from {listed(SOURCES)}, or from a folder of markets.write_users")


def _mark(path: Path | None) -> list[int] | None:
    """What changes when a file does: its size and the time of its last change."""
    if path is None:
        return None
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _is_of(folder: Path, path: Path) -> bool:
    """Whether a folder was made from the file as it is now."""
    if not (folder / "users.json").is_file():
        return False
    try:
        return bool(_about(folder, str(folder)).get("source") == _mark(path))
    except ValueError:
        return False
