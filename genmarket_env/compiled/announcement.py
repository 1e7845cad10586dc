"""One line, once a process, when a twin is really compiled: it takes seconds in which nothing else would be seen."""

from __future__ import annotations

import logging
import os

SWITCH = "GENMARKET_COMPILE_NOTICE"
"""The environment variable that silences the line if it is 0."""

KEPT = (
    "note: compiling numerical code for this machine: some seconds, once; `genmarket warm-up` does all of it beforehand"
)
NOT_KEPT = (
    "note: compiling numerical code: some seconds in every process, as no folder can be written that would keep it; "
    "name one by NUMBA_CACHE_DIR"
)

_log = logging.getLogger("genmarket_env.compiled")
_said = False


def say_once(*, kept: bool) -> None:
    """Log the line as a warning, which Python prints on standard error unless logging is set up otherwise.

    Args:
        kept: whether what is compiled can be kept for the next process.
    """
    global _said
    if not _said and os.environ.get(SWITCH) != "0":
        _log.warning(KEPT if kept else NOT_KEPT)
    _said = True


def keep_silent() -> None:
    """Say nothing in this process."""
    global _said
    _said = True
