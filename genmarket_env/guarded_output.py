"""What reaches a terminal: standard output and standard error behind one guard, also where there is none of them."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .messages import printable

_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What styles text and moves the cursor on a terminal."""


def take_standard_output() -> None:
    """Keep standard output for what this process prints itself, for the rest of its life, and guard both outputs.

    C libraries print too (SciPy's HiGHS, now and then), which would spoil an answer in JSON: that is dropped. What the
    terminal's encoding lacks, and what a terminal would obey, is printed as an escape. An output that whoever started
    the process has closed takes everything and shows nothing; one for notes that fails loses notes, not the answer.
    """
    _fill_descriptors()
    if sys.stdout is not None:
        sys.stdout.flush()
        dropped = os.open(os.devnull, os.O_WRONLY)
        own = os.dup(sys.stdout.fileno())
        os.dup2(dropped, sys.stdout.fileno())
        os.close(dropped)
        sys.stdout = _Guarded(own, sys.stdout.encoding)
    else:
        sys.stdout = _Guarded(os.open(os.devnull, os.O_WRONLY), "utf-8")
    if sys.stderr is not None:
        sys.stderr = _GuardedNotes(os.dup(sys.stderr.fileno()), sys.stderr.encoding)
    else:
        sys.stderr = _GuardedNotes(os.open(os.devnull, os.O_WRONLY), "utf-8")


def _fill_descriptors() -> None:
    """A file that is opened next must not become the standard output of C libraries."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


class _Guarded(io.TextIOWrapper):
    """A text output with `printable` in front; where a terminal looks on, styles and moves of the cursor pass."""

    def __init__(self, descriptor: int, encoding: str) -> None:
        watched = os.isatty(descriptor)
        raw = open(descriptor, "wb", closefd=False)  # noqa: SIM115  # open until the process ends
        super().__init__(raw, encoding, errors="backslashreplace", line_buffering=watched)
        self._styled = watched

    def write(self, text: str, /) -> int:
        """Write the text, escaped."""
        if self._styled:
            plain, sequences = _SEQUENCE.split(text), _SEQUENCE.findall(text)
            text = "".join(map("".join, zip(map(_on_terminal, plain), [*sequences, ""], strict=True)))
        else:
            text = printable(text)
        with _named():
            return super().write(text)

    def flush(self) -> None:
        """Write what waits."""
        with _named():
            super().flush()


class _GuardedNotes(_Guarded):
    """The same for notes, each at once; when it fails they are lost."""

    def __init__(self, descriptor: int, encoding: str) -> None:
        super().__init__(descriptor, encoding)
        self.reconfigure(line_buffering=True)

    def write(self, text: str, /) -> int:
        """Write the text, escaped, if that is possible."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what waits, if that is possible."""
        with suppress(OSError):
            super().flush()


@contextmanager
def _named() -> Iterator[None]:
    """Say in an error that it was standard output; a reader who has gone is no error."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(f"standard output cannot be written: {error.strerror or error}") from None


def _on_terminal(text: str) -> str:
    """As `printable`; what draws over a line, such as a bar of progress, begins with a carriage return."""
    return "\r".join(map(printable, text.split("\r")))


def drop_output() -> None:
    """Point standard output to nowhere: Python flushes once more when it ends, and would complain."""
    if sys.stdout is None:
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush_output() -> None:
    """Write what waits on standard output."""
    if sys.stdout is not None:  # closed by whoever started the process
        sys.stdout.flush()
