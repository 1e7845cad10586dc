"""A process whose working folder has been removed can still import and answer."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path


def import_in_some_folder(name: str) -> None:
    """Import a module that asks for the working folder on import, in the root folder if that of the process is gone.

    Where the working folder is there, nothing is imported yet.
    """
    try:
        Path.cwd()
    except FileNotFoundError:
        gone = os.open(os.curdir, os.O_RDONLY)
        try:
            os.chdir(os.sep)
            import_module(name)
            os.fchdir(gone)
        finally:
            os.close(gone)
