"""Processes that compute: with one thread each, and none outlives the command that started it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

WATCH_SECONDS = 0.5
"""How often a worker looks whether its parent is still there."""

THREAD_VARIABLES = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""What libraries read that are loaded later."""


def cores() -> int:
    """How many cores this process may use: a container may have fewer than the machine."""
    from joblib.externals.loky import cpu_count

    return int(cpu_count())


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread inside: the number of threads is in the last bits of sums, hence of what is learned.

    So the results are the same bits in the command's own process and in its workers, whatever the number of cores.
    """
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else None
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        with threadpool_limits(1):
            if torch is not None:
                torch.set_num_threads(1)
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if torch is not None:
            torch.set_num_threads(threads)


@cache
def keep_one_thread() -> object:
    """Compute with one thread in this process from now on; the cache keeps what would undo it."""
    manager = one_thread()
    manager.__enter__()
    return manager


@cache
def end_with_parent(parent: int) -> None:
    """End this worker process soon after its parent: a killed command leaves nobody at work.

    Args:
        parent: the process id.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
