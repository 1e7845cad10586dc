"""Ctrl-C and SIGTERM: one line and the exit code of the signal, soon, whatever the process is doing.

While the command is still being imported nothing has been begun, so that it ends on the spot. From then on a signal
raises `KeyboardInterrupt`, so that what was begun is cleaned up. Python raises it between two of its own instructions:
a compiled function would have to return first. So a thread waits beside, and ends the process a second later if it is
still there.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

COMMAND = "genmarket"
MODULE = "genmarket_env"
FRONTS = ("train.compare", "train.compare_entry", "train.diffusion")
"""Of a checkout, which run as `python -m`; another project's modules of these names are not ours."""

GRACE = 1.0
"""So many seconds the process has to clean up before it is ended."""

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}

_received: int = signal.SIGINT
_told = False


def take_signals_while_importing() -> None:
    """End on the spot on Ctrl-C and SIGTERM, with one line, if this process is one of our commands."""
    if _is_command():
        _install(lambda number, _: _end(number, "nothing was begun"))


def take_signals(rest: str) -> None:
    """Raise `KeyboardInterrupt` on Ctrl-C and SIGTERM, and end the process a second later if it is still there.

    A thread that is not the main one cannot; a signal that is ignored stays ignored.

    Args:
        rest: what the line says behind "interrupted; " if the process has to be ended.
    """
    if not _install(_interrupt) or os.name != "posix":
        return
    watched, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    # A signal that comes to a forked process before it has handlers of its own must not be taken for the parent's.
    os.register_at_fork(before=_block, after_in_parent=_unblock, after_in_child=_leave_to_parent)
    threading.Thread(target=_watch, args=(watched, rest), name="signals", daemon=True).start()


def last_words(rest: str) -> tuple[str, int]:
    """The line and the exit code of a process that a signal ends; whoever asks prints the line."""
    global _told
    _told = True
    return _line(_received, rest), 128 + _received


def _is_command() -> bool:
    words = getattr(sys, "argv", None) or [""]
    if words[0] == "-m":  # which Python replaces by a path once the module has been found
        return any(word == MODULE or word.startswith(f"{MODULE}.train.") for word in sys.orig_argv)
    if any(word in FRONTS for word in sys.orig_argv):  # not the workers of such a command, which have its argv alone
        return words[0].startswith(os.path.join(os.path.dirname(os.path.dirname(__file__)), "train", ""))  # noqa: PTH118, PTH120  # no pathlib before it is needed
    if any(word.startswith("joblib.") for word in sys.orig_argv):  # a worker of the command, which has its argv too
        return False
    return words[0].replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".exe") == COMMAND


def _install(handler: Any) -> bool:
    """Whether the signals could be taken, unless they are ignored; then `handler` has them."""
    if threading.current_thread() is not threading.main_thread():
        return False
    for number in _WORDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    return True


def _interrupt(number: int, _: FrameType | None) -> NoReturn:
    global _received
    _received = number
    raise KeyboardInterrupt


def _watch(watched: int, rest: str) -> None:
    number = _next_signal(watched, None)
    assert number is not None
    # A second signal is one of somebody who does not want to wait.
    _next_signal(watched, GRACE)
    _end_workers()
    _end(number, rest)


def _next_signal(watched: int, seconds: float | None) -> int | None:
    """The number of the next signal that is taken, None if none comes in so many seconds."""
    while select.select([watched], [], [], seconds)[0]:
        for number in os.read(watched, 1):
            if number in _WORDS:
                return number
    return None


def _end_workers() -> None:
    workers = sys.modules.get("multiprocessing")
    if workers is not None:
        for worker in workers.active_children():
            worker.terminate()


def _end(number: int, rest: str) -> NoReturn:
    if not _told:
        with suppress(OSError):  # closed by whoever started the process
            os.write(2, f"{_line(number, rest)}\n".encode())
    os._exit(128 + number)


def _line(number: int, rest: str) -> str:
    return f"{_WORDS[signal.Signals(number)]}; {rest}"


def _block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _WORDS)


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WORDS)


def _leave_to_parent() -> None:
    """In a forked process: its signals are its own."""
    signal.set_wakeup_fd(-1)
    for number in _WORDS:
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, signal.SIG_DFL)
    _unblock()
