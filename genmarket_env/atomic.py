"""Files that appear whole or not at all, and folders of them."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path`, aside and then renamed: at every moment the old file is there or the new one, whole.

    Where `path` is a link, what it points to is replaced.

    Raises:
        OSError: the place cannot be written; nothing is left behind.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder, "note.txt"), b"whole")
        ...     os.listdir(folder)
        ['note.txt']
    """
    # A name of our own, opened with "x": unlike tempfile's, the file gets the permissions of any other new file. It is
    # no longer than a name may be.
    path = behind_links(path)
    aside = path.with_name(f".{path.name[:32]}.{secrets.token_hex(8)}")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def behind_links(path: Path) -> Path:
    """Where a path leads: a link stays a link, and what it points to is replaced, whether it is there yet or not.

    Example:
        >>> behind_links(Path("note.txt"))
        PosixPath('note.txt')
    """
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def locked(folder: Path) -> int | None:
    """Lock a folder as long as this process lives, or until the descriptor that comes back is closed.

    None where another process holds the lock, or the system or the disk has no such locks.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     held = locked(Path(folder))
        ...     locked(Path(folder)) is None
        ...     os.close(held)
        True
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write several files into a folder, which is made if it is not there: all of them, or none if that fails.

    They are written into a folder aside and then renamed one by one, in their order; files there with other names stay.
    Where there is a link of such a name, what it points to is replaced.

    Args:
        folder: where they go.
        files: the contents by name.

    Raises:
        OSError: the place cannot be written; nothing is left behind.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_folder(Path(folder, "report"), {"a.csv": b"1", "page.html": b"2"})
        ...     sorted(os.listdir(Path(folder, "report")))
        ['a.csv', 'page.html']
    """
    made = _make(folder)
    aside = folder / f".{secrets.token_hex(8)}"
    try:
        aside.mkdir()
        for name, data in files.items():
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
            write_whole(aside / name, data)
        linked = [name for name in files if (folder / name).is_symlink()]
        for name in linked:  # what they point to may lie on another disk
            write_whole(folder / name, files[name])
            (aside / name).unlink()
        for name in files:
            if name not in linked:
                (aside / name).replace(folder / name)
        aside.rmdir()
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        for each in made:
            with suppress(OSError):  # it is not empty
                each.rmdir()
        raise


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; those that were not there, the innermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing
