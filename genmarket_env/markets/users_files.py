"""Files of users: one row a user, in Parquet, CSV or NumPy; and the folders into which they are converted once.

A folder of users has `scores.npy` `(users, models)`, float32 or uint16, which is mapped and never read as a whole,
`masses.npy`, float64, and `users.json`, which names the models and says what the folder was made from.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import checked_real
from ..atomic import behind_links, locked
from ..messages import listed, shown
from ..tolerances import GIVEN
from ..users.data import STEPS, Users, check_scores
from .disk import checked_path, text_at
from .users_labels import write_labels
from .users_tables import UserTable, mapped, table_of

FORMAT, VERSION = "genmarket-users", 1

SUFFIX = ".users"
"""What the folder beside a file is called after it."""

SOURCES = (".parquet", ".csv", ".npy")

HIDDEN_BYTES = 8
"""So many random bytes are in the name of a folder that is being written."""


def open_users(
    path: str | os.PathLike[str],
    *,
    masses: ArrayLike | None = None,
    model_names: Sequence[str] | None = None,
    without: Sequence[str] = (),
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
        without: columns of a Parquet or CSV file that are left out, such as numbers that are no scores.
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
        if without:
            raise ValueError(f"{where} is a folder of users: columns are left out of the table that it is made from")
        return _opened(file_path, where, masses, model_names, threads)
    _check_source(file_path, where)
    if not without and file_path.suffix.lower() == ".npy" and mapped(file_path, where).dtype == np.float32:
        try:
            return Users(mapped(file_path, where), masses, model_names=model_names, threads=threads, source=file_path)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    folder = file_path.with_name(file_path.name + SUFFIX)
    if not _is_of(folder, file_path, without):
        write_users(file_path, folder, without=without)
    return _opened(folder, where, masses, model_names, threads)


def write_users(
    source: str | os.PathLike[str] | ArrayLike,
    folder: str | os.PathLike[str],
    *,
    masses: ArrayLike | None = None,
    model_names: Sequence[str] | None = None,
    without: Sequence[str] = (),
    scale: float = 1.0,
    fixed_point: bool = False,
) -> Path:
    """Convert a table with one row a user into a folder that `open_users` maps, block by block.

    The folder appears whole or not at all; one that is there is replaced. A column named like a mass (`mass`,
    `weight`, `share`) holds masses, one named like a user's number (`id`, `user_id`) is left out unless it is asked
    for, one of text named like a kind of user (`language`, `category`, `task`, `group`) is kept for `user_labels`, one
    of other text, such as a prompt, is left out, every other one has the scores of a model; true and false are 1 and 0.

    Args:
        source: a `.parquet`, `.csv` or `.npy` file, or an array `(users, models)`.
        folder: where it goes.
        masses: one a user, in any unit; by default those of the file, or equal ones.
        model_names: of an array or a `.npy` file, one a model; of a table the columns to take, in this order.
        without: columns of a table that are left out, such as numbers that are no scores.
        scale: what a full score is in the source: 1, or 100 for per cent.
        fixed_point: keep scores as uint16, in steps of 1/65,535: half the room, and an error of up to half a step in
            each score; `users.regret_within` says what that leaves certain. By default float32. The largest error
            that there was is kept with them.

    Returns:
        The folder.

    Raises:
        ValueError: a score is missing or outside [0, scale] by more than 1e-6 of it, columns are no numbers or occur
            twice, the first line of a CSV has no names, or a place cannot be read or written; one line, and nothing is
            left half-written.
        ImportError: the format needs pyarrow, which is not installed.
        TypeError: an argument has another type.

    Warns:
        LeftOutWarning: a column is left out.

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
        table = table_of(source_path, named, model_names, without)
    else:
        table = UserTable.of_array(np.asarray(source), "the array", model_names)
        source_path = None
    if not table.users:
        raise ValueError(f"{table.where} has no rows: there must be at least one user")
    aside = _hidden(place)
    held = None
    try:
        aside.mkdir()
        held = locked(aside)
        kind = np.dtype(np.uint16 if fixed_point else np.float32)
        found, error = _write_scores(table, aside / "scores.npy", scale, kind)
        np.save(aside / "masses.npy", _shares(table, found if masses is None else masses))
        about = {"format": FORMAT, "version": VERSION, "models": list(table.models), "score_error": error}
        about["source"], about["without"] = _mark(source_path), sorted(without)
        if source_path is not None and table.labels:
            about["labels"] = write_labels(source_path, table.labels, aside)
        (aside / "users.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
        if place.exists():
            old = _hidden(place)
            place.rename(old)
            aside.rename(place)
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.rename(place)
        _delete_unfinished(place)
    except OSError as error:
        raise ValueError(f"{where} cannot be written: {error.strerror or error}") from None
    finally:
        if held is not None:
            os.close(held)
        shutil.rmtree(aside, ignore_errors=True)
    return place


def _hidden(place: Path) -> Path:
    """A new name beside a folder, for one that is being written or deleted."""
    return place.with_name(f"{_hidden_start(place)}{secrets.token_hex(HIDDEN_BYTES)}")


def _hidden_start(place: Path) -> str:
    return f".{place.name[:32]}."


def _delete_unfinished(place: Path) -> None:
    """Delete what killed conversions to this place have left; not what another process is writing, which is locked."""
    start = re.escape(_hidden_start(place))
    for other in place.parent.iterdir():
        if re.fullmatch(f"{start}[0-9a-f]{{{2 * HIDDEN_BYTES}}}", other.name) and other.is_dir():
            held = locked(other)
            if held is not None:
                shutil.rmtree(other, ignore_errors=True)
                os.close(held)


def _write_scores(
    table: UserTable, path: Path, scale: float, dtype: np.dtype[Any]
) -> tuple[NDArray[np.float64] | None, float]:
    """Write the scores, checked; the masses of the table, if it has some, and the largest error of a score."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
    masses: list[NDArray[Any]] = []
    first, off = 0, 0.0
    unit = 1 / STEPS if dtype == np.uint16 else 1.0
    with path.open("xb") as file:  # and no map, which a full disk would end without a word
        np.lib.format.write_array_header_2_0(file, {**header, "shape": (table.users, len(table.models))})
        for batch, of_batch in table.batches:
            if not len(batch):
                continue
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


def _checked(batch: Any, table: UserTable, first: int, scale: float) -> NDArray[np.float64]:
    """The scores of a batch, whose first user has that number, in [0, 1]."""
    values = np.asarray(batch, dtype=np.float64) / scale
    near = np.where((values < 0) & (values >= -GIVEN), 0.0, values)
    near = np.where((near > 1) & (near <= 1 + GIVEN), 1.0, near)
    try:
        check_scores(near, table.models, first)
    except ValueError as error:
        raise ValueError(f"{table.where}: {error}") from None
    return near


def _shares(table: UserTable, masses: ArrayLike | None) -> NDArray[np.float64]:
    try:
        return Users(np.zeros((table.users, 1), np.uint16), masses, check=False).masses
    except (ValueError, TypeError) as error:
        raise type(error)(f"{table.where}: {error}") from None


def _opened(
    folder: Path, where: str, masses: ArrayLike | None, model_names: Sequence[str] | None, threads: int | None
) -> Users:
    about = _about(folder, where)
    scores = mapped(folder / "scores.npy", where)
    if scores.ndim != 2 or scores.shape[1] != len(about["models"]):
        raise ValueError(f"{where}: scores.npy does not fit users.json; write the folder again")
    kept = mapped(folder / "masses.npy", where) if masses is None else masses
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


def _is_of(folder: Path, path: Path, without: Sequence[str]) -> bool:
    """Whether a folder was made from the file as it is now, without these columns, and is whole."""
    if not (folder / "users.json").is_file():
        return False
    try:
        about = _about(folder, str(folder))
        if about.get("source") != _mark(path) or about.get("without", []) != sorted(without):
            return False
        _opened(folder, str(folder), None, None, None)
    except (ValueError, TypeError):
        return False
    return True
