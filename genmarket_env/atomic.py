"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path`, aside and then renamed: at every moment the old file is there or the new one, whole.

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
